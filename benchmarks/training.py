"""How fast models train, are reinforced and judge at each size, and where a step's time goes.

``python benchmarks/training.py [--settings NAMES] [--steps N] [--json FILE]``, from the root of the
repository, trains each setting through the pipeline's own training function on pictures of the size
that its profile uses, then lets the model judge under the grammar; settings of GRPO are reinforced
instead, for a reward that costs nothing. `2b` and `8b` have Qwen3-VL's real architecture with
random weights, which is enough for speed and memory, and `miniature` is that in small, to try the
script with. Without an accelerator the settings for one are left out unless named. Each setting has
processes of its own, so that its memory is its own, and one that does not fit costs nothing but its
row. The file of numbers is written after each setting. How well a model learns is not covered.
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
from datasets import Dataset
from datasets import Image as ImageFeature
from peft import get_peft_model
from PIL import Image, ImageDraw
from torch.utils.flop_counter import FlopCounterMode
from transformers import Qwen3VLConfig, set_seed
from trl.trainer.sft_trainer import DataCollatorForVisionLanguageModeling

from erm.critics.base import ImagePair, write_reply
from erm.critics.local import LocalCritic
from erm.errors import ErmError
from erm.models.checkpoint import load_checkpoint
from erm.models.example import Example
from erm.models.grpo import mean_of, reinforce_model
from erm.models.launch import distribute, is_main_process
from erm.models.processor import PairProcessor
from erm.models.prompts import conversation, critic_prompt, policy_prompt
from erm.models.qwen3vl import build_model, build_processor, lora_config, random_weights
from erm.models.role import Role, write_role
from erm.models.samples import shared_samples
from erm.models.settings import (
    SCRATCH_SIZES,
    GrpoSettings,
    LaunchSettings,
    LoraSettings,
    ModelSettings,
    OptimizationSettings,
)
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

MINIATURE: dict[str, Any] = {
    "text": {"hidden_size": 128, "intermediate_size": 256, "num_hidden_layers": 2},
    "heads": 8,
    "vision": {"hidden_size": 64, "intermediate_size": 128, "depth": 2},
    "deepstack": [0, 1],
    "tied": True,
    "vocabulary": 2048,
}
"""The same in small."""

ARCHITECTURES = {**REAL_SIZES, "miniature": MINIATURE}

PEAKS = {"H100 80GB HBM3": 989e12, "H200": 989e12, "A100": 312e12}
"""Dense bfloat16 FLOP/s of accelerators, from their makers' data sheets, by part of the name."""


class Setting(Settings):
    """One row of the table.

    Attributes:
        size: of `erm.models.settings.SCRATCH_SIZES` or `ARCHITECTURES`.
        side: of the square images, pixels.
        errors: of each report; about 30 tokens each.
        lora: trains adapters instead of all weights.
        judged: pairs that are judged, `judged_batch` at a time; with 0 no weights are written.
        completion_tokens: of each completion; None is supervised training, a number GRPO with
            `GENERATIONS` completions of each prompt and `batch_size` in a step.
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
    lora: bool = False
    accelerator: bool = False
    judged: int = 128
    judged_batch: int = 64
    steps: int = 40
    completion_tokens: int | None = None


GENERATIONS = 8

LARGE = Setting(
    size="2b",
    side=1024,
    errors=8,
    micro_batch_size=4,
    dtype="bfloat16",
    optimizer="adamw",
    activation_checkpointing=True,
    accelerator=True,
    judged=32,
    judged_batch=16,
    steps=12,
)
"""As in the profile gpu, but for the number of samples; the other large settings differ from it."""

SHORT: dict[str, Any] = {"micro_batch_size": 1, "batch_size": 4, "steps": 8, "judged": 0}
"""The fewest steps of which one is timed, for minutes of a GPU; as in the table of docs/scale.md
one sample at a time."""

GRPO: dict[str, Any] = {
    "batch_size": 32,
    "micro_batch_size": 8,
    "completion_tokens": 256,
    "steps": 3,
    "judged": 0,
}

TRIAL: dict[str, Any] = {
    "size": "miniature",
    "side": 64,
    "micro_batch_size": 2,
    "batch_size": 2,
    "steps": 8,
    "judged": 2,
    "accelerator": False,
    "dtype": "float32",
    "bf16": False,
}


SETTINGS: dict[str, Setting] = {
    "micro": Setting(size="micro"),
    "tiny": Setting(size="tiny"),
    "tiny, float32": Setting(size="tiny", bf16=False),
    "tiny, 2 processes": Setting(size="tiny", processes=2),
    "mini": Setting(size="mini"),
    "small": Setting(size="small", batch_size=64, accelerator=True),
    "2b": LARGE.model_copy(update={"activation_checkpointing": False}),
    "2b, checkpointing": LARGE.model_copy(update={"micro_batch_size": 8}),
    "8b, checkpointing": LARGE.model_copy(update={"size": "8b"}),
    "2b, short": LARGE.model_copy(update={**SHORT, "judged": 32}),
    "8b, LoRA, short": LARGE.model_copy(update={**SHORT, "size": "8b", "lora": True}),
    "8b, short": LARGE.model_copy(update={**SHORT, "size": "8b"}),
    "2b, GRPO": LARGE.model_copy(update=GRPO),
}

TRIALS: dict[str, Setting] = {
    "miniature": LARGE.model_copy(update=TRIAL),
    "miniature, LoRA": LARGE.model_copy(update={**TRIAL, "lora": True, "judged": 0}),
    "miniature, GRPO": LARGE.model_copy(
        update={**TRIAL, "batch_size": 8, "completion_tokens": 4, "steps": 2}
    ),
}
"""These run only if they are named."""


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
    lora = LoraSettings() if setting.lora else None
    if setting.size in SCRATCH_SIZES:
        settings = ModelSettings(name=setting.size, dtype=setting.dtype, lora=lora)
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
    return model if lora is None else get_peft_model(model, lora_config(lora)), processor


def real_config(size: str, processor: PairProcessor | None = None) -> Qwen3VLConfig:
    """The published architecture of a size, with the special tokens of a processor, if given."""
    spec = ARCHITECTURES[size]
    config = Qwen3VLConfig(
        text_config={
            **spec["text"],
            "vocab_size": spec.get("vocabulary", 151_936),
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
    """Trains one setting in one of its processes and writes the model to `out` if it judges."""
    set_seed(0)
    model, processor = _model(settings)
    parameters = sum(weight.numel() for weight in model.parameters())
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
        checkpoint_every=None,
        log_every=2,
    )
    launch = LaunchSettings(processes=settings.processes)
    written = out if settings.judged else None
    log = fine_tune(model, processor, samples, optimization, launch, work / "steps", written)
    if is_main_process() and written is not None:
        write_role(Role(role="critic", prompts=_prompts(), max_new_tokens=64, graded=True), out)
    times = {name.removeprefix("time/"): value for name, value in log.times.items()}
    rate = times.pop("samples_per_second")
    # Forward is a third of a sample's operations, and half of them where frozen weights need no
    # gradients; what checkpointing repeats does not count.
    passes = 2 if settings.lora else 3
    return {
        "parameters": float(parameters),
        "tokens a sample": tokens,
        "samples/s": rate,
        "tokens/s": rate * tokens,
        "FLOP/s": rate * passes * counter.get_total_flops(),
        **times,
        "memory, GiB": _peak_memory(),
    }


def reinforce(settings: Setting, out: Path, work: Path) -> dict[str, float]:
    """Reinforces one setting, as the profile gpu does with a reward that costs nothing."""
    assert settings.completion_tokens is not None
    set_seed(0)
    model, processor = _model(settings)
    # TRL reads the model of the KL term from the folder of the one that it reinforces.
    start = work / "start"
    model.save_pretrained(start)
    processor.save_pretrained(start)
    prompts = {"chart": policy_prompt("chart", brief=True)}
    write_role(Role(role="policy", prompts=prompts, max_new_tokens=64), start)
    del model
    checkpoint = load_checkpoint(start, "policy", dtype=settings.dtype)
    grpo = GrpoSettings(
        steps=settings.steps,
        prompts_per_step=settings.batch_size // GENERATIONS,
        generations=GENERATIONS,
        micro_batch_size=settings.micro_batch_size or settings.batch_size,
        learning_rate=1e-6,
        checkpoint_every=None,
    )
    rows = [
        {
            "prompt": conversation(prompts["chart"], 1),
            "images": [{"bytes": example(settings, number).images[0], "path": None}],
        }
        for number in range(grpo.prompts)
    ]
    log = reinforce_model(
        checkpoint,
        Dataset.from_list(rows).cast_column("images", [ImageFeature()]),
        lambda completions, **_: [float(number % 2) for number, _ in enumerate(completions)],
        grpo,
        LaunchSettings(),
        work / "steps",
        out,
        columns=("step_time", "time/generation", "time/update", "length"),
        tracked=None,
        max_completion_tokens=settings.completion_tokens,
        activation_checkpointing=settings.activation_checkpointing,
    )
    timed = log.history[1:]  # the first one allocates memory
    seconds, length = mean_of(timed, "step_time"), mean_of(timed, "length")
    generation = mean_of(timed, "time/generation")
    return {
        "parameters": float(sum(weight.numel() for weight in checkpoint.model.parameters())),
        "seconds a step": seconds,
        "completions a step": float(settings.batch_size),
        "tokens a completion": length,
        "written tokens/s": settings.batch_size * length / (generation * seconds),
        "generation": generation,
        "update": mean_of(timed, "time/update"),
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
            name = "train" if setting.completion_tokens is None else "reinforce"
            numbers |= distribute(f"{module}:{name}", setting, launch, {"out": out, "work": work})
            if setting.judged and name == "train":
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
    every = {**SETTINGS, **TRIALS}
    if unknown := set(chosen) - set(every):
        parser.error(f"no setting {', '.join(sorted(unknown))}; there are: {'; '.join(every)}")
    if arguments.steps is not None and arguments.steps < LEAST_STEPS:
        parser.error(f"--steps must be {LEAST_STEPS} or more: the first ones are not timed")
    results = {}
    for name in chosen:
        setting = every[name]
        if arguments.steps is not None:
            setting = setting.model_copy(update={"steps": arguments.steps})
        results[name] = measure(setting)
        if arguments.json is not None:
            arguments.json.write_text(json.dumps(results, indent=1) + "\n")
    show(results)
    if failed := [name for name, row in results.items() if not row]:
        parser.exit(1, f"No numbers of {'; '.join(failed)}: the reasons are above.\n")


if __name__ == "__main__":
    main()
