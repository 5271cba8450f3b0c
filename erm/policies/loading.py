"""A policy by its spec.

A spec is a folder, an MLflow URI (``models:/erm-policy@champion``), ``openai:MODEL`` for a model
behind an OpenAI-compatible endpoint, or ``openai:MODEL=FOLDER`` where that model's folder says how
it is asked (`erm.models.served`). Only the code of that kind is imported.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from erm.models.location import ENDPOINT, endpoint_model, model_folder

if TYPE_CHECKING:
    from pathlib import Path

    from erm.endpoints.settings import ConnectionSettings
    from erm.models.settings import SamplingSettings
    from erm.policies.base import Policy

DEFAULT_POLICY = "models:/erm-policy@champion"
"""The policy that the pipeline promoted last."""


def can_revise(spec: str) -> bool:
    """Whether the policy of a spec can revise its code; loads no weights.

    Raises:
        ErmError: as `policy_from_spec`.
    """
    if spec.startswith(ENDPOINT):
        _, copy = endpoint_model(spec)
        if copy is None:
            return True
        spec = copy
    from erm.models.role import read_role

    return read_role(model_folder(spec, "policy"), "policy").can_revise


def policy_from_spec(
    spec: str = DEFAULT_POLICY,
    *,
    device: str | None = None,
    dtype: str = "float32",
    batch_size: int = 64,
    sampling: SamplingSettings | None = None,
    endpoint: ConnectionSettings | None = None,
    journal: Path | None = None,
) -> Policy:
    """Load the policy of a spec.

    Arguments and errors are those of `erm.critics.loading.critic_from_spec`.

    Args:
        journal: file that keeps the answers of a model behind an endpoint
            (`erm.endpoints.client.Endpoint`); other kinds need none.
    """
    if spec.startswith(ENDPOINT):
        from erm.policies.endpoint import GREEDY_OPTIONS, EndpointPolicy, EndpointReviser

        model, copy = endpoint_model(spec)
        from erm.endpoints.client import Endpoint
        from erm.endpoints.settings import ConnectionSettings

        chosen = endpoint or ConnectionSettings()
        served = None
        if copy is not None:
            from erm.models.served import served_model

            served = served_model(copy, "policy")
        options = chosen.request(GREEDY_OPTIONS if served is None else served.request)
        reached = Endpoint(model, options=options, journal=journal, **chosen.connection())
        kind = EndpointReviser if served is None or served.role.can_revise else EndpointPolicy
        return kind(model, endpoint=reached, served=served)
    folder = model_folder(spec, "policy")
    from erm.models.generation import GREEDY
    from erm.policies.local import local_policy

    return local_policy(
        folder, device=device, dtype=dtype, batch_size=batch_size, sampling=sampling or GREEDY
    )
