"""Finds and reads text in pictures with the PP-OCR networks that the package rapidocr carries.

Covers the two networks (where text is; what a line says) and how pictures enter and leave them.
Only the weights of rapidocr are used; onnxruntime computes. Not covered: what the texts of a
picture mean (`erm.tasks.contract.Task.read_picture`).
"""

from __future__ import annotations

import unicodedata
from collections import OrderedDict
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy import ndimage

from erm.errors import ErmError
from erm.tasks.discrepancy import Box
from erm.tasks.shared.regions import Pixels

_WEIGHTS = {"find": "PP-OCRv6_det_small.onnx", "read": "PP-OCRv6_rec_small.onnx"}
_LINE_HEIGHT = 48
"""Height in px at which the network reads a line."""
_WIDTH_STEP = 64
"""Lines are padded to multiples of this width, so that the batch does not decide what is read."""
_WIDEST = 2048
"""Width in px to which longer lines are squeezed."""
_BATCH = 16
_KEPT_LINES = 20_000
_LARGEST_SIDE = 1280
"""Longest side in px at which text is looked for; larger pictures are reduced."""
_STRIDE = 32
_IS_TEXT, _IS_LINE = 0.3, 0.6
"""Probability of text from which a pixel is text, and its mean from which a region is a line."""
_GROWTH = 1.6
"""How far a line reaches beyond what the network marks: area over perimeter times this."""


def missing_reader() -> str | None:
    """Why no text can be read here, as a sentence; None where it can."""
    missing = [name for name in ("rapidocr", "onnxruntime") if find_spec(name) is None]
    if not missing:
        return None
    return f"The reading critic needs {' and '.join(missing)}: pip install 'visual-erm[ocr]'."


class OcrReader:
    """Reads texts; equal pixels give equal texts.

    Args:
        threads: of onnxruntime.

    Raises:
        ErmError: rapidocr or onnxruntime is not installed, or this rapidocr has other weights.
    """

    def __init__(self, threads: int = 2) -> None:
        reason = missing_reader()
        if reason is not None:
            raise ErmError(reason)
        self._find, self._read = (_session(name, threads) for name in _WEIGHTS.values())
        letters = self._read.get_modelmeta().custom_metadata_map["character"].splitlines()
        self._letters = ["", *letters, " "]
        self._known: OrderedDict[tuple[tuple[int, ...], bytes], tuple[str, float]] = OrderedDict()

    def read(self, lines: Sequence[Pixels], least: float = 0.0) -> list[str]:
        """The text of each line of text, (height, width, 3) RGB; empty where it holds none.

        Args:
            least: mean probability of the letters, 0 to 1, below which nothing was read.
        """
        keys = [(line.shape, line.tobytes()) for line in lines]
        new = {key: line for key, line in zip(keys, lines, strict=True) if key not in self._known}
        scaled = {key: _scaled(line) for key, line in new.items()}
        found: dict[tuple[tuple[int, ...], bytes], tuple[str, float]] = {}
        waiting = sorted(scaled, key=lambda key: (scaled[key].shape[1], key))
        for start in range(0, len(waiting), _BATCH):
            same = waiting[start : start + _BATCH]
            for width in sorted({scaled[key].shape[1] for key in same}):
                batch = [key for key in same if scaled[key].shape[1] == width]
                found.update(zip(batch, self._batch([scaled[key] for key in batch]), strict=True))
        self._known.update(found)
        read = [self._known[key] for key in keys]
        texts = [text if sure >= least else "" for text, sure in read]
        while len(self._known) > _KEPT_LINES:
            self._known.popitem(last=False)
        return texts

    def _batch(self, lines: Sequence[NDArray[np.float32]]) -> list[tuple[str, float]]:
        name = self._read.get_inputs()[0].name
        (odds,) = self._read.run(None, {name: np.stack(lines).transpose(0, 3, 1, 2)})
        steps, sure = odds.argmax(axis=2), odds.max(axis=2)
        return [self._decoded(*row) for row in zip(steps, sure, strict=True)]

    def _decoded(self, steps: NDArray[np.int64], sure: NDArray[np.float32]) -> tuple[str, float]:
        """Greedy decoding of connectionist temporal classification: repeats and blanks fall.

        Returns the text and the mean probability of its letters.
        """
        starts = np.flatnonzero(np.diff(steps, prepend=-1))
        starts = starts[steps[starts] != 0]
        text = "".join(self._letters[index] for index in steps[starts])
        # the network has one letter for the Greek mu and the micro sign
        plain = unicodedata.normalize("NFKC", text).replace("\u03bc", "\u00b5")
        return " ".join(plain.split()), float(sure[starts].mean()) if len(starts) else 0.0

    def find(self, pixels: Pixels) -> list[Box]:
        """Boxes of the lines of text in a picture, (height, width, 3) RGB, from the top left."""
        height, width = pixels.shape[:2]
        scale = min(1.0, _LARGEST_SIDE / max(height, width))
        size = [max(_STRIDE, round(side * scale / _STRIDE) * _STRIDE) for side in (width, height)]
        image = np.asarray(Image.fromarray(pixels).resize((size[0], size[1])), dtype=np.float32)
        name = self._find.get_inputs()[0].name
        # the network was trained on blue, green, red
        given = ((image[:, :, ::-1] / 255 - 0.5) / 0.5).transpose(2, 0, 1)[None]
        (odds,) = self._find.run(None, {name: np.ascontiguousarray(given)})
        odds = odds[0, 0]
        labels, _ = ndimage.label(odds > _IS_TEXT, np.ones((3, 3), bool))
        x, y = width / size[0], height / size[1]
        boxes = []
        for number, place in enumerate(ndimage.find_objects(labels), start=1):
            rows, columns = place
            inside = labels[place] == number
            high, wide = inside.shape
            if min(high, wide) < 2 or odds[place][inside].mean() < _IS_LINE:
                continue
            grow = _GROWTH * high * wide / (2 * (high + wide))
            boxes.append(
                Box(
                    max(0, round((columns.start - grow) * x)),
                    max(0, round((rows.start - grow) * y)),
                    min(width, round((columns.stop + grow) * x)),
                    min(height, round((rows.stop + grow) * y)),
                )
            )
        return sorted(boxes, key=lambda box: (box.y0, box.x0))


def _session(weights: str, threads: int) -> Any:
    import onnxruntime

    spec = find_spec("rapidocr")
    assert spec is not None
    assert spec.origin is not None
    path = Path(spec.origin).parent / "models" / weights
    if not path.is_file():
        raise ErmError(f"This rapidocr has no {weights}: pip install 'visual-erm[ocr]'.")
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])


def _scaled(line: Pixels) -> NDArray[np.float32]:
    """A line as the network takes it: 48 px high, padded at the right, values −1 to 1."""
    height, width = line.shape[:2]
    wide = min(_WIDEST, max(1, round(width * _LINE_HEIGHT / height)))
    image = Image.fromarray(line).resize((wide, _LINE_HEIGHT), Image.Resampling.BILINEAR)
    padded = np.zeros((_LINE_HEIGHT, -(-wide // _WIDTH_STEP) * _WIDTH_STEP, 3), dtype=np.float32)
    padded[:, :wide] = (np.asarray(image, dtype=np.float32)[:, :, ::-1] / 255 - 0.5) / 0.5
    return padded
