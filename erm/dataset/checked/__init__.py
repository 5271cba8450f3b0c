"""Sixty pairs of real sources, edited by hand, that every benchmark scores.

Each ``.toml`` file holds the sources of one task, as their packages published them but shortened,
and the edits that make the candidates. ``licenses/`` holds the terms. Reports are exact, as those
of all pairs; the lists of differences that a person wrote are in ``tests/checked``.
"""

from __future__ import annotations

import tomllib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from erm.annotation import annotate_rendered
from erm.dataset.domains import CHECKED
from erm.dataset.pairs import Pair
from erm.render import Limits, Renderer
from erm.settings import Isolation
from erm.tasks.settings import DrawingSettings

_LIMITS = Limits(wall_seconds=120)
"""A program of a gallery may import much, on a busy machine."""


@dataclass(frozen=True)
class CheckedPair:
    """A source out of a published package, and edits of it.

    Attributes:
        source_id: the same for all pairs of one source.
        taken_from: the package and the file.
        changes: (old, new) texts, each found once in the text before it; together they make the
            candidate.
    """

    name: str
    task: str
    source_id: str
    taken_from: str
    reference: str
    changes: tuple[tuple[str, str], ...]

    @property
    def candidate(self) -> str:
        """The source after the edits."""
        source = self.reference
        for old, new in self.changes:
            assert source.count(old) == 1, f"{self.name}: '{old}' occurs {source.count(old)} times"
            source = source.replace(old, new)
        return source


@cache
def checked_pairs() -> tuple[CheckedPair, ...]:
    """All pairs, by task."""
    folder = files(__name__)
    found: list[CheckedPair] = []
    for file in sorted(folder.iterdir(), key=lambda file: file.name):
        if not file.name.endswith(".toml"):
            continue
        content = tomllib.loads(file.read_text(encoding="utf-8"))
        task, sources = content["task"], {one["name"]: one for one in content["sources"]}
        for pair in content["pairs"]:
            source = sources[pair["source"]]
            found.append(
                CheckedPair(
                    name=pair["name"],
                    task=task,
                    source_id=f"{task}/{CHECKED}{source['name']}",
                    taken_from=source["taken_from"],
                    reference=source["text"],
                    changes=tuple((old, new) for old, new in pair["changes"]),
                )
            )
    return tuple(found)


def draw_checked(
    pairs: Sequence[CheckedPair], isolation: Isolation = "auto", workers: int | None = None
) -> list[Pair]:
    """The pairs as test pairs with exact reports.

    They are drawn by the default settings, whatever those of a pipeline are, so that scores on them
    can be compared between profiles.

    Raises:
        ErmError: a source can't be drawn here.
    """
    sources = list(
        dict.fromkeys((one.task, text) for one in pairs for text in (one.reference, one.candidate))
    )
    drawing = DrawingSettings()
    with Renderer(
        workers=workers, limits=_LIMITS, isolation=isolation, drawing=drawing
    ) as renderer:
        rendered = dict(zip(sources, renderer.render_batch(sources, scenes=True), strict=True))
    numbers: Counter[str] = Counter()
    drawn = []
    for one in pairs:
        reference, candidate = (rendered[one.task, text] for text in (one.reference, one.candidate))
        report = annotate_rendered(one.task, reference, candidate).require(f"pair '{one.name}'")
        assert reference.image is not None
        assert candidate.image is not None
        numbers[one.source_id] += 1
        drawn.append(
            Pair(
                id=f"{one.source_id}/0-{numbers[one.source_id]}",
                source_id=one.source_id,
                task=one.task,
                split="test",
                route="edit" if report.errors else "equivalent",
                operators=(),
                reference=reference.image,
                candidate=candidate.image,
                reference_source=one.reference,
                candidate_source=one.candidate,
                report=report,
            )
        )
    return drawn
