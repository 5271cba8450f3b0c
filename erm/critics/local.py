"""Critics with a model in this process: any Qwen3-VL folder that training wrote."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import Any

from erm.critics.base import Critic, Critique, ImagePair, open_pair, read_reply, scaled_pair
from erm.critics.rereading import quotes, reread
from erm.endpoints.errors import EndpointError
from erm.errors import ErmError
from erm.fingerprint import content_hash
from erm.models.checkpoint import Checkpoint, load_checkpoint
from erm.models.constraint import MAX_ERRORS, ReportConstraint, TokenAutomaton
from erm.models.generation import GREEDY, VisualPrompt, generate, next_logits, visual_prompt
from erm.models.prompts import critic_prompt, detail_prompt
from erm.models.settings import SamplingSettings
from erm.report import BEGINNING, parse_reply, report_from_dict


class LoadedCritic(Critic):
    """A critic with a model that is already loaded, possibly in training.

    Args:
        name: in tables and journals.
        sampling: greedy by default, so that the same pair gets the same report. Otherwise each call
            samples anew, from the seed and the number of the call.
        constrained: keeps replies within the grammar of `erm.critics.base.write_reply`, so that
            each one parses and has an expected severity. Otherwise generation is free, as it is by
            default for a model that others trained to write another form.
        max_errors: most errors in a constrained reply.
        rereads: takes what a report quotes from its details alone (`erm.critics.rereading`), if the
            model was trained on them. Categories and severities don't depend on it.

    Attributes:
        decoding: how replies are written, as text.

    Raises:
        ErmError: others trained the model, and `constrained` is asked for; or the model was trained
            before replies had a grade, and `constrained` is not False.
    """

    def __init__(
        self,
        name: str,
        checkpoint: Checkpoint,
        *,
        batch_size: int = 32,
        sampling: SamplingSettings = GREEDY,
        constrained: bool | None = None,
        max_errors: int = MAX_ERRORS,
        rereads: bool = True,
    ) -> None:
        self.name = name
        self.varies = sampling.temperature > 0
        self.checkpoint = checkpoint
        self.batch_size = batch_size
        self._sampling = sampling
        self._calls = 0
        self._automata: dict[str, TokenAutomaton] = {}
        adopted = checkpoint.role.adopted
        if constrained and adopted:
            raise ErmError(f"{name}: replies of models that others trained can't be constrained.")
        kept = constrained is not False and not adopted
        if kept and not checkpoint.role.graded:
            raise ErmError(
                f"{name}: was trained before replies began with an overall grade. Train it again; "
                "its replies can only be read as they come (constrained=False, --free)."
            )
        self.grades = kept
        self._rereads = rereads and checkpoint.role.single_details
        self.decoding = (
            f"{sampling} constrained={kept} max_errors={max_errors} rereads={self._rereads}"
        )
        if kept:
            self._automata = {
                task: TokenAutomaton(task, checkpoint.processor.tokenizer, max_errors)
                for task in checkpoint.role.prompts
            }

    def critique(self, pairs: Sequence[ImagePair], *, progress: bool = False) -> list[Critique]:
        model, processor, role = self.checkpoint
        role.check_tasks(pair.task for pair in pairs)
        # There must be room for an empty report, even if the model was trained on shorter answers.
        shortest = [automaton.shortest for automaton in self._automata.values()]
        limit = max([role.max_new_tokens, *shortest])
        held: dict[int, tuple[ReportConstraint, int]] = {}

        def constrain(chosen: Sequence[int]) -> ReportConstraint:
            automata = [self._automata[pairs[index].task] for index in chosen]
            constraint = ReportConstraint(automata, limit)
            held.update({index: (constraint, row) for row, index in enumerate(chosen)})
            return constraint

        replies = generate(
            model,
            processor,
            [self._prompt(pair, number) for number, pair in enumerate(pairs, start=1)],
            max_new_tokens=limit,
            batch_size=self.batch_size,
            sampling=self._sampling,
            draw=self._calls,
            constrain=constrain if self._automata else None,
            progress="critique" if progress else None,
        )
        self._calls += 1
        critiques = []
        for index, (pair, reply) in enumerate(zip(pairs, replies, strict=True)):
            critique = read_reply(pair.task, reply)
            if index in held:
                constraint, row = held[index]
                critique = replace(critique, expected_severity=constraint.expected_severity(row))
            critiques.append(critique)
        return self._reread(pairs, critiques, progress) if self._rereads else critiques

    def grade_each(self, pairs: Sequence[ImagePair]) -> list[float | EndpointError]:
        model, processor, role = self.checkpoint
        role.check_tasks(pair.task for pair in pairs)
        prompts = [self._prompt(pair, number) for number, pair in enumerate(pairs, start=1)]
        logits = next_logits(model, processor, prompts, BEGINNING, batch_size=self.batch_size)
        return [
            self._automata[pair.task].expected_severity(row)
            for pair, row in zip(pairs, logits, strict=True)
        ]

    def _reread(
        self, pairs: Sequence[ImagePair], critiques: list[Critique], progress: bool
    ) -> list[Critique]:
        """The critiques with the words that were read from single details."""
        model, processor, role = self.checkpoint
        requests, owners = [], []
        for index, (pair, critique) in enumerate(zip(pairs, critiques, strict=True)):
            if critique.parsed is None or not quotes(critique.parsed):
                continue
            brief = role.prompts[pair.task] == critic_prompt(pair.task, brief=True)
            for detail in processor.details_between(open_pair(pair, index + 1)):
                margins = detail.with_margins
                prompt = detail_prompt(pair.task, detail.place, brief=brief, margins=margins)
                requests.append(visual_prompt(prompt, (detail.picture,), (detail.picture,)))
                owners.append(index)
        replies = generate(
            model,
            processor,
            requests,
            max_new_tokens=role.max_new_tokens,
            batch_size=self.batch_size,
            progress="reread" if progress and requests else None,
        )
        readings: dict[int, list[dict[str, Any]]] = {}
        for index, reply in zip(owners, replies, strict=True):
            reading = parse_reply(reply)
            if reading is not None:
                readings.setdefault(index, []).append(reading)
        result = list(critiques)
        for index, found in readings.items():
            critique = critiques[index]
            assert critique.parsed is not None
            parsed = reread(critique.parsed, found)
            report = report_from_dict(pairs[index].task, parsed)
            result[index] = replace(critique, parsed=parsed, report=report)
        return result

    def _prompt(self, pair: ImagePair, number: int) -> VisualPrompt:
        """Both images, as large as the model was trained on them; its processor does the rest."""
        role = self.checkpoint.role
        images = open_pair(pair, number)
        if role.max_sides is None:
            encoded = pair.reference, pair.candidate
            return visual_prompt(role.prompts[pair.task], encoded, images)
        scaled = scaled_pair(images, role.max_sides[pair.task])
        return visual_prompt(role.prompts[pair.task], scaled, scaled)


class LocalCritic(LoadedCritic):
    """A critic from a folder.

    Args:
        folder: a model folder (`erm.models.checkpoint`).
        device: a torch device; by default the GPU, if there is one.
        **options: of `LoadedCritic`.

    Raises:
        ErmError: the folder holds no critic.
    """

    def __init__(
        self, folder: Path, *, device: str | None = None, dtype: str = "float32", **options: Any
    ) -> None:
        checkpoint = load_checkpoint(folder, "critic", device=device, dtype=dtype)
        super().__init__(folder.name, checkpoint, **options)
        self._folder = folder
        self._dtype = dtype

    @cached_property
    def identity(self) -> str:
        return f"{self.name} {content_hash(self._folder)[:16]} {self._dtype} {self.decoding}"
