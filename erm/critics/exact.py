"""The exact annotator as a critic: the upper bound, where the sources of both images are known.

Not covered: how reports are worked out (`erm.annotation`).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence

from erm.annotation import annotate_rendered
from erm.critics.base import Critic, Critique, ImagePair, open_pair, read_reply, write_reply
from erm.dataset.pairs import Pair
from erm.errors import ErmError
from erm.render import Renderer


class ExactCritic(Critic):
    """Looks a pair's sources up by its pixels, draws them again and compares the scenes.

    Args:
        known: pairs whose sources are known; no other pair can be judged.
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
            ErmError: a pair is not known, or a source no longer draws.
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
    """Digest of a pair's task and pixels, however the images are handed in."""
    digest = hashlib.sha256(pair.task.encode())
    for opened in open_pair(pair, number):
        digest.update(f"{opened.size}".encode() + opened.tobytes())
    return digest.digest()
