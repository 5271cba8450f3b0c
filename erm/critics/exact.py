"""The exact annotator as a critic of pairs whose sources are known: the upper bound."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence

from erm.annotation import annotate_rendered
from erm.critics.base import Critic, Critique, ImagePair, open_pair, read_reply, write_reply
from erm.dataset.pairs import Pair
from erm.errors import ErmError
from erm.render import Renderer


class ExactCritic(Critic):
    """Finds the sources of a pair by its pixels, draws them again and annotates them.

    Args:
        known: the pairs that it can critique, with their sources.
        renderer: draws the sources.
    """

    name = "exact annotator"

    def __init__(self, known: Iterable[Pair], renderer: Renderer) -> None:
        self._sources = {
            _digest(ImagePair(pair.task, pair.reference, pair.candidate), number): (
                pair.reference_source,
                pair.candidate_source,
            )
            for number, pair in enumerate(known, start=1)
        }
        self._renderer = renderer

    def critique(self, pairs: Sequence[ImagePair], *, progress: bool = False) -> list[Critique]:
        """Critiques in order.

        Raises:
            ErmError: a pair is not known, or a source can no longer be drawn.
        """
        sides = []
        for number, pair in enumerate(pairs, start=1):
            sources = self._sources.get(_digest(pair, number))
            if sources is None:
                raise ErmError(f"Pair {number}: the sources of its images are not known.")
            sides.append([(pair.task, source) for source in sources])
        # several candidates have one reference, which is drawn once
        items = list(dict.fromkeys(side for both in sides for side in both))
        rendered = dict(zip(items, self._renderer.render_batch(items, scenes=True), strict=True))
        critiques = []
        for number, (pair, both) in enumerate(zip(pairs, sides, strict=True), start=1):
            annotation = annotate_rendered(pair.task, *(rendered[side] for side in both))
            report = annotation.require(f"pair {number}")
            critiques.append(read_reply(pair.task, write_reply(report)))
        return critiques


def _digest(pair: ImagePair, number: int) -> bytes:
    """Digest of a pair's task and pixels; it does not depend on how the images are given."""
    digest = hashlib.sha256(pair.task.encode())
    for opened in open_pair(pair, number):
        digest.update(f"{opened.size}".encode() + opened.tobytes())
    return digest.digest()
