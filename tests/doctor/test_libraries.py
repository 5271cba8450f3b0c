"""Installed libraries against ranges and pinned versions."""

from __future__ import annotations

from importlib.metadata import version
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from erm.doctor.libraries import _problem, look_at_libraries

ROOT = Path(__file__).parents[2]


def test_what_the_tests_run_with_is_complete() -> None:
    found = {finding.check: finding for finding in look_at_libraries(ROOT)}
    assert {found[name].status for name in ("Python", "libraries", "extras")} == {"ok"}
    assert "tested versions" in found


@pytest.mark.parametrize(
    ("wanted", "problem"),
    [
        ("numpy>=1", None),
        ("numpy>=99", f"numpy {version('numpy')} is installed, not >=99"),
        ("no-such-library>=1", "no-such-library is not installed"),
    ],
)
def test_a_library_outside_its_range_is_named(wanted: str, problem: str | None) -> None:
    assert _problem(Requirement(wanted)) == problem


def test_versions_that_nobody_tested_are_a_warning(tmp_path: Path) -> None:
    pins = "# tested\nnumpy==0.1  # old\npillow==0.2\nno-such-library==1.0\n"
    (tmp_path / "constraints.txt").write_text(pins)
    finding = look_at_libraries(tmp_path)[-1]
    assert (finding.check, finding.status) == ("tested versions", "warning")
    assert finding.what.startswith(f"2 differ from constraints.txt: numpy {version('numpy')}, not")
    assert finding.mend is not None
    assert "constraints.txt" in finding.mend


def test_without_a_checkout_no_version_is_the_tested_one(tmp_path: Path) -> None:
    assert [one.check for one in look_at_libraries(tmp_path)] == ["Python", "libraries", "extras"]
