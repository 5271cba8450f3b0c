"""What a training at the published scale needs: storage, memory and hours, by arithmetic.

``python -m benchmarks.scale [--pairs N] [--gpus N] [--share S] [--json FILE]`` counts parameters of
Qwen3-VL's architectures, draws a few wide pictures of each task at 1,024 pixels to measure their
size and time, and computes the rest. No accelerator is needed and none is measured: the share of
its peak that a training reaches is an assumption, and memory of activations an estimate
(docs/scale.md has the formulas). ``--measured FILE`` shows instead what `benchmarks/training.py`
measured on a GPU next to what the formulas say of the same trainings.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import torch
from transformers import Qwen3VLForConditionalGeneration

from benchmarks.training import REAL_SIZES, SETTINGS, real_config, show
from erm.policies.references import draw_pictures
from erm.render import Renderer
from erm.tasks import task_names
from erm.tasks.settings import DrawingSettings

PEAK = 989e12
"""Dense bfloat16 FLOP/s of an H100 or H200, from the maker's data sheet."""
SIDE = 1024
PATCH, MERGE = 16, 2
WORDS = 500
"""Tokens of a prompt and a report, about."""
EPOCHS = 3
ADAM = 12
"""Bytes a parameter of AdamW in mixed precision: a float32 copy and two moments."""
RANK = 16


class Size(NamedTuple):
    """Parameters and widths of an architecture.

    Attributes:
        language, vision: parameters, embeddings included.
        adapted: parameters of adapters of rank `RANK` on all linear layers.
        width, inner, layers, vocabulary: of the language model.
    """

    language: int
    vision: int
    adapted: int
    width: int
    inner: int
    layers: int
    vocabulary: int

    @property
    def parameters(self) -> int:
        return self.language + self.vision


def size_of(name: str) -> Size:
    """Counted on a model without memory."""
    with torch.device("meta"):
        model = Qwen3VLForConditionalGeneration(real_config(name))
    total = sum(weight.numel() for weight in model.parameters())
    vision = sum(weight.numel() for weight in model.model.visual.parameters())
    layers = [layer for layer in model.modules() if isinstance(layer, torch.nn.Linear)]
    adapted = sum(RANK * (layer.in_features + layer.out_features) for layer in layers)
    text = model.config.text_config
    return Size(
        total - vision,
        vision,
        adapted,
        text.hidden_size,
        text.intermediate_size,
        text.num_hidden_layers,
        text.vocab_size,
    )


def memory(size: Size, gpus: int, tokens: int) -> dict[str, float]:
    """GiB a GPU by method: weights, gradients and AdamW's states, and activations of one sample.

    Activations are those of checkpointing: each layer's input, one layer's insides, and the logits
    in bfloat16 and twice in float32.

    Args:
        tokens: of the sample.
    """
    number = size.parameters
    activations = tokens * (
        2 * size.layers * size.width
        + 2 * (10 * size.width + 3 * size.inner)
        + (2 + 4 + 4) * size.vocabulary
    )
    states = {
        "full, one GPU": (2 + 2 + ADAM) * number,
        "all in bfloat16, one GPU": (2 + 2 + 4) * number,
        f"full, ZeRO-2 on {gpus}": 2 * number + (2 + ADAM) * number / gpus,
        f"full, ZeRO-3 on {gpus}": (2 + 2 + ADAM) * number / gpus,
        f"LoRA of rank {RANK}, one GPU": 2 * number + (2 + 2 + ADAM) * size.adapted,
        "weights alone, to judge": 2 * number,
    }
    kept = {name: 0.0 if "alone" in name else float(activations) for name in states}
    return {name: (held + kept[name]) / 2**30 for name, held in states.items()}


def compared(measured: Mapping[str, Mapping[str, float]]) -> dict[str, dict[str, float]]:
    """GiB of the trainings with Qwen3-VL's sizes that `benchmarks/training.py` measured.

    Outside DeepSpeed, AdamW's moments are in bfloat16 as the weights are, without a copy.
    """
    rows = {}
    for name, row in measured.items():
        setting = SETTINGS.get(name)
        if setting is None or "tokens a sample" not in row or setting.size not in REAL_SIZES:
            continue
        tokens = round(row["tokens a sample"]) * (setting.micro_batch_size or setting.batch_size)
        method = f"LoRA of rank {RANK}" if setting.lora else "all in bfloat16"
        computed = memory(size_of(setting.size), 1, tokens)[f"{method}, one GPU"]
        rows[name] = {"measured, GiB": row["memory, GiB"], "computed, GiB": computed}
    return rows


def training_flops(size: Size, samples: int, *, repeated: bool) -> float:
    """Operations of `samples` pairs: 6 a parameter and token, 8 where a pass is repeated.

    The two images have `SIDE` pixels a side; the vision tower sees each patch, the language model
    one token for `MERGE`² of them.
    """
    patches = 2 * (SIDE // PATCH) ** 2
    tokens = patches // MERGE**2 + WORDS
    each = 8 if repeated else 6
    return each * samples * (size.language * tokens + size.vision * patches)


def drawn(sources: int) -> dict[str, dict[str, float]]:
    """Bytes of a picture and seconds of drawing it with one worker, by task, at `SIDE` pixels."""
    found = {}
    drawing = DrawingSettings(raster_side=SIDE)
    with Renderer(workers=1, isolation="auto", drawing=drawing) as renderer:
        for task in task_names():
            # The first ones start the worker.
            list(draw_pictures({task: 4}, "wide", 1, set(), renderer, "validation"))
            begun = time.perf_counter()
            pictures = list(draw_pictures({task: sources}, "wide", 0, set(), renderer, "fresh"))
            seconds = time.perf_counter() - begun
            found[task] = {
                "bytes a picture": sum(len(one.image) for one in pictures) / len(pictures),
                "seconds a picture": seconds / len(pictures),
            }
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--pairs", type=int, default=340_000, help="of images (default 340,000)")
    parser.add_argument("--gpus", type=int, default=8, help="that share states (default 8)")
    parser.add_argument(
        "--share", type=float, default=0.3, help="of the peak that a training reaches (0.3)"
    )
    parser.add_argument("--sources", type=int, default=40, help="drawn of each task (default 40)")
    parser.add_argument("--json", type=Path, metavar="FILE")
    parser.add_argument("--measured", type=Path, metavar="FILE")
    arguments = parser.parse_args()
    if arguments.measured is not None:
        show(compared(json.loads(arguments.measured.read_text())))
        return
    if arguments.pairs < 1 or arguments.gpus < 1 or arguments.sources < 1:
        parser.error("--pairs, --gpus and --sources must be 1 or more")
    if not 0 < arguments.share <= 1:
        parser.error("--share must be above 0 and at most 1")
    tokens = 2 * (SIDE // PATCH // MERGE) ** 2 + WORDS
    sizes = {name: size_of(name) for name in REAL_SIZES}
    pictures = drawn(arguments.sources)
    rows: dict[str, Any] = {
        "memory": {name: memory(size, arguments.gpus, tokens) for name, size in sizes.items()},
        "training": {
            name: {
                "parameters, 10⁹": size.parameters / 1e9,
                "GPU hours": training_flops(size, EPOCHS * arguments.pairs, repeated=True)
                / (PEAK * arguments.share)
                / 3600,
            }
            for name, size in sizes.items()
        },
        "pairs": {
            task: {
                **numbers,
                "GB": 2 * arguments.pairs * numbers["bytes a picture"] / 1e9,
                "core hours to draw": arguments.pairs * numbers["seconds a picture"] / 3600,
            }
            for task, numbers in pictures.items()
        },
    }
    print(f"GiB a GPU, one sample of {tokens} tokens, activation checkpointing:")
    show(rows["memory"])
    share = f"{arguments.share:.0%} of {PEAK:.3g} FLOP/s"
    print(f"\n{EPOCHS} epochs of {arguments.pairs} pairs at {share}:")
    show(rows["training"])
    print(f"\nIf all {arguments.pairs} pairs were of one task:")
    show(rows["pairs"])
    if arguments.json:
        arguments.json.write_text(json.dumps(rows, indent=2))


if __name__ == "__main__":
    main()
