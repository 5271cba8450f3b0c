"""A critic by its spec.

A spec is a folder, an MLflow URI (``models:/erm-critic@champion``), ``openai:MODEL`` for a model
behind an OpenAI-compatible endpoint, ``openai:MODEL=FOLDER`` where that model's folder says how it
is asked (`erm.models.served`), ``server:URL`` for the critic of a reward server
(`erm.critics.served`), ``reading`` (`erm.critics.reading`) or ``pixel`` (`erm.critics.pixel`). Only
the code of that kind is imported.

``exact`` names the exact annotator. It compares sources, not images, so only what knows the sources
takes it; `critic_from_spec` refuses it with a sentence.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from erm.errors import ErmError
from erm.models.location import ENDPOINT, SERVER, endpoint_model, model_folder

if TYPE_CHECKING:
    from erm.critics.base import Critic
    from erm.critics.settings import CriticEndpointSettings
    from erm.models.settings import SamplingSettings

DEFAULT_CRITIC = "models:/erm-critic@champion"
"""The critic that the pipeline promoted last."""

EXACT = "exact"
"""The exact annotator in the place of a critic."""

WITHOUT_MODEL = ("pixel", "reading", EXACT)
"""Critics that are no models, so that no grammar constrains their replies."""


def critic_from_spec(
    spec: str = DEFAULT_CRITIC,
    *,
    device: str | None = None,
    dtype: str = "float32",
    batch_size: int = 32,
    sampling: SamplingSettings | None = None,
    constrained: bool | None = None,
    endpoint: CriticEndpointSettings | None = None,
    rereads: bool = True,
) -> Critic:
    """Load the critic of a spec.

    Args:
        device, dtype, batch_size, sampling: of a local model, as in
            `erm.critics.local.LocalCritic`; other kinds ignore them.
        constrained: keeps replies within the report's grammar. The default is True for a local
            model that this project trained and False for other models and for an endpoint, whose
            server must support JSON schemas; None for a critic of `WITHOUT_MODEL`.
        endpoint: how to reach the endpoint, fields of its requests, and the model's own prompts.
        rereads: whether a local model reads again what its report quotes, where it can; a reward
            of severities need not.

    Raises:
        ErmError: there is no such folder, model or alias, it is no critic, `constrained` is given
            for a critic without a model or on a server, the packages of the extra ``ocr`` are
            missing, or the spec is ``exact``.
    """
    if spec in WITHOUT_MODEL and constrained is not None:
        raise ErmError(f"--constrained and --free are for models, not for the critic '{spec}'.")
    if spec == EXACT:
        raise ErmError(
            "The critic 'exact' compares sources, and only images are known here; name another "
            "critic."
        )
    if spec.startswith(SERVER):
        if constrained is not None:
            raise ErmError(
                f"--constrained and --free are for models, not for '{spec}', whose server decides."
            )
        from erm.critics.served import ServedCritic
        from erm.endpoints.reward_servers import RewardServers

        addresses = spec.removeprefix(SERVER).split(",")
        return ServedCritic(RewardServers(address.strip() for address in addresses))
    if spec == "pixel":
        from erm.critics.pixel import PixelCritic

        return PixelCritic()
    if spec == "reading":
        from erm.critics.reading.critic import ReadingCritic

        return ReadingCritic()
    if spec.startswith(ENDPOINT):
        from erm.critics.endpoint import EndpointCritic, published_endpoint

        model, copy = endpoint_model(spec)
        kept = constrained is True
        connection = endpoint.connection() if endpoint is not None else {}
        prompts = endpoint.prompts if endpoint is not None else None
        if copy is None:
            reached = published_endpoint(model, endpoint, **connection)
            return EndpointCritic(model, endpoint=reached, constrained=kept, prompts=prompts)
        if prompts is not None:
            raise ErmError(
                f"'{spec}' is asked with the prompts of its folder; leave out the endpoint option "
                "prompts."
            )
        from erm.endpoints.client import Endpoint
        from erm.endpoints.settings import RequestSettings
        from erm.models.served import served_model

        served = served_model(copy, "critic")
        options = (endpoint or RequestSettings()).request(served.request)
        reached = Endpoint(model, options=options, **connection)
        return EndpointCritic(model, endpoint=reached, constrained=kept, served=served)
    folder = model_folder(spec, "critic")
    from erm.critics.local import LocalCritic
    from erm.models.generation import GREEDY

    return LocalCritic(
        folder,
        device=device,
        dtype=dtype,
        batch_size=batch_size,
        sampling=sampling or GREEDY,
        constrained=constrained,
        rereads=rereads,
    )
