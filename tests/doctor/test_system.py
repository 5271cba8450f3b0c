"""What the operating system provides, and that the set-up asks for the same."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from erm.doctor import system
from erm.doctor.system import COMPILERS, LIBRARIES, look_at_system
from erm.errors import ErmError
from erm.render import Renderer, sandbox

ROOT = Path(__file__).parents[2]


def test_the_doctor_and_the_set_up_ask_for_the_same() -> None:
    setup = (ROOT / ".ci" / "setup").read_text()
    asked = dict(re.findall(r'^library (\S+) "[^"]+" (\S+)$', setup, re.MULTILINE))
    assert asked == {file: package for file, package, _ in LIBRARIES.values()}
    assert f"command -v {' '.join(COMPILERS)} " in setup
    packages = (ROOT / ".ci" / "packages").read_text()
    named = {package for _, package, _ in LIBRARIES.values()} | {"g++", "git", "python3-dev"}
    assert all(f" {package}" in packages for package in named)


def test_what_drawing_needs_is_there_where_the_tests_draw() -> None:
    found = {finding.check: finding.status for finding in look_at_system()}
    assert {found[name] for name in LIBRARIES} == {"ok"}
    assert found["isolation"] in ("ok", "warning")


def test_a_library_that_is_missing_is_named_with_its_package(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(LIBRARIES, "cairo", ("libgone.so.9", "libgone9", "draws SVG"))
    finding = next(one for one in system._libraries() if one.check == "cairo")
    assert str(finding) == (
        "missing  cairo: libgone.so.9, which draws SVG, can't be loaded; "
        "`apt-get install libgone9` as root"
    )


def test_programs_that_are_missing_are_named_with_their_package(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    compiler, git = system._compiler(), system._git()
    assert (compiler.status, git.status) == ("missing", "missing")
    assert "apt-get install g++" in str(compiler)
    assert "apt-get install git" in str(git)


def test_each_protection_that_is_missing_is_a_warning_with_a_remedy(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    lacking = [sandbox.NAMESPACES, sandbox.FILTER, sandbox.FILES, f"{sandbox.USER} (a reason)"]
    monkeypatch.setattr(Renderer, "missing", lambda _: lacking)
    findings = list(system._isolation())
    assert {finding.status for finding in findings} == {"warning"}
    assert [finding.what.partition(": ")[2] for finding in findings] == lacking
    assert all(finding.mend for finding in findings)


def test_no_worker_that_draws_is_a_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_: Renderer) -> list[str]:
        raise ErmError("it ended.")

    monkeypatch.setattr(Renderer, "missing", refuse)
    (finding,) = system._isolation()
    assert finding.status == "missing"
    assert "it ended" in finding.what
