"""Judging while training: the best weights win, through interruptions, and nothing else changes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from datasets import Dataset
from transformers import set_seed

from erm.critics.base import write_reply
from erm.models.best_checkpoint import Stop, Validation, early_stop
from erm.models.example import Example
from erm.models.processor import PairProcessor
from erm.models.qwen3vl import build_model, build_processor, load_model
from erm.models.samples import shared_samples
from erm.models.settings import LaunchSettings, LoraSettings, ModelSettings, OptimizationSettings
from erm.models.sft import TrainingLog, fine_tune
from tests.squares import square_pair

PROMPTS = {"svg": "compare svg"}
PAIRS = [square_pair(index) for index in range(16)]


class Scoring:
    """Gives prepared marks, draws random numbers, and keeps what the model answers at each step."""

    def __init__(self, marks: dict[int, float]) -> None:
        self.marks = marks
        self.answers: dict[int, torch.Tensor] = {}

    def __call__(self, model: Any, processor: PairProcessor, step: int) -> dict[str, float]:
        assert not model.training
        torch.rand(3)
        self.answers[step] = answer(model)
        return {"mark": self.marks[step]}


def answer(model: Any) -> torch.Tensor:
    with torch.no_grad():
        logits: torch.Tensor = model(input_ids=torch.arange(8)[None]).logits
    return logits


@pytest.fixture(scope="module")
def processor() -> PairProcessor:
    texts = [*PROMPTS.values(), *(write_reply(pair.report) for pair in PAIRS)]
    return build_processor(ModelSettings(), texts, vocabulary=300, max_side=56)


@pytest.fixture(scope="module")
def samples(processor: PairProcessor, tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    examples = [
        Example(PROMPTS["svg"], (pair.reference, pair.candidate), write_reply(pair.report))
        for pair in PAIRS
    ]
    folder = tmp_path_factory.mktemp("samples")
    return shared_samples([examples], processor, 200, folder)[0]


def tune(
    samples: Dataset,
    processor: PairProcessor,
    folder: Path,
    scoring: Scoring | None,
    lora: LoraSettings | None = None,
    **chosen: Any,
) -> TrainingLog:
    """Eight steps with a checkpoint at the fourth and at the last, validated at every second."""
    settings = OptimizationSettings(batch_size=2, checkpoint_every=4, log_every=1, bf16=False)
    set_seed(0)
    model = build_model(ModelSettings(lora=lora), processor)
    validation = None if scoring is None else Validation(scoring, "mark", every=2, **chosen)
    place = folder / "work", folder / "out"
    return fine_tune(model, processor, samples, settings, LaunchSettings(), *place, validation)


@pytest.mark.parametrize("lora", [None, LoraSettings(rank=2, dropout=0.2)], ids=["full", "lora"])
def test_the_best_weights_win_over_the_last_and_training_notices_nothing(
    lora: LoraSettings | None, samples: Dataset, processor: PairProcessor, tmp_path: Path
) -> None:
    scoring = Scoring({2: 0.5, 4: 0.9, 6: 0.9, 8: 0.1})
    log = tune(samples, processor, tmp_path, scoring, lora)
    assert [row["mark"] for row in log.validation] == list(scoring.marks.values())
    assert log.best == {"step": 6, "samples": 12, "mark": 0.9}
    kept = answer(load_model(tmp_path / "out").eval())
    torch.testing.assert_close(kept, scoring.answers[6], atol=1e-5, rtol=1e-4)
    assert not torch.allclose(scoring.answers[8], scoring.answers[6], atol=1e-4)
    unvalidated = tune(samples, processor, tmp_path / "unvalidated", None, lora)
    assert unvalidated.history == log.history
    assert (unvalidated.validation, unvalidated.best) == ([], {})


def test_what_was_best_outlives_an_interruption(
    samples: Dataset, processor: PairProcessor, tmp_path: Path
) -> None:
    first = Scoring({2: 0.9, 4: 0.5, 6: 0.95})
    with pytest.raises(KeyError):  # at step 8, and the last checkpoint is that of step 4
        tune(samples, processor, tmp_path, first)
    second = Scoring({6: 0.1, 8: 0.2})
    log = tune(samples, processor, tmp_path, second)
    assert list(second.answers) == [6, 8]
    assert [row["mark"] for row in log.validation] == [0.9, 0.5, 0.1, 0.2]
    assert log.best["step"] == 2
    kept = answer(load_model(tmp_path / "out").eval())
    torch.testing.assert_close(kept, first.answers[2])


def test_where_the_smallest_is_best_and_patience_ends_training_stops_there(
    samples: Dataset, processor: PairProcessor, tmp_path: Path
) -> None:
    scoring = Scoring({2: 0.5, 4: 0.6})
    log = tune(samples, processor, tmp_path, scoring, minimise=True, patience=1)
    assert list(scoring.answers) == [2, 4]
    assert log.best["step"] == 2
    kept = answer(load_model(tmp_path / "out").eval())
    torch.testing.assert_close(kept, scoring.answers[2])
    # A run that resumes there, after a kill while it wrote its result, stops there again.
    resumed = tune(samples, processor, tmp_path, Scoring({}), minimise=True, patience=1)
    assert (resumed.best, resumed.validation) == (log.best, log.validation)


def _rows(*marks: float) -> list[dict[str, float]]:
    return [{"step": float(10 * place), "mark": mark} for place, mark in enumerate(marks)]


def test_patience_counts_validations_without_a_better_one() -> None:
    patient = Validation(Scoring({}), "mark", every=10, patience=2)
    assert early_stop(_rows(0.5, 0.4, 0.6, 0.6), patient) is None
    assert early_stop(_rows(0.5, 0.4, 0.6, 0.6, 0.5, 0.9), patient) == Stop(
        40,
        False,
        "Step 40: mark has not become better in 2 validations; the training stops.",
    )


def test_the_alarm_stops_at_once() -> None:
    def alarm(row: Any) -> str | None:
        return "too low" if row["mark"] < 0.2 else None

    alarmed = Validation(Scoring({}), "mark", every=10, alarm=alarm)
    assert early_stop(_rows(0.5, 0.3), alarmed) is None
    assert early_stop(_rows(0.5, 0.1, 0.9), alarmed) == Stop(10, True, "too low")
