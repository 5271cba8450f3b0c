"""A world that a critic begins to learn within twenty steps: squares that may change colour."""

from __future__ import annotations

from pathlib import Path

from PIL import Image, ImageDraw

from erm.dataset.pairs import Pair, SplitWriter
from erm.images import encode_png
from erm.report import Report
from erm.tasks.discrepancy import Box, Discrepancy

_CHANGES = (("blue", "blue"), ("red", "blue"), ("red", "blue"), ("blue", "green"))


def square_pair(index: int, split: str = "train") -> Pair:
    """One of four pairs in turn; the first does not differ, the second and third are alike."""
    before, after = _CHANGES[index % 4]
    images = []
    for colour in (before, after):
        image = Image.new("RGB", (56, 56), "white")
        ImageDraw.Draw(image).rectangle((14, 14, 42, 42), fill=colour)
        images.append(encode_png(image))
    change = Discrepancy(
        category="style_error",
        severity=2,
        location=f"{before} square",
        description=f"fill is {after} instead of {before}",
        box=Box(14, 14, 42, 42),
    )
    return Pair(
        id=f"{split}-{index}",
        source_id=f"{split}-source-{index}",
        task="svg",
        split=split,
        route="edit" if before != after else "identical",
        operators=("recolour",),
        reference=images[0],
        candidate=images[1],
        reference_source=before,
        candidate_source=after,
        report=Report("svg", (change,) if before != after else ()),
    )


def write_squares(folder: Path, train: int = 96, validation: int = 16) -> Path:
    """A folder of such pairs."""
    for split, number in (("train", train), ("validation", validation)):
        writer = SplitWriter(folder, split, 1000)
        for index in range(number):
            writer.write(square_pair(index, split).to_row())
        writer.close()
    return folder
