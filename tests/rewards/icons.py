"""Icons, completions that draw them, and a critic that answers as it is asked to."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence

from erm.critics.base import Critic, Critique, ImagePair, read_reply
from erm.endpoints.errors import EndpointError

ICON = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 40 40">'
    '<circle cx="20" cy="20" r="9" fill="{}"/></svg>'
)
RED, BLUE, GREEN, WHITE = (ICON.format(colour) for colour in ("red", "blue", "green", "white"))


def fenced(source: str) -> str:
    """A completion that holds a source."""
    return f"```svg\n{source}\n```"


class Replying(Critic):
    """Replies to each pair with what a function makes of it: text, or an error."""

    name = "replying"
    batch_size = 2

    def __init__(self, reply: Callable[[ImagePair], str | EndpointError]) -> None:
        self.reply = reply
        self.pairs: list[ImagePair] = []
        self.begun = threading.Event()

    def critique(self, pairs: Sequence[ImagePair], *, progress: bool = False) -> list[Critique]:
        answers = self.critique_each(pairs)
        return [answer for answer in answers if isinstance(answer, Critique)]

    def critique_each(self, pairs: Sequence[ImagePair]) -> list[Critique | EndpointError]:
        self.begun.set()
        self.pairs += pairs
        replies = [(pair, self.reply(pair)) for pair in pairs]
        return [
            reply if isinstance(reply, EndpointError) else read_reply(pair.task, reply)
            for pair, reply in replies
        ]


def style_errors(*severities: int) -> str:
    """A reply with errors of style."""
    errors = [f'{{"category": "style_error", "severity": {each}}}' for each in severities]
    return f'{{"errors": [{", ".join(errors)}]}}'
