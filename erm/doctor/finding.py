"""One line of the doctor."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Status = Literal["ok", "warning", "missing"]


@dataclass(frozen=True)
class Finding:
    """What was found.

    Attributes:
        status: ``missing`` if something required is not there or does not work, ``warning`` if
            something is limited by it.
        check: what was looked at.
        what: what was found, without a full stop.
        mend: the command that mends it, or what else does; None where nothing has to be mended.
    """

    status: Status
    check: str
    what: str
    mend: str | None = None

    def __str__(self) -> str:
        line = f"{self.status:<8} {self.check}: {self.what}"
        return f"{line}; {self.mend}" if self.mend else line
