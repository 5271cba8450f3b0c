"""Published packages of npm and PyPI: downloaded at an exact version, and read without unpacking.

No code of a package runs: npm's scripts are off, and an sdist is never built. The registry is the
one that npm and pip use; `PIP_INDEX_URL` names another one for Python packages.
"""

from __future__ import annotations

import fnmatch
import os
import shutil
import subprocess
import tarfile
import tempfile
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from erm.errors import ErmError

ARCHIVE_SECONDS = 300
"""Longest download of a package."""

_LARGEST_FILE = 20_000_000


@dataclass(frozen=True)
class Package:
    """One archive in a registry.

    Attributes:
        kind: ``npm`` is a tarball of npm; ``sdist`` and ``wheel`` (for any platform) are of PyPI.
    """

    kind: Literal["npm", "sdist", "wheel"]
    name: str
    version: str

    def __str__(self) -> str:
        registry = "npm" if self.kind == "npm" else "PyPI"
        return f"{self.name} {self.version} ({registry})"

    @property
    def file_name(self) -> str:
        """Of the archive in the folder of downloads."""
        ending = "whl" if self.kind == "wheel" else "tar.gz"
        plain = self.name.replace("@", "").replace("/", "-")
        return f"{self.kind}-{plain}-{self.version}.{ending}"


def download(package: Package, folder: Path) -> Path:
    """The archive of a package in `folder`, downloaded unless it is there.

    Raises:
        ErmError: the registry refuses it or can't be reached, or the client is missing.
    """
    target = folder / package.file_name
    if target.is_file():
        return target
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder, prefix=".download-") as scratch:
        fetch = _from_npm if package.kind == "npm" else _from_pypi
        os.replace(fetch(package, Path(scratch)), target)
    return target


def _from_npm(package: Package, scratch: Path) -> Path:
    program = shutil.which("npm")
    if program is None:
        raise ErmError(f"{package} needs the program npm, which is not installed.")
    command = [program, "pack", f"{package.name}@{package.version}", "--ignore-scripts"]
    command += ["--silent", "--pack-destination", str(scratch)]
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=ARCHIVE_SECONDS, check=False
        )
    except subprocess.TimeoutExpired:
        raise ErmError(f"{package}: no answer within {ARCHIVE_SECONDS} s.") from None
    archives = list(scratch.glob("*.tgz"))
    if done.returncode or len(archives) != 1:
        raise ErmError(f"{package} can't be downloaded: {_first_line(done.stderr)}.")
    return archives[0]


def _first_line(text: str) -> str:
    lines = [line.removeprefix("npm error ").strip() for line in text.splitlines()]
    said = [line for line in lines if line and not line.startswith("code ")]
    return said[0].rstrip(".") if said else "npm exited without a message"


def _from_pypi(package: Package, scratch: Path) -> Path:
    try:
        from pypi_simple import PYPI_SIMPLE_ENDPOINT, PyPISimple
        from pypi_simple.errors import (
            DigestMismatchError,
            NoDigestsError,
            NoSuchProjectError,
            UnsupportedContentTypeError,
        )
        from requests import RequestException
    except ImportError:
        raise ErmError(f"{package} needs pypi-simple: pip install 'visual-erm[sources]'.") from None
    target = scratch / package.file_name
    try:
        with PyPISimple(os.environ.get("PIP_INDEX_URL") or PYPI_SIMPLE_ENDPOINT) as client:
            page = client.get_project_page(package.name, timeout=60)
            files = [
                file
                for file in page.packages
                if file.version == package.version
                and file.package_type == package.kind
                and (package.kind == "sdist" or file.filename.endswith("-none-any.whl"))
            ]
            if not files:
                raise ErmError(f"{package}: the registry has no such {package.kind}.")
            client.download_package(files[0], target, timeout=60)
    except NoSuchProjectError:
        raise ErmError(f"{package}: the registry has no such package.") from None
    except (
        RequestException,
        DigestMismatchError,
        NoDigestsError,
        UnsupportedContentTypeError,
    ) as error:
        reason = " ".join(str(error).split()) or type(error).__name__
        raise ErmError(f"{package} can't be downloaded: {reason.rstrip('.')}.") from error
    return target


def members(archive: Path, patterns: Sequence[str]) -> Iterator[tuple[str, bytes]]:
    """The files of an archive whose path matches a pattern, in the order of their paths.

    Paths of tarballs go without their first folder, which names the package.

    Raises:
        ErmError: the archive can't be read.
    """
    try:
        found = dict(_matching(archive, patterns))
    except (OSError, EOFError, tarfile.TarError, zipfile.BadZipFile) as error:
        raise ErmError(f"{archive} can't be read ({error}); delete it and try again.") from error
    yield from sorted(found.items())


def _matching(archive: Path, patterns: Sequence[str]) -> Iterator[tuple[str, bytes]]:
    def wanted(path: str, size: int) -> bool:
        matches = any(fnmatch.fnmatchcase(path, pattern) for pattern in patterns)
        return matches and size <= _LARGEST_FILE

    if archive.suffix == ".whl":
        with zipfile.ZipFile(archive) as wheel:
            for info in wheel.infolist():
                if not info.is_dir() and wanted(info.filename, info.file_size):
                    yield info.filename, wheel.read(info)
        return
    with tarfile.open(archive, "r:gz") as tarball:
        for member in tarball:
            path = member.name.partition("/")[2]
            if member.isfile() and wanted(path, member.size):
                content = tarball.extractfile(member)
                assert content is not None
                yield path, content.read()
