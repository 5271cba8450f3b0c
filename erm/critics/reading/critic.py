"""A critic that reads both pictures and compares what they show as the exact annotator does.

Each picture becomes a scene of its task (`erm.tasks.Task.read_picture`): texts by OCR, all else by
geometry. The task compares the two scenes, so that words, categories and severities are those of
the exact reports. No training, no accelerator, no key.
"""

from __future__ import annotations

import hashlib
import math
from collections import OrderedDict
from collections.abc import Sequence

import numpy as np
from PIL import Image
from tqdm import tqdm

from erm.critics.base import Critic, Critique, ImagePair, open_pair, read_reply, write_reply
from erm.critics.reading.ocr import OcrReader
from erm.critics.reading.pairing import PairReader
from erm.report import Report
from erm.tasks import Scene, View, get_task
from erm.tasks.shared.regions import Pixels
from erm.tasks.shared.visible import changes_within, visible_change

MOST_ERRORS = 10
"""Discrepancies beyond which two pictures have too little in common to be compared part by part;
the most severe ones are reported."""

MOST_PIXELS = 4_000_000
"""Pixels of the canvas that holds both pictures beyond which they are averaged down before they are
read."""

_KEPT_READINGS = 512
_SURROUNDINGS = 3.0
"""Pixels around a discrepancy in which its difference must show."""


class ReadingCritic(Critic):
    """See the module's docstring; the same pictures get the same report.

    A reference is read once, however many candidates are compared with it.

    Args:
        threads: of onnxruntime.

    Raises:
        ErmError: the packages of the extra ``ocr`` are not installed.
    """

    name = "reading"

    def __init__(self, threads: int = 2) -> None:
        self._reader = OcrReader(threads)
        self._readings: OrderedDict[bytes, tuple[Scene, PairReader]] = OrderedDict()

    def critique(self, pairs: Sequence[ImagePair], *, progress: bool = False) -> list[Critique]:
        """Critiques of the pairs, in order.

        Raises:
            ErmError: an image can't be read, or a task does not read pictures.
        """
        critiques = []
        for number, pair in enumerate(tqdm(pairs, disable=not progress, unit="pair"), start=1):
            reference, candidate = (
                np.asarray(image, dtype=np.uint8) for image in open_pair(pair, number)
            )
            report = self.report(pair.task, reference, candidate)
            critiques.append(read_reply(pair.task, write_reply(report)))
        return critiques

    def report(self, task: str, reference: Pixels, candidate: Pixels) -> Report:
        """The report on two pictures, (height, width, 3) RGB each.

        Raises:
            ErmError: the task does not read pictures.
        """
        size = math.prod(
            max(sides) for sides in zip(reference.shape[:2], candidate.shape[:2], strict=True)
        )
        step = math.ceil(math.sqrt(size / MOST_PIXELS))
        if step > 1:
            reference, candidate = (
                np.asarray(Image.fromarray(image).reduce(step)) for image in (reference, candidate)
            )
        changed = visible_change(reference, candidate)
        if not changed.any():
            return Report(task)
        known, texts = self._reading(task, reference)
        read = _read(task, candidate, texts.other())
        found = get_task(task).compare_read(View(reference, known), View(candidate, read))
        shown = [
            error
            for error in found
            if error.box is None or changes_within(changed, error.box, _SURROUNDINGS)
        ]
        worst = sorted(shown, key=lambda error: -error.severity)[:MOST_ERRORS]
        return Report(task, tuple(worst)).sorted()

    def _reading(self, task: str, pixels: Pixels) -> tuple[Scene, PairReader]:
        """What a reference shows, and the texts that were read in it."""
        digest = hashlib.sha256(f"{task} {pixels.shape}".encode() + pixels.tobytes()).digest()
        if digest not in self._readings:
            texts = PairReader(self._reader)
            self._readings[digest] = _read(task, pixels, texts), texts
            if len(self._readings) > _KEPT_READINGS:
                self._readings.popitem(last=False)
        return self._readings[digest]


def _read(task: str, pixels: Pixels, reader: PairReader) -> Scene:
    return get_task(task).read_picture(pixels, reader)
