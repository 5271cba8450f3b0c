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
        items = []
        for number, pair in enumerate(pairs, start=1):
            sources = self._sources.get(_digest(pair, number))
            if sources is None:
                raise ErmError(f"Pair {number}: the sources of its images are not known.")
            items += [(pair.task, source) for source in sources]
        rendered = self._renderer.render_batch(items, scenes=True)
        critiques = []
        for index, pair in enumerate(pairs):
            reference, candidate = rendered[2 * index : 2 * index + 2]
            annotation = annotate_rendered(pair.task, reference, candidate)
            report = annotation.require(f"pair {index + 1}")
            critiques.append(read_reply(pair.task, write_reply(report)))
        return critiques


def _digest(pair: ImagePair, number: int) -> bytes:
    """Digest of a pair's task and pixels; it does not depend on how the images are given."""
    digest = hashlib.sha256(pair.task.encode())
    for opened in open_pair(pair, number):
        digest.update(f"{opened.size}".encode() + opened.tobytes())
    return digest.digest()
