"""``params.yaml``: reading, checking and composing from a profile.

Covers which settings class each section has. What a parameter means is documented beside the
function that uses it; the committed values live in ``conf/``.
"""

from __future__ import annotations

import hashlib
import importlib
import subprocess
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import ValidationError

from erm.errors import ErmError
from erm.settings import Settings

S = TypeVar("S", bound=Settings)

PARAMS = Path("params.yaml")
CONF = Path("conf")
CHECKED = Path(".erm/checked")

SETTINGS = {
    "synthesize": "erm.synthesis.settings:SynthesizeSettings",
    "validate": "erm.dataset.settings:ValidateSettings",
    "train_policy": "erm.policies.settings:TrainPolicySettings",
    "infer": "erm.synthesis.settings:InferSettings",
    "train_critic": "erm.critics.settings:TrainCriticSettings",
    "benchmark": "erm.critics.settings:BenchmarkSettings",
    "reinforce": "erm.policies.settings:ReinforceSettings",
    "evaluate": "erm.policies.settings:EvaluateSettings",
    "promote": "erm.registry.settings:PromoteSettings",
}
"""Stages in the order in which they run, and the settings class of each one's section."""


@dataclass(frozen=True)
class Params:
    """The profile that ``params.yaml`` was composed from, and the settings of some stages."""

    profile: str
    sections: Mapping[str, Settings]

    def of(self, stage: str, kind: type[S]) -> S:
        """Settings of one stage, typed."""
        section = self.sections[stage]
        assert isinstance(section, kind)
        return section


def read_params(stages: Iterable[str] = tuple(SETTINGS), path: Path = PARAMS) -> Params:
    """Reads the sections of `stages`; looks into no other, but knows their names.

    Raises `ErmError` where the file is missing or unreadable, and for unknown, missing or ill-typed
    parameters, unknown sections and an unknown profile.
    """
    content = _load(path)
    profile = content.get("profile")
    if profile not in profiles():
        raise ErmError(f"{path}: {_unknown_profile(profile)}")
    complaints = [
        f"unknown section '{name}'" for name in content if name not in {"profile", *SETTINGS}
    ]
    sections = {}
    for stage in stages:
        if stage not in content:
            complaints.append(f"section '{stage}' is missing")
            continue
        module, _, name = SETTINGS[stage].partition(":")
        kind: type[Settings] = getattr(importlib.import_module(module), name)
        try:
            sections[stage] = kind.model_validate(content[stage])
        except ValidationError as error:
            complaints += _complaints(stage, error)
    if complaints:
        raise ErmError(f"{path}: {'; '.join(complaints)}.")
    return Params(str(profile), sections)


def _load(path: Path) -> dict[str, Any]:
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise ErmError(f"{path} can't be read: {error}.") from error
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else "?"
        raise ErmError(f"{path} is not YAML: line {line}: {error.problem}.") from error
    except yaml.YAMLError as error:
        raise ErmError(f"{path} is not YAML: {' '.join(str(error).split())}.") from error
    if not isinstance(content, dict):
        raise ErmError(f"{path} must hold one section a stage, not {type(content).__name__}.")
    return {str(name): section for name, section in content.items()}


def _complaints(stage: str, error: ValidationError) -> list[str]:
    """Each complaint in words, such as ``unknown parameter 'synthesize.pears'``."""
    complaints = []
    for detail in error.errors():
        name = ".".join([stage, *(str(part) for part in detail["loc"])])
        if detail["type"] == "extra_forbidden":
            complaints.append(f"unknown parameter '{name}'")
        elif detail["type"] == "missing":
            complaints.append(f"parameter '{name}' is missing")
        else:
            message = detail["msg"][0].lower() + detail["msg"][1:]
            complaints.append(f"'{name}' is {detail['input']!r}, but {message}")
    return complaints


def check_params() -> None:
    """Checks all sections, once for each state of the file and of the code that reads it.

    The other stages' settings come with heavy imports, which a stage must not carry: another
    process does the check and leaves a stamp. Raises `ErmError` as `read_params`.
    """
    if _is_checked():
        return
    check = subprocess.run(
        [sys.executable, "-m", "flows.params"], stderr=subprocess.PIPE, text=True, check=False
    )
    if check.returncode:
        raise ErmError(check.stderr.strip().removeprefix("erm: "))


def _is_checked() -> bool:
    return CHECKED.exists() and CHECKED.read_text() == _state()


def _state() -> str:
    digest = hashlib.sha256()
    for path in [PARAMS, *sorted(CONF.rglob("*.yaml")), *sorted(Path("erm").rglob("*.py"))]:
        digest.update(str(path).encode())
        digest.update(path.read_bytes() if path.is_file() else b"")
    return digest.hexdigest()


def profiles(conf: Path = CONF) -> list[str]:
    """Names of the profiles in ``conf/profile``."""
    return sorted(path.stem for path in (conf / "profile").glob("*.yaml"))


def _unknown_profile(profile: object) -> str:
    return f"unknown profile '{profile}'; known profiles: {', '.join(profiles())}."


def compose(profile: str | None = None, conf: Path = CONF) -> str:
    """Text of ``params.yaml`` for a profile, as ``dvc exp run -S profile=…`` writes it.

    Raises `ErmError` for an unknown profile.
    """
    if profile is not None and profile not in profiles(conf):
        raise ErmError(_unknown_profile(profile).capitalize())
    from hydra import compose as compose_config
    from hydra import initialize_config_dir
    from omegaconf import OmegaConf

    with initialize_config_dir(str(conf.resolve()), version_base=None):
        config = compose_config("config", [f"profile={profile}"] if profile else [])
    OmegaConf.resolve(config)
    return str(OmegaConf.to_yaml(config))


def main() -> None:
    """``python -m flows.params``: checks ``params.yaml`` and says what is wrong with it."""
    if _is_checked():
        return
    try:
        read_params()
    except ErmError as error:
        sys.stderr.write(f"erm: {error}\n")
        raise SystemExit(2) from None
    CHECKED.parent.mkdir(exist_ok=True)
    CHECKED.write_text(_state())


if __name__ == "__main__":
    main()
