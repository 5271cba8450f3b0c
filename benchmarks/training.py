"""How fast the critic trains and judges at each size, and where a step's time goes.

``python benchmarks/training.py [--settings NAMES] [--steps N] [--json FILE]``, from the root of the
repository, trains each setting through the pipeline's own training function on pictures of the size
that its profile uses, then lets the model judge under the grammar. `2b` and `8b` have Qwen3-VL's
real architecture with random weights, which is enough for speed and memory. Without an accelerator
the settings for one are left out unless named. Each setting has processes of its own, so that its
memory is its own, and one that does not fit costs nothing but its row. How well a model learns is
not covered.
"""

from __future__ import annotations

import argparse
import io
import json
import random
import resource
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

import torch
from PIL import Image, ImageDraw
from torch.utils.flop_counter import FlopCounterMode
from transformers import Qwen3VLConfig, set_seed
from trl.trainer.sft_trainer import DataCollatorForVisionLanguageModeling

from erm.critics.base import ImagePair, write_reply
from erm.critics.local import LocalCritic
from erm.errors import ErmError
from erm.models.example import Example
from erm.models.launch import distribute, is_main_process
from erm.models.processor import PairProcessor
from erm.models.prompts import critic_prompt
from erm.models.qwen3vl import build_model, build_processor, random_weights
from erm.models.role import Role, write_role
from erm.models.samples import shared_samples
from erm.models.settings import SCRATCH_SIZES, LaunchSettings, ModelSettings, OptimizationSettings
from erm.models.sft import fine_tune
from erm.models.tokenizer import IMAGE_TOKEN, train_tokenizer
from erm.report import Report
from erm.settings import Settings
from erm.tasks.discrepancy import MEDIUM, Discrepancy

LEAST_STEPS = 8
"""With fewer, at most one would be timed."""

REAL_SIZES: dict[str, dict[str, Any]] = {
    "2b": {
        "text": {"hidden_size": 2048, "intermediate_size": 6144, "num_hidden_layers": 28},
        "heads": 16,
        "vision": {"hidden_size": 1024, "intermediate_size": 4096, "depth": 24},
        "deepstack": [5, 11, 17],
        "tied": True,
    },
    "8b": {
        "text": {"hidden_size": 4096, "intermediate_size": 12288, "num_hidden_layers": 36},
        "heads": 32,
        "vision": {"hidden_size": 1152, "intermediate_size": 4304, "depth": 27},
        "deepstack": [8, 16, 24],
        "tied": False,
    },
}
"""What differs between the published Qwen3-VL checkpoints."""

PEAKS = {"H100 80GB HBM3": 989e12, "H200": 989e12, "A100": 312e12}
"""Dense bfloat16 FLOP/s of accelerators, from their makers' data sheets, by part of the name."""


class Setting(Settings):
    """One row of the table.

    Attributes:
        size: of `erm.models.settings.SCRATCH_SIZES` or `REAL_SIZES`.
        side: of the square images, pixels.
        errors: of each report; about 30 tokens each.
        judged: pairs that are judged, `judged_batch` at a time.
    """

    size: str
    side: int = 168
    errors: int = 2
    batch_size: int = 16
    micro_batch_size: int | None = None
    processes: int = 1
    dtype: Literal["float32", "bfloat16"] = "float32"
    bf16: bool | None = None
    optimizer: Literal["adamw", "muon"] = "muon"
    activation_checkpointing: bool = False
    accelerator: bool = False
    judged: int = 128
    judged_batch: int = 64
    steps: int = 40


def _large(size: str, micro_batch_size: int, *, activation_checkpointing: bool) -> Setting:
    return Setting(
        size=size,
        side=1024,
        errors=8,
        micro_batch_size=micro_batch_size,
        dtype="bfloat16",
        optimizer="adamw",
        activation_checkpointing=activation_checkpointing,
        accelerator=True,
        judged=32,
        judged_batch=16,
        steps=12,
    )


SETTINGS: dict[str, Setting] = {
    "micro": Setting(size="micro"),
    "tiny": Setting(size="tiny"),
    "tiny, float32": Setting(size="tiny", bf16=False),
    "tiny, 2 processes": Setting(size="tiny", processes=2),
    "mini": Setting(size="mini"),
    "small": Setting(size="small", batch_size=64, accelerator=True),
    "2b": _large("2b", 4, activation_checkpointing=False),
    "2b, checkpointing": _large("2b", 8, activation_checkpointing=True),
    "8b, checkpointing": _large("8b", 4, activation_checkpointing=True),
}


def example(setting: Setting, number: int) -> Example:
    """A pair of pictures and a report of `setting.errors` discrepancies, all of one length."""
    rng = random.Random(number)
    images = []
    for _ in range(2):
        image = Image.new("RGB", (setting.side, setting.side), "white")
        draw = ImageDraw.Draw(image)
        for _ in range(6):
            left, top = (rng.randrange(setting.side * 3 // 4) for _ in range(2))
            corner = (left + setting.side // 4, top + setting.side // 4)
            draw.rectangle((left, top, *corner), fill=rng.choice(("red", "blue", "green")))
        stream = io.BytesIO()
        image.save(stream, "PNG")
        images.append(stream.getvalue())
    places = rng.choices(range(100, 1000), k=setting.errors)
    errors = [
        Discrepancy("data_error", MEDIUM, f"bar {place}", f"value is {place} instead of 123")
        for place in places
    ]
    target = write_reply(Report("chart", tuple(errors)))
    return Example(_prompts()["chart"], (images[0], images[1]), target)


def _prompts() -> dict[str, str]:
    return {"chart": critic_prompt("chart", brief=True)}


def _model(setting: Setting) -> tuple[Any, PairProcessor]:
    texts = [_prompts()["chart"], *(example(setting, number).target for number in range(200))]
    if setting.size in SCRATCH_SIZES:
        settings = ModelSettings(name=setting.size, dtype=setting.dtype)
        processor = build_processor(settings, texts, vocabulary=1024, max_side=setting.side)
        return build_model(settings, processor), processor
    processor = PairProcessor.from_scratch(
        train_tokenizer(texts, 1024),
        patch_size=16,
        max_side=setting.side,
        pair_encoding="two_images",
    )
    config = real_config(setting.size, processor)
    before = torch.get_default_dtype()
    torch.set_default_dtype(getattr(torch, setting.dtype))
    try:
        with torch.device("cuda" if torch.cuda.is_available() else "cpu"):
            model = random_weights(config)
    finally:
        torch.set_default_dtype(before)
    return model, processor


def real_config(size: str, processor: PairProcessor | None = None) -> Qwen3VLConfig:
    """The published architecture of a size, with the special tokens of a processor, if given."""
    spec = REAL_SIZES[size]
    config = Qwen3VLConfig(
        text_config={
            **spec["text"],
            "vocab_size": 151_936,
            "num_attention_heads": spec["heads"],
            "num_key_value_heads": 8,
            "head_dim": 128,
            "max_position_embeddings": 262_144,
            "rope_parameters": {
                "rope_type": "default",
                "rope_theta": 5_000_000.0,
                "mrope_section": [24, 20, 20],
                "mrope_interleaved": True,
            },
            "tie_word_embeddings": spec["tied"],
        },
        vision_config={
            **spec["vision"],
            "num_heads": 16,
            "patch_size": 16,
            "out_hidden_size": spec["text"]["hidden_size"],
            "num_position_embeddings": 2304,
            "deepstack_visual_indexes": spec["deepstack"],
        },
        tie_word_embeddings=spec["tied"],
    )
    if processor is not None:
        tokenizer = processor.tokenizer
        token = tokenizer.convert_tokens_to_ids
        config.image_token_id = token(IMAGE_TOKEN)
        config.video_token_id = token("<|video_pad|>")
        config.vision_start_token_id = token("<|vision_start|>")
        config.vision_end_token_id = token("<|vision_end|>")
        config.text_config.pad_token_id = tokenizer.pad_token_id
        config.text_config.eos_token_id = tokenizer.eos_token_id
    return config


def train(settings: Setting, out: Path, work: Path) -> dict[str, float]:
    """Trains one setting in one of its processes and writes the model to `out`."""
    set_seed(0)
    model, processor = _model(settings)
    examples = (
        [example(settings, number)] for number in range(settings.steps * settings.batch_size)
    )
    samples, _ = shared_samples(examples, processor, 4096, work)
    collate = DataCollatorForVisionLanguageModeling(processor, completion_only_loss=True)
    batch = collate([samples[0]])
    tokens = float(batch["input_ids"].numel())
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        model(**batch.to(model.device))
    optimization = OptimizationSettings(
        batch_size=settings.batch_size,
        micro_batch_size=settings.micro_batch_size,
        optimizer=settings.optimizer,
        bf16=settings.bf16,
        matrix_block=128,
        activation_checkpointing=settings.activation_checkpointing,
        checkpoint_every=settings.steps + 1,
        log_every=2,
    )
    launch = LaunchSettings(processes=settings.processes)
    log = fine_tune(model, processor, samples, optimization, launch, work / "steps", out)
    if is_main_process():
        write_role(Role(role="critic", prompts=_prompts(), max_new_tokens=64, graded=True), out)
    times = {name.removeprefix("time/"): value for name, value in log.times.items()}
    rate = times.pop("samples_per_second")
    return {
        "parameters": float(sum(weight.numel() for weight in model.parameters())),
        "tokens a sample": tokens,
        "samples/s": rate,
        "tokens/s": rate * tokens,
        # Forward is a third of a sample's operations; what checkpointing repeats does not count.
        "FLOP/s": rate * 3 * counter.get_total_flops(),
        **times,
        "memory, GiB": _peak_memory(),
    }


def judge(settings: Setting, out: Path) -> dict[str, float]:
    """Judges pairs with the model in `out`; random weights write as long as the grammar lets."""
    critic = LocalCritic(out, dtype=settings.dtype, batch_size=settings.judged_batch)
    pairs = [
        ImagePair("chart", *example(settings, number).images) for number in range(settings.judged)
    ]
    critic.critique(pairs[: settings.judged_batch])
    start = time.perf_counter()
    critiques = critic.critique(pairs)
    seconds = time.perf_counter() - start
    tokenizer = critic.checkpoint.processor.tokenizer
    written = sum(len(tokenizer(critique.reply)["input_ids"]) for critique in critiques)
    return {
        "judged pairs/s": len(pairs) / seconds,
        "written tokens/s": written / seconds,
        "judging memory, GiB": _peak_memory(),
    }


def _peak_memory() -> float:
    """Of the accelerator, or of this process without one."""
    if torch.cuda.is_available():
        return float(torch.cuda.max_memory_allocated()) / 2**30
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20


def measure(setting: Setting) -> dict[str, float]:
    """Trains and judges one setting; what failed leaves no numbers."""
    module = "benchmarks.training"
    numbers: dict[str, float] = {}
    with tempfile.TemporaryDirectory() as folder:
        out, work = Path(folder) / "critic", Path(folder) / "work"
        try:
            launch = LaunchSettings(processes=setting.processes)
            numbers |= distribute(f"{module}:train", setting, launch, {"out": out, "work": work})
            numbers |= distribute(f"{module}:judge", setting, LaunchSettings(), {"out": out})
        except ErmError as error:
            print(error)
    if "FLOP/s" in numbers and (peak := _peak_flops()) is not None:
        numbers["share of peak"] = numbers["FLOP/s"] / (peak * setting.processes)
    return numbers


def _peak_flops() -> float | None:
    if not torch.cuda.is_available():
        return None
    name = torch.cuda.get_device_name()
    return next((peak for part, peak in PEAKS.items() if part in name), None)


def show(results: Mapping[str, Mapping[str, float]]) -> None:
    """The table, in Markdown."""
    columns = list(dict.fromkeys(name for row in results.values() for name in row))
    print("\n| setting | " + " | ".join(columns) + " |")
    print("|---" * (len(columns) + 1) + "|")
    for name, row in results.items():
        cells = [f"{row[column]:.3g}" if column in row else "–" for column in columns]
        print(f"| {name} | " + " | ".join(cells) + " |")


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--settings", metavar="NAMES", help=f"of: {'; '.join(SETTINGS)}")
    parser.add_argument("--steps", type=int, help="of each training; its own number unless given")
    parser.add_argument("--json", type=Path, metavar="FILE")
    arguments = parser.parse_args()
    here = torch.cuda.is_available()
    fitting = [name for name, setting in SETTINGS.items() if here or not setting.accelerator]
    chosen = arguments.settings.split(";") if arguments.settings else fitting
    chosen = [name.strip() for name in chosen]
    if unknown := set(chosen) - set(SETTINGS):
        parser.error(f"no setting {', '.join(sorted(unknown))}; there are: {'; '.join(SETTINGS)}")
    if arguments.steps is not None and arguments.steps < LEAST_STEPS:
        parser.error(f"--steps must be {LEAST_STEPS} or more: the first ones are not timed")
    results = {}
    for name in chosen:
        setting = SETTINGS[name]
        if arguments.steps is not None:
            setting = setting.model_copy(update={"steps": arguments.steps})
        results[name] = measure(setting)
    show(results)
    if arguments.json is not None:
        arguments.json.write_text(json.dumps(results, indent=1) + "\n")


if __name__ == "__main__":
    main()
