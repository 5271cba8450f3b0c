"""Generation: it sees what training saw, and constrained replies always parse."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from transformers import LogitsProcessor
from trl.trainer.sft_trainer import DataCollatorForVisionLanguageModeling

from erm.critics.base import ImagePair, read_reply, write_reply
from erm.critics.local import LocalCritic
from erm.errors import ErmError
from erm.images import encode_png
from erm.models.checkpoint import load_checkpoint
from erm.models.constraint import ReportConstraint, TokenAutomaton
from erm.models.example import Example
from erm.models.generation import generate, visual_prompt
from erm.models.samples import shared_samples
from erm.models.settings import SamplingSettings
from erm.models.tokenizer import train_tokenizer
from erm.report import GRADES, Report, categories_of
from erm.tasks import get_task, task_names
from erm.tasks.discrepancy import Discrepancy
from tests.devices import on_each_device

quick = settings(deadline=None, derandomize=True, max_examples=40)
words = st.text(max_size=12)


@st.composite
def reports(draw: st.DrawFn) -> Report:
    task = draw(st.sampled_from(task_names()))
    error = st.builds(
        Discrepancy,
        category=st.sampled_from(categories_of(task)),
        severity=st.integers(1, 3),
        location=words,
        description=words,
    )
    return Report(task, tuple(draw(st.lists(error, max_size=3))))


@pytest.fixture(scope="module")
def tokenizer() -> Any:
    texts = [
        write_reply(Report(task, (Discrepancy(category, severity, "title", "is missing"),)))
        for task in task_names()
        for category in categories_of(task)
        for severity in (1, 2, 3)
    ]
    return train_tokenizer(texts * 4, 400)


@pytest.fixture(scope="module")
def automata(tokenizer: Any) -> dict[str, TokenAutomaton]:
    return {task: TokenAutomaton(task, tokenizer, 3) for task in task_names()}


def _picture(seed: int, size: tuple[int, int]) -> Image.Image:
    pixels = np.random.default_rng(seed).integers(0, 256, (*size[::-1], 3), dtype=np.uint8)
    return Image.fromarray(pixels)


class _Forcing(LogitsProcessor):  # type: ignore[misc]
    """Writes prepared tokens and keeps the logits that the model gave."""

    def __init__(self, rows: list[list[int]], end: int) -> None:
        self.rows, self.end, self.seen = rows, end, list[torch.Tensor]()

    def __call__(self, input_ids: torch.Tensor, scores: torch.Tensor) -> torch.Tensor:
        forced = torch.full_like(scores, -torch.inf)
        for index, row in enumerate(self.rows):
            place = len(self.seen)
            forced[index, row[place] if place < len(row) else self.end] = 0
        self.seen.append(scores.clone())
        return forced


@on_each_device
def test_step_by_step_a_model_gives_the_logits_that_it_was_trained_on(
    device: str, tiny_critic: Path, tmp_path: Path
) -> None:
    """Left-padded batches with a cache against the trainer's own right-padded forward pass."""
    model, processor, role = load_checkpoint(tiny_critic, "critic", device=device)
    sizes = [(56, 56), (20, 50), (56, 30)]
    pairs = [[_picture(2 * n, size), _picture(2 * n + 1, size)] for n, size in enumerate(sizes)]
    targets = ['{"errors":[]}', "a", '[{"severity":2}]']
    prompts = list(role.prompts.values())
    examples = [
        Example(prompt, (encode_png(pair[0]), encode_png(pair[1])), target)
        for prompt, pair, target in zip(prompts, pairs, targets, strict=True)
    ]
    dataset, _ = shared_samples([examples], processor, 100, tmp_path)
    collate = DataCollatorForVisionLanguageModeling(processor, completion_only_loss=True)
    batch = collate([dataset[index] for index in range(len(examples))])
    labels = batch.pop("labels")
    with torch.inference_mode():
        taught = model(**batch.to(device)).logits
    learnt = [row[row != -100].tolist() for row in labels]
    tolerance = 2e-5 if device == "cpu" else 1e-3  # matrices of one row are multiplied otherwise
    forcing = _Forcing(learnt, processor.tokenizer.eos_token_id)
    generate(
        model,
        processor,
        [visual_prompt(prompt, pair, pair) for prompt, pair in zip(prompts, pairs, strict=True)],
        max_new_tokens=max(map(len, learnt)),
        batch_size=3,
        constrain=lambda chosen: _reordered(forcing, chosen),
    )
    for index, row in enumerate(labels):
        places = (row != -100).nonzero().flatten()
        place = forcing.rows.index(learnt[index])
        steps = torch.stack([step[place] for step in forcing.seen[: len(places)]])
        torch.testing.assert_close(steps, taught[index][places - 1], atol=tolerance, rtol=1e-4)


def test_a_grade_alone_is_that_of_a_report(tiny_critic: Path) -> None:
    critic = LocalCritic(tiny_critic, batch_size=2, rereads=False)
    sizes = [(56, 56), (20, 50), (56, 30)]
    pairs = [
        ImagePair(task, _picture(2 * n, size), _picture(2 * n + 1, size))
        for n, (task, size) in enumerate(zip(task_names(), sizes, strict=True))
    ]
    expected = [critique.expected_severity for critique in critic.critique(pairs)]
    assert critic.grade_each(pairs) == pytest.approx(expected, abs=1e-4)
    assert critic.grade_each([]) == []


def _reordered(forcing: _Forcing, chosen: Any) -> LogitsProcessor:
    forcing.rows = [forcing.rows[index] for index in chosen]
    return forcing


@quick
@given(report=reports())
def test_whatever_training_teaches_is_allowed(
    report: Report, tokenizer: Any, automata: dict[str, TokenAutomaton]
) -> None:
    automaton = automata[report.task]
    state = 0
    for token in tokenizer(write_reply(report))["input_ids"]:
        state = automaton.advance(state, token)
        assert state >= 0
    assert state == automaton.grammar.end


@quick
@given(task=st.sampled_from(task_names()), seed=st.integers(0, 10**6), spare=st.integers(0, 60))
def test_whatever_is_allowed_parses_and_ends_in_time(
    task: str, seed: int, spare: int, tokenizer: Any, automata: dict[str, TokenAutomaton]
) -> None:
    generator, automaton = random.Random(seed), automata[task]
    budget = automaton.shortest + spare
    logits, state = torch.zeros(len(tokenizer)), 0
    tokens: list[int] = []
    while state != automaton.grammar.end:
        choices = automaton.allowed(state, budget - len(tokens), logits).nonzero().flatten()
        tokens.append(generator.choice(choices.tolist()))
        state = automaton.advance(state, tokens[-1])
    assert len(tokens) <= budget
    text = tokenizer.decode(tokens)
    parsed = json.loads(text)
    json.dumps(parsed, ensure_ascii=False).encode()
    assert len(parsed["errors"]) <= 3
    report = read_reply(task, text).report
    assert report is not None
    assert len(report.errors) == len(parsed["errors"])
    fields = ["location", "description", get_task(task).category_key, "severity"]
    assert all(list(error) == fields for error in parsed["errors"])


def test_expected_severity_is_that_of_the_likely_grades(tokenizer: Any) -> None:
    automaton = TokenAutomaton("svg", tokenizer, 3)
    error = Discrepancy("shape_error", 3, "a", "b")
    tokens = tokenizer(write_reply(Report("svg", (error, error))))["input_ids"]
    constraint = ReportConstraint([automaton], 200)
    five, eight = (tokenizer(digit)["input_ids"][0] for digit in "58")
    assert tokens.count(five) == 1
    ids = torch.zeros((1, 0), dtype=torch.long)
    for token in [*tokens, automaton.eos]:
        logits = torch.full((1, len(tokenizer)), -50.0)
        logits[0, token] = 0.0
        if token == five:  # two severe errors; the grade of 18 is as likely as that of 6
            logits[0, eight] = 0.0
        constraint(ids, logits)
        ids = torch.cat([ids, torch.tensor([[token]])], dim=1)
    assert constraint.expected_severity(0) == pytest.approx((6.5 + 18) / 2)


@pytest.mark.parametrize("temperature", [0.0, 1.5])
def test_an_untrained_model_writes_reports_all_the_same(
    temperature: float, tiny_critic: Path
) -> None:
    sampling = SamplingSettings(temperature=temperature)
    critic = LocalCritic(tiny_critic, sampling=sampling, max_errors=2)
    pairs = [ImagePair(task, _picture(1, (40, 40)), _picture(2, (40, 40))) for task in task_names()]
    for critique in critic.critique(pairs * 2):
        assert critique.report is not None
        assert json.loads(critique.reply) == critique.parsed
        assert critique.expected_severity is not None
        assert 0 <= critique.expected_severity <= GRADES[-1]
    free = LocalCritic(tiny_critic, constrained=False).critique(pairs[:1])[0]
    assert (free.parsed, free.expected_severity) == (None, None)


def test_a_tokenizer_that_is_not_byte_level_is_refused() -> None:
    from tokenizers import Tokenizer, models
    from transformers import PreTrainedTokenizerFast

    words = Tokenizer(models.WordLevel({"a b": 0, "</s>": 1}, unk_token="a b"))
    with pytest.raises(ErmError, match="not byte-level"):
        TokenAutomaton("svg", PreTrainedTokenizerFast(tokenizer_object=words, eos_token="</s>"))
