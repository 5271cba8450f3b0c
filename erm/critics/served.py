"""A critic on reward servers (``erm serve``): ``server:URL``, several with commas in between."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from PIL import Image

from erm.critics.base import Critic, Critique, ImagePair, read_reply
from erm.endpoints.reward_servers import RewardServers
from erm.errors import ErmError
from erm.images import encode_png, open_image

PATH = "/v1/critique"

_CHUNK = 16
"""Pairs in a request; several requests are under way at once."""


class ServedCritic(Critic):
    """Asks the critic of other machines, or of another process.

    The servers ask their critic again where a reply holds no report, so this one doesn't.
    """

    def __init__(self, servers: RewardServers) -> None:
        self.name = f"server:{','.join(servers.addresses)}"
        self._servers = servers

    def critique(self, pairs: Sequence[ImagePair], *, progress: bool = False) -> list[Critique]:
        """Critiques in order.

        Raises:
            ErmError: an image can't be read, a server refuses a pair, or none answers.
        """
        items = [
            {
                "task": pair.task,
                "reference": in_base64(pair.reference, f"Pair {number}, reference"),
                "candidate": in_base64(pair.candidate, f"Pair {number}, candidate"),
            }
            for number, pair in enumerate(pairs, start=1)
        ]
        bodies = [
            {"items": items[start : start + _CHUNK]} for start in range(0, len(items), _CHUNK)
        ]
        answers = self._servers.post(PATH, bodies)
        results = [result for answer in answers for result in answer["results"]]
        return [_critique(pair.task, each) for pair, each in zip(pairs, results, strict=True)]


def in_base64(image: bytes | str | Path | Image.Image, name: str) -> str:
    """An image for a request; files and bytes are sent as they are, once they can be read.

    Raises:
        ErmError: it can't be read.
    """
    opened = open_image(image, name)
    if isinstance(image, Image.Image):
        content = encode_png(opened)
    else:
        content = image if isinstance(image, bytes) else Path(image).read_bytes()
    return base64.b64encode(content).decode()


def _critique(task: str, result: dict[str, Any]) -> Critique:
    error = result.get("error")
    if error:
        raise ErmError(str(error["message"]))
    return replace(read_reply(task, result["reply"]), expected_severity=result["expected"])
