"""What the operating system provides: libraries, programs, and the isolation of drawing.

The same things are asked for by ``.ci/setup``, which sets a checkout up.
"""

from __future__ import annotations

import ctypes
import shutil
import sysconfig
from collections.abc import Iterator
from pathlib import Path

from erm.doctor.finding import Finding
from erm.errors import ErmError

LIBRARIES = {
    "cairo": ("libcairo.so.2", "libcairo2", "draws SVG"),
    "pango": ("libpango-1.0.so.0", "libpango-1.0-0", "lays out tables"),
    "pangoft2": ("libpangoft2-1.0.so.0", "libpangoft2-1.0-0", "lays out tables"),
}
"""Name → file of the library, Debian package, what it is for."""

COMPILERS = ("c++", "g++", "clang++")

_MENDS = {
    "namespaces": "`sysctl -w kernel.unprivileged_userns_clone=1 "
    "kernel.apparmor_restrict_unprivileged_userns=0` as root, or start the container with "
    "`--security-opt seccomp=unconfined --cap-add SYS_ADMIN`",
    "system call filter": "`python -m pip install pyseccomp` and `apt-get install libseccomp2`",
    "separate user": "start as root, or allow namespaces",
    "file access rules": "a kernel of version 5.13 or later with Landlock",
}
"""First words of a protection (`erm.render.sandbox`) → what makes it possible."""


def look_at_system() -> list[Finding]:
    """Shared libraries, compiler and headers, git, and what contains code that is drawn."""
    return [*_libraries(), _compiler(), _header(), _git(), *_isolation()]


def _libraries() -> Iterator[Finding]:
    for name, (file, package, purpose) in LIBRARIES.items():
        try:
            ctypes.CDLL(file)
        except OSError:
            what = f"{file}, which {purpose}, can't be loaded"
            yield Finding("missing", name, what, _apt(package))
        else:
            yield Finding("ok", name, file)


def _compiler() -> Finding:
    found = next(filter(None, map(shutil.which, COMPILERS)), None)
    if found is None:
        return Finding("missing", "compiler", "no C++ compiler, which DeepSpeed needs", _apt("g++"))
    return Finding("ok", "compiler", found)


def _header() -> Finding:
    path = Path(sysconfig.get_path("include")) / "Python.h"
    if path.is_file():
        return Finding("ok", "Python.h", str(path))
    what = f"{path}, with which DeepSpeed compiles, is missing"
    return Finding("missing", "Python.h", what, _apt("python3-dev"))


def _git() -> Finding:
    found = shutil.which("git")
    if found is None:
        what = "no git, in whose history DVC keeps experiments"
        return Finding("missing", "git", what, _apt("git"))
    return Finding("ok", "git", found)


def _isolation() -> Iterator[Finding]:
    """What the renderer itself reports, from a worker that is started and ended."""
    from erm.render import Renderer
    from erm.tasks.settings import DrawingSettings

    try:
        with Renderer(workers=1, isolation="auto", drawing=DrawingSettings()) as renderer:
            missing = renderer.missing()
    except ErmError as error:
        yield Finding("missing", "isolation", f"no worker that draws starts: {error}")
        return
    if not missing:
        yield Finding("ok", "isolation", "code that is drawn is contained completely")
    for name in missing:
        mend = next((mend for start, mend in _MENDS.items() if name.startswith(start)), None)
        yield Finding("warning", "isolation", f"this machine does not allow: {name}", mend)


def _apt(package: str) -> str:
    return f"`apt-get install {package}` as root"
