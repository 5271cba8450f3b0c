"""Images of a data set on the Hugging Face hub, by the name that parameters give it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from erm.errors import ErmError

HUB = "hf:"
"""What such a name begins with."""

_NAME = re.compile(r"hf:(?P<name>[\w.-]+/[\w.-]+)(:(?P<split>[^#]+))?(#(?P<column>.+))?")


class HubImages(NamedTuple):
    """Images of a data set: ``hf:OWNER/NAME[:SPLIT][#COLUMN]``.

    Attributes:
        split: as `datasets` writes it, with parts of a split such as ``train[:2000]``.
    """

    name: str
    split: str = "train"
    column: str = "image"

    @classmethod
    def parse(cls, text: str) -> HubImages:
        """Raises ValueError where the text has another form."""
        found = _NAME.fullmatch(text)
        if found is None:
            raise ValueError(f"'{text}' is not of the form hf:OWNER/NAME[:SPLIT][#COLUMN]")
        parts = {name: value for name, value in found.groupdict().items() if value is not None}
        return cls(**parts)

    def read(self) -> Iterator[tuple[str, bytes]]:
        """(name, encoded image) of all rows.

        Raises:
            ErmError: as `rows`, or a file of the data set can't be read.
        """
        for name, row in self.rows((self.column,)):
            value = row[self.column]
            content = value.get("bytes") if isinstance(value, dict) else value
            if content is None and isinstance(value, dict) and value.get("path"):
                try:
                    content = Path(value["path"]).read_bytes()
                except OSError as error:
                    raise ErmError(f"{name}: can't be read: {error}.") from error
            yield name, content if isinstance(content, bytes) else b""

    def rows(self, columns: Sequence[str] | None = None) -> Iterator[tuple[str, dict[str, Any]]]:
        """(name, values by column) of all rows, with the images encoded; the data set is downloaded
        once, into the cache of `datasets`.

        Args:
            columns: that are read; None for all.

        Raises:
            ErmError: the hub has no such data set, split or column, or it can't be reached and the
                cache does not hold the data set.
        """
        from datasets import Image, load_dataset
        from datasets.exceptions import DatasetsError

        try:
            rows = load_dataset(self.name, split=self.split)
        except (DatasetsError, OSError, ValueError, RuntimeError) as error:
            reason = " ".join(str(error).split()).rstrip(".")
            raise ErmError(f"hf:{self.name}: the data set can't be loaded: {reason}.") from error
        if self.column not in rows.column_names:
            known = ", ".join(rows.column_names)
            raise ErmError(f"hf:{self.name}: no column '{self.column}'; it has: {known}.")
        if columns is not None:
            rows = rows.select_columns(list(columns))
        for name, feature in rows.features.items():
            if isinstance(feature, Image):
                rows = rows.cast_column(name, Image(decode=False))
        for number, row in enumerate(rows, start=1):
            yield f"hf:{self.name}:{number}", row
