"""``params.yaml``: reading and checking.

What a parameter means is documented at its settings class; the committed values live in ``conf/``,
from which DVC composes the file.
"""

import dataclasses
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, get_type_hints

import yaml
from pydantic import ConfigDict, TypeAdapter, ValidationError
from pydantic.dataclasses import dataclass

from erm.critics.settings import BenchmarkSettings, TrainCriticSettings
from erm.dataset.settings import ValidateSettings
from erm.errors import ErmError, reason_of
from erm.policies.settings import EvaluateSettings, ReinforceSettings, TrainPolicySettings
from erm.registry.settings import PromoteSettings
from erm.settings import Cluster, share_cluster
from erm.synthesis.settings import InferSettings, SynthesizeSettings
from erm.tasks.settings import DrawingSettings, share_drawing

PARAMS = Path("params.yaml")
PROFILES = Path("conf/profile")


@dataclass(frozen=True, config=ConfigDict(extra="forbid"))
class Params:
    """A section a stage, in the order in which the stages run.

    Attributes:
        profile: what the file was composed from.
        cluster: where the stages that can be shared out run; each of them has it as ``cluster``.
        render: how sources are drawn in all stages, each of which has it as ``drawing``.
    """

    profile: str
    cluster: Cluster
    render: DrawingSettings
    synthesize: SynthesizeSettings
    validate: ValidateSettings
    train_policy: TrainPolicySettings
    infer: InferSettings
    train_critic: TrainCriticSettings
    benchmark: BenchmarkSettings
    reinforce: ReinforceSettings
    evaluate: EvaluateSettings
    promote: PromoteSettings


STAGES = tuple(field.name for field in dataclasses.fields(Params))[3:]


def read_params(path: Path = PARAMS) -> Params:
    """Reads and checks the whole file.

    Raises `ErmError` where the file is missing or unreadable, and for unknown, missing or ill-typed
    parameters, unknown sections and an unknown profile.
    """
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise ErmError(f"{path} can't be read: {' '.join(str(error).split())}.") from error
    if not isinstance(content, dict):
        raise ErmError(f"{path} must hold one section a stage, not {type(content).__name__}.")
    try:
        return _checked(content)
    except ErmError as error:
        raise ErmError(f"{path}: {error}") from error


def compose_params(changes: Sequence[str]) -> Params:
    """The parameters of ``conf`` with changes such as ``reinforce.steps=60``, as DVC composes them.

    Raises `ErmError` for what Hydra can't apply, and for the same parameters as `read_params`.
    """
    from hydra import compose, initialize_config_dir
    from omegaconf import OmegaConf

    try:
        with initialize_config_dir(str(PROFILES.parent.resolve()), version_base=None):
            composed = OmegaConf.to_object(compose("config", overrides=list(changes)))
    except Exception as error:  # Hydra's own errors have no common class
        raise ErmError(" ".join(str(error).split())) from error
    return _checked(composed)


def check_run(
    profile: str | None = None, stages: Sequence[str] = (), changes: Sequence[str] = ()
) -> None:
    """Raises `ErmError` where a pipeline can't run so; without an experiment `PARAMS` counts."""
    if unknown := [stage for stage in stages if stage not in STAGES]:
        raise ErmError(f"unknown stage '{unknown[0]}'; stages: {', '.join(STAGES)}.")
    if profile is not None:
        check_profile(profile)
        changes = [f"profile={profile}", *changes]
    if changes:
        compose_params(changes)
    else:
        read_params()


def _checked(content: Any) -> Params:
    try:
        TypeAdapter(Params).validate_python(content)
        shared = share_drawing(content, get_type_hints(Params))
        shared = share_cluster(shared, get_type_hints(Params))
        params = TypeAdapter(Params).validate_python(shared)
    except ValidationError as error:
        complaints = "; ".join(_complaint(detail) for detail in error.errors())
        raise ErmError(f"{complaints}.") from error
    check_profile(params.profile)
    return params


def _complaint(detail: Any) -> str:
    """A complaint in words, such as ``unknown parameter 'synthesize.pears'``."""
    name = ".".join(str(part) for part in detail["loc"])
    kind = "parameter" if len(detail["loc"]) > 1 else "section"
    if detail["type"] in ("extra_forbidden", "unexpected_keyword_argument"):
        return f"unknown {kind} '{name}'"
    if detail["type"] in ("missing", "missing_argument"):
        return f"{kind} '{name}' is missing"
    reason = reason_of(detail)
    if isinstance(detail["input"], Mapping):  # a section of many lines
        return f"'{name}': {reason}"
    return f"'{name}' is {detail['input']!r}, but {reason[0].lower()}{reason[1:]}"


def profiles() -> list[str]:
    """Names of the profiles in ``conf/profile``."""
    return sorted(path.stem for path in PROFILES.glob("*.yaml"))


def check_profile(profile: str) -> None:
    """Raises `ErmError` for a profile that ``conf/profile`` does not hold."""
    if profile not in (known := profiles()):
        raise ErmError(f"unknown profile '{profile}'; known profiles: {', '.join(known)}.")
