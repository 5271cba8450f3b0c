"""How much data a program holds in its own text, for the refusal of pictures pasted as data.

Covers literals of every type, the names that stand for values, and containers that stand for bits.
Not covered: what the program does with them (`erm.tasks.chart.draw`), and data that it computes.
"""

from __future__ import annotations

import ast
import re
import sys
from typing import NamedTuple

from matplotlib.artist import Artist
from matplotlib.collections import PolyQuadMesh, QuadMesh, TriMesh
from matplotlib.image import _ImageBase

OPAQUE_LITERAL = 1024
"""Characters of a literal or a name without white space from which on it counts as embedded."""

EMBEDDED_NUMBERS = 4096
"""Numbers written out in a program above which an image it shows counts as embedded."""

EMBEDDED_NAMES = 4096
"""Uses of names, and of signs and containers, above which an image it shows counts as embedded."""

_BITS = 32
"""Bits of an integer that are worth a number."""

_CHARACTERS = 4
"""Bytes of a text that are worth a number."""

_DIGITS = re.compile(r"\d+")
_CONTAINERS = (ast.List, ast.Tuple, ast.Set, ast.Dict, ast.JoinedStr)


class Embedded(NamedTuple):
    """What a program's text holds.

    Attributes:
        opaque: a literal or a name is so long that it is data and no word.
        numbers: numbers written out, in text too; long ones and text count by their length.
        names: uses of names, signs and containers, each of which can stand for a value.
    """

    opaque: bool
    numbers: int
    names: int

    @property
    def excessive(self) -> bool:
        """Whether there is more than a heat map that somebody wrote out needs."""
        return self.numbers > EMBEDDED_NUMBERS or self.names > EMBEDDED_NAMES


def find_embedded(tree: ast.Module) -> Embedded:
    """What a parsed program holds."""
    opaque, numbers, names = False, 0, 0
    identifiers: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant):
            size, hidden = _size_of(node.value)
            numbers += size
            opaque = opaque or hidden
        elif isinstance(node, ast.UnaryOp):
            # the sign of a negative number is part of it
            names += not isinstance(node.operand, ast.Constant)
        elif isinstance(node, (ast.Name, ast.Attribute, *_CONTAINERS)):
            names += 1
        identifiers.update(_identifiers(node))
    longest = max(map(len, identifiers), default=0)
    numbers += sum(map(len, identifiers)) // (2 * _CHARACTERS)
    return Embedded(opaque or longest >= OPAQUE_LITERAL, numbers, names)


def paints_data(artist: Artist) -> bool:
    """Whether an artist shows an array of values as cells or pixels."""
    kinds = (_ImageBase, QuadMesh, PolyQuadMesh, TriMesh)
    return isinstance(artist, kinds) or artist.get_agg_filter() is not None


def _size_of(value: object) -> tuple[int, bool]:
    """How many numbers a literal is worth, and whether it is opaque."""
    if isinstance(value, str | bytes):
        text = value if isinstance(value, str) else value.decode("latin-1")
        longest = max(map(len, re.split(r"[ \t\r\n]", text)))
        length = len(text.encode("utf-8", "surrogatepass"))
        return max(len(_DIGITS.findall(text)), length // _CHARACTERS), longest >= OPAQUE_LITERAL
    if isinstance(value, int):
        bits = value.bit_length()
        # beyond the largest float it is no quantity, but bytes
        return 1 + bits // _BITS, bits > sys.float_info.max_exp
    return 1, False


def _identifiers(node: ast.AST) -> list[str]:
    """Names that a node gives or uses, keyword arguments and attributes included."""
    fields = ("id", "attr", "arg", "name", "asname", "module")
    values = (getattr(node, field, None) for field in fields)
    return [value for value in values if isinstance(value, str)]
