"""Path data as a list of commands that edits can change without disturbing the rest.

Own code where svgpathtools exists, because that one drops ``Z`` (and with it the joins of a
closed stroke) and rewrites every number. Not covered: the shape of curves (`outline`).
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_COUNTS = {"M": 2, "L": 2, "T": 2, "H": 1, "V": 1, "S": 4, "Q": 4, "C": 6, "A": 7, "Z": 0}
_NUMBER = re.compile(r"\s*,?\s*([+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)")
_FLAG = re.compile(r"\s*,?\s*([01])")
_LETTER = re.compile(r"\s*([MmLlTtHhVvSsQqCcAaZz])")


@dataclass(frozen=True)
class Command:
    """One path command with one set of parameters; a lower-case letter is relative."""

    letter: str
    values: tuple[float, ...]


def parse(data: str) -> list[Command] | None:
    """Commands of path data, repeated ones written out; None where it is malformed."""
    commands, complete = _parse(data)
    return commands if complete and commands and commands[0].letter in "Mm" else None


def parse_prefix(data: str) -> list[Command] | None:
    """Commands before the first error, which is what renderers draw; None where there are none."""
    commands, _ = _parse(data)
    return commands if commands and commands[0].letter in "Mm" else None


def _parse(data: str) -> tuple[list[Command], bool]:
    """Commands before the first error, and whether there is none."""
    commands: list[Command] = []
    position, letter = 0, ""
    data = data.rstrip(" \t\r\n,")
    while position < len(data):
        found = _LETTER.match(data, position)
        if found:
            letter, position = found.group(1), found.end()
        elif not letter or letter in "Zz":
            return commands, False
        elif letter in "Mm":
            letter = "L" if letter == "M" else "l"
        values = []
        for index in range(_COUNTS[letter.upper()]):
            pattern = _FLAG if letter in "Aa" and index in (3, 4) else _NUMBER
            number = pattern.match(data, position)
            if number is None:
                return commands, False
            values.append(float(number.group(1)))
            position = number.end()
        commands.append(Command(letter, tuple(values)))
    return commands, True


def text_of(commands: list[Command]) -> str:
    """Path data of commands, numbers with at most four decimals."""
    return "".join(
        command.letter + " ".join(_plain(value) for value in command.values) for command in commands
    )


def _plain(value: float) -> str:
    text = f"{value:.4f}".rstrip("0").rstrip(".")
    return "0" if text in ("-0", "") else text


def absolute(commands: list[Command]) -> list[Command]:
    """The same path with absolute commands, ``H`` and ``V`` as ``L``."""
    result = []
    x = y = start_x = start_y = 0.0
    for command in commands:
        kind, values = command.letter.upper(), list(command.values)
        relative = command.letter.islower()
        if kind == "Z":
            x, y = start_x, start_y
            result.append(Command("Z", ()))
            continue
        if kind == "H":
            kind, values = "L", [values[0] + (x if relative else 0), y]
        elif kind == "V":
            kind, values = "L", [x, values[0] + (y if relative else 0)]
        elif relative:
            first = 5 if kind == "A" else 0
            for index in range(first, len(values), 2):
                values[index] += x
                values[index + 1] += y
        x, y = values[-2:]
        if kind == "M":
            start_x, start_y = x, y
        result.append(Command(kind, tuple(values)))
    return result


def nodes(commands: list[Command]) -> list[tuple[float, float]]:
    """End points and control points of absolute commands."""
    points: list[tuple[float, float]] = []
    for command in commands:
        first = 5 if command.letter == "A" else 0
        points += zip(command.values[first::2], command.values[first + 1 :: 2], strict=True)
    return points


def translated(commands: list[Command], dx: float, dy: float) -> list[Command]:
    """Absolute commands moved by (dx, dy)."""
    result = []
    for command in commands:
        first = 5 if command.letter == "A" else 0
        steps = [0.0] * first + [dx, dy] * ((len(command.values) - first) // 2)
        values = tuple(value + step for value, step in zip(command.values, steps, strict=True))
        result.append(Command(command.letter, values))
    return result


def with_node_moved(commands: list[Command], index: int, dx: float, dy: float) -> list[Command]:
    """Absolute commands with the end point of one command moved by (dx, dy)."""
    command = commands[index]
    values = (*command.values[:-2], command.values[-2] + dx, command.values[-1] + dy)
    return [*commands[:index], Command(command.letter, values), *commands[index + 1 :]]
