"""Validating a policy during its reinforcement, on references that are not trained on.

Each reference is completed greedily and sampled, always with the same random numbers, and the
completions are rewarded and annotated exactly. A policy may learn to please its reward: the watch
compares what the reward and what the exact annotator say has been gained since the start.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from accelerate import PartialState
from accelerate.utils import broadcast_object_list, gather_object
from numpy.typing import NDArray

from erm.errors import ErmError
from erm.images import open_image
from erm.models.best_checkpoint import Validation
from erm.models.generation import GREEDY, generate, visual_prompt
from erm.models.launch import is_main_process, share
from erm.models.processor import PairProcessor
from erm.models.role import Role
from erm.models.settings import SamplingSettings
from erm.policies.completed import MODES, START, Completed
from erm.policies.figures import gallery
from erm.policies.intervals import mean_interval
from erm.policies.references import Picture
from erm.policies.settings import PolicyValidationSettings
from erm.rewards.adapters.scorer import Scorer
from erm.rewards.published import reward_value, severity_points
from erm.rewards.rollout import Rollout, Scored
from erm.rewards.settings import EXACT
from erm.state import read_state, write_state
from erm.tracking import is_tracked, log_figure

PICTURED = 8
"""References in the picture of a validation."""

_log = logging.getLogger(__name__)


class PolicyScoring:
    """Scores a policy in training on held-out references.

    Args:
        references: in the order in which they are completed.
        scorer: the training's reward, with the part ``exact`` where sources are known.
        sampling: how the training samples, with the seed of the validation.
        most_tokens: of a sampled completion; a greedy one has at most the role's.
        work: folder that keeps what the start earned, for runs that resume.
    """

    def __init__(
        self,
        settings: PolicyValidationSettings,
        references: Sequence[Picture],
        role: Role,
        scorer: Scorer,
        sampling: SamplingSettings,
        most_tokens: int,
        work: Path,
    ) -> None:
        self._settings = settings
        self._references = list(references)
        self._role = role
        self._scorer = scorer
        self._options = {
            "greedy": (GREEDY, role.max_new_tokens, 1),
            "sampled": (sampling, most_tokens, settings.samples),
        }
        self._seed = sampling.seed
        self._start = work / START
        self._exact = EXACT in scorer.weights

    def validation(self) -> Validation:
        """How `erm.models.best_checkpoint` uses it.

        The best weights have the lowest greedy exact severity, or, where no sources are known, the
        highest greedy reward.
        """
        return Validation(
            self,
            "greedy/exact_severity" if self._exact else "greedy/reward",
            self._settings.every,
            at_start=True,
            minimise=self._exact,
            patience=self._settings.patience,
            alarm=self.alarm,
        )

    def __call__(self, model: Any, processor: PairProcessor, step: int) -> dict[str, float]:
        """The metrics, equal in all processes.

        For each mode ``<mode>/exact_severity``, ``<mode>/rendered`` (the execution rate) and
        ``<mode>/reward``: means over tasks, and with several tasks for each one as
        ``<task>/<mode>/…``. ``watch/reward_gain`` and ``watch/exact_gain``: what a completion
        has gained since the start, in points of severity; ``watch/gap``: the first less the second,
        with a paired bootstrap 95 % interval over references, ``_low`` and ``_high``. Without
        sources there are no exact values and no watch. If an MLflow run is active, a picture of
        some references with their completions is logged.

        Raises:
            ErmError: a completion can't be judged for a reason that is not its own.
        """
        completions = [
            (index, mode, text)
            for mode in MODES
            for index, text in self._complete(model, processor, mode)
        ]
        completed = self._judge(completions)
        if is_main_process() and is_tracked():
            picture = gallery(self._references, completed, PICTURED)
            log_figure(picture, f"validation/step-{step:06d}.png")
        metrics = self._means(completed)
        if self._exact:
            metrics |= self._watch(completed, step)
        return metrics

    def alarm(self, row: Mapping[str, float]) -> str | None:
        """The sentence that stops the training, where the gap is clearly beyond the limit."""
        limit = self._settings.hacking_limit
        if limit is None or not hacking(row) or row["watch/gap_low"] <= limit:
            return None
        return f"{_sentence(row)} The limit is {limit:g}: the training stops."

    def _complete(self, model: Any, processor: PairProcessor, mode: str) -> list[tuple[int, str]]:
        """(index of the reference, completion) each. The processes share fixed batches, so that
        the samples do not depend on how many processes there are."""
        sampling, most_tokens, times = self._options[mode]
        size, state = self._settings.batch_size, PartialState()
        wanted = [*range(len(self._references))] * times
        batches = [wanted[start : start + size] for start in range(0, len(wanted), size)]
        prompts = self._role.prompts
        texts: dict[int, list[str]] = {}
        for number in share(len(batches), state.num_processes, state.process_index):
            chosen = [self._references[index] for index in batches[number]]
            texts[number] = generate(
                model,
                processor,
                [
                    visual_prompt(prompts[one.task], [one.image], [open_image(one.image)])
                    for one in chosen
                ],
                max_new_tokens=most_tokens,
                batch_size=size,
                sampling=sampling,
                draw=number,
                progress=f"validate {mode}" if is_main_process() else None,
            )
        everything = dict(gather_object(list(texts.items())))
        return [
            (index, text)
            for number, batch in enumerate(batches)
            for index, text in zip(batch, everything[number], strict=True)
        ]

    def _judge(self, completions: Sequence[tuple[int, str, str]]) -> list[Completed]:
        state = PartialState()
        own = range(state.process_index, len(completions), state.num_processes)
        rollouts = []
        for index, _, text in (completions[place] for place in own):
            one = self._references[index]
            rollouts.append(Rollout(one.task, one.image, text, one.source))
        scored = self._scorer.score(rollouts) if rollouts else []
        judged = gather_object(
            [
                (place, self._completed(*completions[place][:2], one))
                for place, one in zip(own, scored, strict=True)
            ]
        )
        return [one for _, one in sorted(judged, key=lambda item: item[0])]

    def _completed(self, index: int, mode: str, scored: Scored) -> Completed:
        severity = exact_reward = float("nan")
        if self._exact:
            exact = scored.parts[EXACT]
            if exact.value is None or exact.severity is None:
                message = exact.failure.message if exact.failure is not None else scored.reason
                raise ErmError(f"Held-out reference {self._references[index].name}: {message}")
            severity = exact.severity
            task = self._references[index].task
            exact_reward = reward_value(task, scored.drawn.outcome, severity)
        return Completed(
            index,
            mode,
            scored.require(),
            exact_reward,
            severity,
            scored.drawn.outcome == "judged",
            scored.image,
            scored.reason,
        )

    def _means(self, completed: Sequence[Completed]) -> dict[str, float]:
        tasks = list(dict.fromkeys(one.task for one in self._references))
        by_task: dict[str, dict[str, float]] = {}
        for task in tasks:
            by_task[task] = numbers = {}
            for mode in MODES:
                chosen = [
                    one
                    for one in completed
                    if one.mode == mode and self._references[one.reference].task == task
                ]
                if self._exact:
                    numbers[f"{mode}/exact_severity"] = _mean([one.severity for one in chosen])
                numbers[f"{mode}/rendered"] = _mean([float(one.rendered) for one in chosen])
                numbers[f"{mode}/reward"] = _mean([one.reward for one in chosen])
        metrics = {
            name: _mean([by_task[task][name] for task in tasks]) for name in by_task[tasks[0]]
        }
        if len(tasks) > 1:
            for task, numbers in by_task.items():
                metrics |= {f"{task}/{name}": value for name, value in numbers.items()}
        return metrics

    def _watch(self, completed: Sequence[Completed], step: int) -> dict[str, float]:
        now = np.array(
            [
                [
                    severity_points(reference.task) * _mean(values)
                    for values in (
                        [one.reward for one in completed if one.reference == index],
                        [one.exact_reward for one in completed if one.reference == index],
                    )
                ]
                for index, reference in enumerate(self._references)
            ]
        )
        gains = now - self._at_start(now, step)
        gap, low, high = mean_interval(gains[:, 0] - gains[:, 1], np.random.default_rng(self._seed))
        row = {
            "watch/reward_gain": float(gains[:, 0].mean()),
            "watch/exact_gain": float(gains[:, 1].mean()),
            "watch/gap": gap,
            "watch/gap_low": low,
            "watch/gap_high": high,
        }
        if hacking(row) and is_main_process():
            _log.warning("%s", _sentence({**row, "step": step}))
        return row

    def _at_start(self, now: NDArray[np.float64], step: int) -> NDArray[np.float64]:
        """(references, 2) what reward and exact annotator gave at step 0."""
        if step == 0 and is_main_process():
            self._start.parent.mkdir(parents=True, exist_ok=True)
            write_state(self._start, now.tolist())
        kept = read_state(self._start) if is_main_process() else None
        [kept] = broadcast_object_list([kept])
        start: NDArray[np.float64] = np.array(kept)
        return start


def hacking(row: Mapping[str, float]) -> bool:
    """Whether a validation's reward has risen since the start, and the exact one has fallen."""
    return row.get("watch/reward_gain", 0.0) > 0 > row.get("watch/exact_gain", 0.0)


def _sentence(row: Mapping[str, float]) -> str:
    return (
        f"Step {row['step']:.0f}: since the start the reward says {row['watch/reward_gain']:.2f} "
        f"points of severity better, the exact annotator {-row['watch/exact_gain']:.2f} worse "
        f"(gap {row['watch/gap']:.2f}, 95 % interval {row['watch/gap_low']:.2f} to "
        f"{row['watch/gap_high']:.2f})."
    )


def _mean(values: Sequence[float]) -> float:
    return float(np.mean(values))
