"""Python, and the installed libraries against what this package asks for and what was tested."""

from __future__ import annotations

import platform
import sys
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, metadata, requires, version
from pathlib import Path

from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet

from erm.doctor.finding import Finding

_DISTRIBUTION = "visual-erm"
_SHOWN = 4
"""Most libraries that a line names."""


def look_at_libraries(root: Path) -> list[Finding]:
    """Python, required libraries, extras, and in a checkout the tested versions.

    Args:
        root: folder that may hold ``constraints.txt``.
    """
    return [_python(), _required(), _extras(), *_tested(root)]


def _python() -> Finding:
    wanted = SpecifierSet(metadata(_DISTRIBUTION)["Requires-Python"])
    what = f"{platform.python_version()} ({sys.executable})"
    if platform.python_version() in wanted:
        return Finding("ok", "Python", what)
    mend = "install python3 (apt-get install python3) and run `make setup`"
    return Finding("missing", "Python", f"{what}, but {wanted} is needed", mend)


def _required() -> Finding:
    wrong, number = [], 0
    for wanted in _requirements():
        number += 1
        if (problem := _problem(wanted)) is not None:
            wrong.append(problem)
    if not wrong:
        return Finding("ok", "libraries", f"{number} required ones are installed")
    return Finding(
        "missing", "libraries", _first(wrong), f"`python -m pip install {_DISTRIBUTION}`"
    )


def _extras() -> Finding:
    names = metadata(_DISTRIBUTION).get_all("Provides-Extra") or []
    lacking = [
        name for name in names if any(_problem(one) is not None for one in _requirements(name))
    ]
    have = [name for name in names if name not in lacking]
    what = f"{', '.join(have) or 'none'} installed"
    if not lacking:
        return Finding("ok", "extras", what)
    mend = f"`python -m pip install '{_DISTRIBUTION}[NAME]'` where one is needed"
    return Finding("ok", "extras", f"{what}, not {', '.join(lacking)}", mend)


def _tested(root: Path) -> Iterator[Finding]:
    """Of a checkout: installed versions that are not the pinned ones."""
    path = root / "constraints.txt"
    if not path.is_file():
        return
    other = []
    for line in path.read_text(encoding="utf-8").splitlines():
        name, sign, pinned = line.partition(" #")[0].strip().partition("==")
        if sign and (installed := _version(name)) is not None and installed != pinned:
            other.append(f"{name} {installed}, not {pinned}")
    if other:
        what = f"{len(other)} differ from constraints.txt: {_first(other)}"
        mend = "`python -m pip install -c constraints.txt -e '.[charts,dev]'`"
        yield Finding("warning", "tested versions", what, mend)
    else:
        yield Finding("ok", "tested versions", "as in constraints.txt")


def _requirements(extra: str = "") -> Iterator[Requirement]:
    """What this environment needs, without extras or for one alone."""
    for text in requires(_DISTRIBUTION) or []:
        wanted = Requirement(text)
        always = wanted.marker is None or wanted.marker.evaluate({"extra": ""})
        chosen = wanted.marker is not None and wanted.marker.evaluate({"extra": extra})
        if always if not extra else chosen and not always:
            yield wanted


def _problem(wanted: Requirement) -> str | None:
    """What is wrong with a library; None if its version is in the range."""
    installed = _version(wanted.name)
    if installed is None:
        return f"{wanted.name} is not installed"
    if not wanted.specifier.contains(installed, prereleases=True):
        return f"{wanted.name} {installed} is installed, not {wanted.specifier}"
    return None


def _version(name: str) -> str | None:
    try:
        return version(name).partition("+")[0]  # without the label of a build
    except PackageNotFoundError:
        return None


def _first(sentences: list[str]) -> str:
    more = len(sentences) - _SHOWN
    return ", ".join(sentences[:_SHOWN]) + (f" and {more} more" if more > 0 else "")
