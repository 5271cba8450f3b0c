"""The command ``doctor``."""

from __future__ import annotations

from pathlib import Path

from erm.cli.console import JsonOption, print_json, working
from erm.errors import ErmError


def doctor(as_json: JsonOption = False) -> None:
    """What this machine has and lacks: a line each, with the command that mends it.

    Looks at Python and libraries, system libraries, the isolation of code that is drawn, GPUs,
    memory, disk, servers that variables name, ports, credentials (only whether they are set), Git,
    DVC and the registry. The status is 1 if something required is missing.
    """
    with working():
        from erm.doctor.checkout import look_at_checkout
        from erm.doctor.libraries import look_at_libraries
        from erm.doctor.machine import look_at_machine
        from erm.doctor.services import look_at_services
        from erm.doctor.system import look_at_system

        here = Path.cwd()
        findings = [
            *look_at_libraries(here),
            *look_at_system(),
            *look_at_machine(here),
            *look_at_services(),
            *look_at_checkout(here),
        ]
    if as_json:
        print_json([vars(finding) for finding in findings])
    else:
        for finding in findings:
            print(finding)
    missing = [finding.check for finding in findings if finding.status == "missing"]
    if missing:
        raise ErmError(f"required and missing: {', '.join(missing)}.")
