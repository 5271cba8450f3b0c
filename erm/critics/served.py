"""A critic on reward servers (``erm serve``): ``server:URL``, several with commas in between."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from PIL import Image

from erm.critics.base import Critic, Critique, ImagePair, read_reply
from erm.endpoints.errors import EndpointError
from erm.endpoints.reward_servers import RewardServers, spans
from erm.errors import masked
from erm.images import encode_png, image_size, open_image, read_image

PATH = "/v1/critique"


class ServedCritic(Critic):
    """Asks the critic of other machines, or of another process.

    The servers ask their critic again where a reply holds no report, so this one doesn't.
    """

    batch_size = 16
    parallel = 4

    def __init__(self, servers: RewardServers) -> None:
        self.name = masked(f"server:{','.join(servers.addresses)}")
        self._servers = servers

    def critique(self, pairs: Sequence[ImagePair], *, progress: bool = False) -> list[Critique]:
        """Critiques in order.

        Raises:
            ErmError: an image can't be read, a server refuses a pair, or none answers.
        """
        answers = self.critique_each(pairs)
        for answer in answers:
            if isinstance(answer, EndpointError):
                raise answer
        return [answer for answer in answers if isinstance(answer, Critique)]

    def critique_each(self, pairs: Sequence[ImagePair]) -> list[Critique | EndpointError]:
        """As `critique`; a pair that a server refuses, or that gets no answer, has its error.

        Raises:
            ErmError: an image can't be read.
        """
        items = [
            {
                "task": pair.task,
                "reference": in_base64(pair.reference, f"Pair {number}, reference"),
                "candidate": in_base64(pair.candidate, f"Pair {number}, candidate"),
            }
            for number, pair in enumerate(pairs, start=1)
        ]
        requests = spans(items, self.batch_size)
        bodies = [{"items": [items[index] for index in span]} for span in requests]
        found: list[Critique | EndpointError] = []
        for span, answer in zip(requests, self._servers.post_each(PATH, bodies), strict=True):
            if isinstance(answer, EndpointError):
                found += [answer] * len(span)
                continue
            for index, result in zip(span, answer["results"], strict=True):
                found.append(_critique(pairs[index].task, result))
        return found


def in_base64(image: bytes | str | Path | Image.Image, name: str) -> str:
    """An image for a request; files and bytes are checked without decoding, and sent as they are.

    Raises:
        ErmError: it can't be read.
    """
    if isinstance(image, Image.Image):
        content = encode_png(open_image(image, name))
    else:
        content = image if isinstance(image, bytes) else read_image(image, name)
        image_size(content, name)
    return base64.b64encode(content).decode()


def _critique(task: str, result: dict[str, Any]) -> Critique | EndpointError:
    error = result.get("error")
    if error:
        return EndpointError(str(error["message"]), "refused")
    return replace(read_reply(task, result["reply"]), expected_severity=result["expected"])
