"""Fine-tuning for real: what the loss sees, killing and resuming, several processes."""

from __future__ import annotations

import csv
import json
import os
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from transformers import set_seed
from trl.trainer.sft_trainer import DataCollatorForVisionLanguageModeling

from erm.critics.base import ImagePair
from erm.critics.local import LocalCritic
from erm.critics.selection import training_pairs
from erm.critics.settings import TrainCriticSettings
from erm.critics.training import train_critic
from erm.errors import ErmError
from erm.images import encode_png
from erm.models.checkpoint import load_checkpoint
from erm.models.example import Example
from erm.models.launch import distribute
from erm.models.qwen3vl import build_model, build_processor
from erm.models.role import read_role
from erm.models.samples import shared_samples
from erm.models.settings import (
    SCRATCH_SIZES,
    LaunchSettings,
    ModelSettings,
    OptimizationSettings,
    ValidationSettings,
)
from erm.models.sft import largest_part, last_checkpoint, training_order
from erm.state import seal
from tests.killed import kill_at_checkpoint
from tests.nodes import other_node, two_processes
from tests.squares import square_pair, write_squares


@pytest.fixture(scope="module")
def pairs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    # Seven and a half batches, so that some hold both empty and long reports.
    return write_squares(tmp_path_factory.mktemp("pairs"), train=60)


def _settings(**launch: Any) -> TrainCriticSettings:
    return TrainCriticSettings(
        model=ModelSettings(name="tiny"),
        optimization=OptimizationSettings(
            epochs=2.25,
            batch_size=8,
            learning_rate=4e-3,
            checkpoint_every=4,
            log_every=1,
            bf16=False,
        ),
        validation=ValidationSettings(every=6, pairs=16),
        launch=LaunchSettings(**launch),
        max_side=56,
        vocabulary=600,
    )


def _losses(folder: Path) -> list[float]:
    with (folder / "history.csv").open() as file:
        return [float(row["loss"]) for row in csv.DictReader(file)]


def _validation(folder: Path) -> list[dict[str, float]]:
    with (folder / "validation.csv").open() as file:
        return [{name: float(row[name]) for name in row} for row in csv.DictReader(file)]


@pytest.fixture(scope="module")
def trained(pairs: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("trained")
    metrics = train_critic(_settings(), pairs, folder / "critic", folder / "work")
    assert metrics["examples"] == 60
    assert metrics["steps"] == 17
    rows = _validation(folder / "critic")
    assert [(row["step"], row["samples"]) for row in rows] == [(6, 48), (12, 96), (17, 136)]
    best = max(row["f1_hard"] for row in rows)
    assert metrics["best/f1_hard"] == best > 0.5
    assert metrics["best/step"] == max(row["step"] for row in rows if row["f1_hard"] == best)
    return folder / "critic"


@pytest.mark.parametrize("size", SCRATCH_SIZES)
def test_every_size_learns_a_sample(size: str, tmp_path: Path) -> None:
    target = '{"errors":[{"category":"style_error","severity":2}]}'
    settings = ModelSettings(name=size)
    processor = build_processor(settings, [target] * 20, vocabulary=300, max_side=56)
    set_seed(0)
    model = build_model(settings, processor)
    pair = square_pair(1)
    example = Example("", (pair.reference, pair.candidate), target)
    dataset, _ = shared_samples([[example]], processor, 256, tmp_path)
    batch = DataCollatorForVisionLanguageModeling(processor, completion_only_loss=True)(
        [dataset[0]]
    )
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3)
    losses = []
    for _ in range(6):
        loss = model(**batch).loss
        losses.append(loss.item())
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    assert losses[-1] < 0.8 * losses[0]


def test_the_loss_falls_on_the_reports_tokens_only(pairs: Path, tmp_path: Path) -> None:
    target = '{"errors":[{"category":"style_error","severity":2}]}'
    processor = build_processor(
        ModelSettings(), [target, "compare svg"] * 20, vocabulary=300, max_side=56
    )
    image = square_pair(1).reference
    examples = [Example("compare svg", (image, image), target)]
    dataset, _ = shared_samples([examples], processor, 256, tmp_path)
    collate = DataCollatorForVisionLanguageModeling(processor, completion_only_loss=True)
    batch = collate([dataset[0]])
    learnt = batch["labels"][0]
    assert processor.tokenizer.decode(learnt[learnt != -100]) == target + "<|im_end|>"
    image_token = processor.tokenizer.convert_tokens_to_ids("<|image_pad|>")
    assert int((batch["input_ids"] == image_token).sum()) == 4


def test_training_lowers_the_loss_and_leaves_a_critic(trained: Path) -> None:
    losses = _losses(trained)
    assert losses[-1] < 0.5 * losses[0]
    assert read_role(trained, "critic").prompts["svg"] == "compare svg"
    pair = square_pair(1)
    critic = LocalCritic(trained)
    critiques = critic.critique([ImagePair("svg", pair.reference, pair.candidate)] * 3)
    assert len({critique.reply for critique in critiques}) == 1


def test_same_seed_same_weights_whether_validated_or_not(
    trained: Path, pairs: Path, tmp_path: Path
) -> None:
    settings = _settings().model_copy(update={"validation": None})
    train_critic(settings, pairs, tmp_path / "critic", tmp_path / "work")
    assert _losses(tmp_path / "critic") == _losses(trained)
    last = trained.parent / "work" / "checkpoints" / "checkpoint-17" / "model.safetensors"
    assert (tmp_path / "critic" / "model.safetensors").read_bytes() == last.read_bytes()
    assert not (tmp_path / "critic" / "validation.csv").exists()


def test_it_is_told_where_the_time_of_a_step_goes(
    pairs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    logged: dict[str, float] = {}
    monkeypatch.setattr(
        "erm.models.step_times.log_metrics", lambda metrics, step: logged.update(metrics, step=step)
    )
    done: dict[str, float] = {}
    monkeypatch.setattr("erm.models.sft.log_metrics", lambda row, step: done.update(row))
    rarely = {"batch_size": 1, "log_every": 5}
    short = _settings().optimization.model_copy(update=rarely)
    update = {"optimization": short, "max_pairs": 14, "validation": None}
    chosen = _settings().model_copy(update=update)
    train_critic(chosen, pairs, tmp_path / "critic", tmp_path / "work")
    assert logged["step"] == 32
    assert done["progress"] == 100
    assert 0 < 1 / logged["time/samples_per_second"] < 60
    shares = [logged[f"time/{part}"] for part in ("forward_backward", "optimizer", "other")]
    assert sum(shares) == pytest.approx(1)
    assert min(shares[:2]) > 0


def test_a_killed_run_goes_on_to_the_same_curve(trained: Path, pairs: Path, tmp_path: Path) -> None:
    paths = {"pairs": pairs, "out": tmp_path / "critic", "work": tmp_path / "work"}
    kill_at_checkpoint(8, "erm.critics.training:train_critic", _settings(), paths, tmp_path)
    for checkpoint in (tmp_path / "work" / "checkpoints").iterdir():
        os.utime(checkpoint, (2e9, 2e9))  # by a clock that was set back since
    train_critic(_settings(), pairs, tmp_path / "critic", tmp_path / "work")
    np.testing.assert_allclose(_losses(tmp_path / "critic"), _losses(trained), rtol=1e-4)
    assert str(_validation(tmp_path / "critic")) == str(_validation(trained))


def test_more_epochs_go_on_from_the_last_checkpoint(
    trained: Path, pairs: Path, tmp_path: Path
) -> None:
    shutil.copytree(trained.parent / "work", tmp_path / "work")
    settings = _settings()
    longer = settings.optimization.model_copy(update={"epochs": 1.5 * settings.optimization.epochs})
    more = settings.model_copy(update={"optimization": longer})
    metrics = train_critic(more, pairs, tmp_path / "critic", tmp_path / "work")
    assert metrics["steps"] > 17
    before, after = _losses(trained), _losses(tmp_path / "critic")
    assert after[: len(before)] == before
    assert len(after) > len(before)
    assert str(_validation(tmp_path / "critic")[:3]) == str(_validation(trained))


def test_a_trained_critic_is_trained_on(trained: Path, pairs: Path, tmp_path: Path) -> None:
    more = _settings().model_copy(
        update={"model": ModelSettings(name="tiny", start=str(trained)), "validation": None}
    )
    train_critic(more, pairs, tmp_path / "critic", tmp_path / "work")
    assert _losses(tmp_path / "critic")[0] < 0.5 * _losses(trained)[0]
    known = [
        json.loads((folder / "tokenizer.json").read_text())["model"]
        for folder in (trained, tmp_path / "critic")
    ]
    assert known[0] == known[1]


@pytest.mark.parametrize(
    ("model", "message"),
    [
        (ModelSettings(name="mini"), "is not a model of size mini"),
        (ModelSettings(pair_encoding="two_images"), "sees pairs as difference, not as two_images"),
    ],
)
def test_a_critic_of_another_kind_is_not_trained_on(
    model: ModelSettings, message: str, trained: Path, pairs: Path, tmp_path: Path
) -> None:
    settings = _settings().model_copy(
        update={"model": model.model_copy(update={"start": str(trained)}), "validation": None}
    )
    with pytest.raises(ErmError, match=message):
        train_critic(settings, pairs, tmp_path / "critic", tmp_path / "work")


@pytest.mark.parametrize(("whole", "limit", "part"), [(8, 8, 8), (8, 3, 2), (12, 5, 4), (7, 3, 1)])
def test_a_share_of_a_batch_is_computed_in_equal_parts(whole: int, limit: int, part: int) -> None:
    assert largest_part(whole, limit) == part


def test_half_written_checkpoints_are_not_resumed_from(tmp_path: Path) -> None:
    complete = tmp_path / "checkpoint-4"
    for folder in (complete, tmp_path / "checkpoint-8"):
        folder.mkdir()
    seal(complete)
    assert last_checkpoint(tmp_path) == str(complete)
    (complete / "complete.json").unlink()
    assert last_checkpoint(tmp_path) is None
    assert last_checkpoint(tmp_path / "nothing") is None


@pytest.mark.parametrize(
    "damaged",
    ["checkpoint-*/model.safetensors", "validation/rows.json", "validation/*/model.safetensors"],
)
def test_a_training_starts_anew_without_what_it_goes_on_from(
    damaged: str, trained: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    work = tmp_path / "checkpoints"
    shutil.copytree(trained.parent / "work" / "checkpoints", work)
    assert last_checkpoint(work) is not None
    file = next(work.glob(damaged))
    os.truncate(file, file.stat().st_size // 2)
    assert last_checkpoint(work) is None
    assert f"{file}: is damaged" in caplog.text


@pytest.mark.smoke
def test_deepspeed_on_two_machines_follows_the_same_curve(pairs: Path, tmp_path: Path) -> None:
    out, work, alone = (tmp_path / name for name in ("critics", "work", "alone"))
    few = _settings().optimization.model_copy(update={"epochs": 0.75})
    settings = _settings().model_copy(update={"optimization": few})
    train_critic(settings, pairs, alone, tmp_path / "alone-work")
    launch = two_processes(nodes=2, deepspeed="conf/deepspeed/zero2.json")
    launched = settings.model_copy(update={"launch": launch})
    paths = {"pairs": pairs, "out": out, "work": work}
    with other_node(launch):
        steps = distribute("tests.zero:train_with_each", launched, launch, paths)
    assert steps == {"zero2": 6, "zero3": 6}
    pair = square_pair(1)
    for name in steps:
        np.testing.assert_allclose(_losses(out / name), _losses(alone), rtol=0.05)
        launched_f1, alone_f1 = (
            [row["f1_hard"] for row in _validation(folder)] for folder in (out / name, alone)
        )
        np.testing.assert_allclose(launched_f1, alone_f1, atol=0.1)
        critic = LocalCritic(out / name)
        assert critic.critique([ImagePair("svg", pair.reference, pair.candidate)])


def test_parts_of_a_batch_follow_the_same_curve(trained: Path, pairs: Path, tmp_path: Path) -> None:
    """Also where one part holds empty reports, of a few tokens, and another one long ones."""
    whole = _settings()
    apart = whole.optimization.model_copy(update={"micro_batch_size": 2})
    settings = whole.model_copy(update={"optimization": apart, "validation": None})
    train_critic(settings, pairs, tmp_path / "critic", tmp_path / "work")
    np.testing.assert_allclose(_losses(tmp_path / "critic"), _losses(trained), rtol=1e-3)


def test_bfloat16_products_follow_nearly_the_same_curve_and_leave_no_trace(
    pairs: Path, tmp_path: Path
) -> None:
    """Six steps, since processors without such products take their time."""
    losses = []
    for bf16 in (False, True):
        few = _settings().optimization.model_copy(update={"epochs": 0.75, "bf16": bf16})
        settings = _settings().model_copy(update={"optimization": few, "validation": None})
        folder = tmp_path / str(bf16)
        train_critic(settings, pairs, folder / "critic", folder / "work")
        losses.append(_losses(folder / "critic"))
    whole, mixed = losses
    assert len(whole) == 6
    assert mixed != whole
    assert mixed[-1] < 0.8 * mixed[0]
    np.testing.assert_allclose(mixed, whole, rtol=0.1)  # processors round apart
    model, _, _ = load_checkpoint(folder / "critic", "critic", device="cpu")
    assert {weight.dtype for weight in model.parameters()} == {torch.float32}
    assert model.config._attn_implementation == "sdpa"


def test_reports_beyond_the_limit_are_rejected_and_counted(pairs: Path, tmp_path: Path) -> None:
    limited = _settings().model_copy(
        update={"max_target_tokens": 16, "vocabulary": 300, "validation": None}
    )
    metrics = train_critic(limited, pairs, tmp_path / "critic", tmp_path / "work")
    assert metrics["examples"] == 15
    assert metrics["set_aside"] == 45


def test_no_pairs_to_validate_on_is_an_error(tmp_path: Path) -> None:
    pairs = write_squares(tmp_path / "pairs", validation=0)
    with pytest.raises(ErmError, match="no pairs of split 'validation'"):
        train_critic(_settings(), pairs, tmp_path / "critic", tmp_path / "work")


def test_a_policys_own_errors_are_mixed_in(pairs: Path, tmp_path: Path) -> None:
    inferred = write_squares(tmp_path / "inferred", train=4, validation=0)
    limited = _settings().model_copy(update={"max_pairs": 8})
    work = tmp_path / "work"
    metrics = train_critic(limited, pairs, tmp_path / "one", work / "one", inferred)
    assert metrics["examples"] == 8 + 4
    (tmp_path / "none").mkdir()
    (tmp_path / "none" / "set_aside.jsonl").touch()
    metrics = train_critic(limited, pairs, tmp_path / "two", work / "two", tmp_path / "none")
    assert metrics["examples"] == 8


def test_a_share_of_the_pairs_lies_within_a_larger_one(pairs: Path) -> None:
    def ids(**chosen: Any) -> set[str]:
        return {pair.id for pair in training_pairs(TrainCriticSettings(**chosen), pairs)}

    assert ids(share=0.2) < ids(share=0.7) < ids()
    assert 0.4 * 60 < len(ids(share=0.6)) < 0.8 * 60
    assert len(ids(exclude_routes=("identical",))) == 45
    assert not ids(exclude_routes=("edit", "identical"))


def test_at_most_so_many_pairs_are_a_sample_of_all(pairs: Path) -> None:
    def ids(most: int | None, seed: int = 0) -> list[str]:
        optimization = OptimizationSettings(seed=seed)
        chosen = TrainCriticSettings(max_pairs=most, optimization=optimization)
        return [pair.id for pair in training_pairs(chosen, pairs)]

    every = ids(None)
    few, more = ids(15), ids(30)
    assert few == ids(15)
    assert (len(few), len(more)) == (15, 30)
    assert set(few) < set(more) < set(every)
    assert more == [one for one in every if one in more]
    # what is stored last, such as ingested sources, is as likely as what is stored first
    assert 2 <= len(set(few) & set(every[30:])) <= 13
    assert ids(15, seed=1) != few
    assert ids(1000) == every


def test_two_images_enter_a_small_model_one_after_the_other(pairs: Path, tmp_path: Path) -> None:
    """What the frame of differences is compared with."""
    apart = _settings().model.model_copy(update={"pair_encoding": "two_images"})
    chosen = _settings().model_copy(update={"model": apart, "max_pairs": 8, "validation": None})
    train_critic(chosen, pairs, tmp_path / "critic", tmp_path / "work")
    critic = LocalCritic(tmp_path / "critic")
    assert critic.checkpoint.processor.pair_encoding == "two_images"
    prepared = critic.checkpoint.processor(
        images=[[Image.new("RGB", size, "white") for size in ((50, 33), (20, 56))]],
        text=["<|image_pad|><|image_pad|>"],
        return_tensors="pt",
    )
    assert prepared["image_grid_thw"].tolist() == [[1, 4, 4], [1, 4, 2]]
    pair = square_pair(1)
    (critique,) = critic.critique([ImagePair("svg", pair.reference, pair.candidate)])
    assert critique.parsed is not None


def test_no_pairs_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ErmError, match="no pairs"):
        train_critic(_settings(), tmp_path / "nothing", tmp_path / "critic", tmp_path / "work")


@given(
    lengths=st.lists(st.integers(1, 300), min_size=1, max_size=400),
    batch=st.integers(1, 32),
    epochs=st.integers(1, 3),
)
@settings(max_examples=30, deadline=None, derandomize=True)
def test_every_epoch_holds_every_sample_once(lengths: list[int], batch: int, epochs: int) -> None:
    order = training_order(np.array(lengths, dtype=np.int32), batch, epochs, seed=3)
    for epoch in range(epochs):
        part = order[epoch * len(lengths) : (epoch + 1) * len(lengths)]
        assert sorted(part) == list(range(len(lengths)))


def test_less_than_a_tenth_of_a_batch_is_padding(tmp_path: Path) -> None:
    """Images of several shapes and targets of several lengths, as three tasks have them."""
    generator = np.random.default_rng(0)
    sides = ((56, 56), (56, 28), (112, 84))
    prompt = "compare svg"
    examples = []
    for index in range(256):
        image = encode_png(Image.new("RGB", sides[index % 3], "white"))
        places = generator.integers(100, 999, generator.integers(0, 9))
        examples.append(Example(prompt, (image, image), " ".join(map(str, places))))
    texts = [prompt, *(example.target for example in examples)]
    processor = build_processor(ModelSettings(), texts, vocabulary=300, max_side=112)
    dataset, _ = shared_samples([examples], processor, 256, tmp_path)
    lengths = np.array(dataset["length"])
    order = training_order(lengths, 16, 1, seed=0)
    collate = DataCollatorForVisionLanguageModeling(processor, completion_only_loss=True)
    real = total = 0
    for start in range(0, len(order), 16):
        batch = order[start : start + 16]
        mask = collate([dataset[index] for index in batch])["attention_mask"]
        beyond = mask.sum(1).numpy() - lengths[batch]
        assert (beyond == beyond[0]).all()  # the conversation's own marks
        real, total = real + int(mask.sum()), total + mask.numel()
    assert 0.9 < real / total < 1


def test_the_seed_alone_decides_the_order() -> None:
    lengths = np.arange(100, dtype=np.int32)
    first = training_order(lengths, 8, 1, seed=1)
    assert first == training_order(lengths, 8, 1, seed=1)
    assert first != training_order(lengths, 8, 1, seed=2)
