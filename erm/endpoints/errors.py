"""How a question to an endpoint fails."""

from __future__ import annotations

from typing import Literal

from erm.errors import ErmError

EndpointFailure = Literal["late", "unreachable", "refused"]
"""``late``: no whole reply in time; ``unreachable``: no server answers, or only with its own
errors; ``refused``: a server refuses the request, or the token budget is spent."""


class EndpointError(ErmError):
    """A question without an answer.

    Attributes:
        kind: see `EndpointFailure`.
        common: whether other questions fail as well, so that asking them is of no use.
        garbled: whether the server did answer, with something that is no completion.
    """

    def __init__(
        self,
        message: str,
        kind: EndpointFailure,
        *,
        common: bool = False,
        garbled: bool = False,
    ) -> None:
        super().__init__(message)
        self.kind = kind
        self.common = common
        self.garbled = garbled
