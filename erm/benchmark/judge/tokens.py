"""An error's sentence as tokens: quoted texts, numbers, words, and stops.

Covers the characters and fixed phrases of a sentence. Not covered: what the tokens mean, as a place
(`erm.benchmark.judge.places`) or as values (`erm.benchmark.judge.values`).
"""

from __future__ import annotations

import re
from typing import Literal, NamedTuple

from erm.benchmark.judge import lexicon
from erm.tasks.shared.colours import colour_name


class Token(NamedTuple):
    """A piece of a sentence in lower case; `number` is 0 where it is none."""

    form: Literal["quote", "number", "word", "stop"]
    text: str
    number: float = 0.0


_QUOTED = re.compile(
    r"(?<![\w'])'([^'\n]{1,120})'(?!\w)|\"([^\"\n]{1,120})\"|‘([^’\n]{1,120})’|“([^”\n]{1,120})”"
    r"|`([^`\n]{1,120})`"
)
_TOKEN = re.compile(
    r"\x01(?P<quote>\d+)\x01"
    r"|(?P<hex>#[0-9a-f]{6}\b)"
    r"|(?P<ordinal>\d+)(?:st|nd|rd|th)\b"
    r"|(?P<number>(?<![\w.])[-+−]?[$€£]?(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?(?:e[-+]?\d+)?)(?:\s?%|\b)(?!\w)"
    r"|(?P<arrow>->|→|⇒|=>)"
    r"|(?P<cell>\br\d{1,4}[,/]?c\d{1,4}\b)"
    r"|(?P<word>[^\W_][\w]*(?:['’][a-z]+)?)"
    r"|(?P<stop>[.,;:!?\n])"
)
_WORD = re.compile(r"[a-z']+")
_TRIGGERED: dict[str, list[int]] = {}
"""Word → places of the phrases in `lexicon.PHRASES` that may stand where the word does."""
for _place, _phrase in enumerate(lexicon.PHRASES):
    for _trigger in sorted(_phrase[0]):
        _TRIGGERED.setdefault(_trigger, []).append(_place)


def tokenize(text: str) -> list[Token]:
    """The tokens of a location or a description, fixed phrases replaced by one word each."""
    quotes: list[str] = []

    def keep(match: re.Match[str]) -> str:
        quotes.append(next(group for group in match.groups() if group is not None))
        return f" \x01{len(quotes) - 1}\x01 "

    plain = _QUOTED.sub(keep, text.replace("\x01", " ")).lower()
    triggered = {place for word in _WORD.findall(plain) for place in _TRIGGERED.get(word, ())}
    for place in sorted(triggered):
        _, pattern, replacement = lexicon.PHRASES[place]
        plain = pattern.sub(replacement, plain)
    tokens = []
    for match in _TOKEN.finditer(plain):
        form, found = match.lastgroup, match.group(match.lastgroup or 0)
        if form == "word":
            tokens.append(Token("word", found[:-2] if found[-2:] in ("'s", "’s") else found))
        elif form == "quote":
            tokens.append(Token("quote", " ".join(quotes[int(found)].lower().split())))
        elif form == "number":
            tokens.append(Token("number", found, _number(found)))
        elif form == "hex":
            tokens.append(Token("word", _basic_colour(found)))
        elif form == "ordinal":
            tokens.append(Token("word", f"#{int(found[:6])}"))
        elif form == "arrow":
            tokens.append(Token("word", "->"))
        elif form == "cell":
            row, column = re.findall(r"\d+", found)
            tokens += [Token("word", "row"), Token("number", row, float(row))]
            tokens += [Token("word", "column"), Token("number", column, float(column))]
        else:
            tokens.append(Token("stop", found))
    return tokens


def _number(text: str) -> float:
    return float(re.sub(r"[,$€£+]", "", text).replace("−", "-"))


def _basic_colour(code: str) -> str:
    """The basic word for ``#rrggbb``: ``blue`` for a dark blue."""
    return colour_name(code).split()[-1]
