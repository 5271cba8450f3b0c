"""Finds a task's source in a policy's completion.

One rule for all tasks: the last complete answer after the thinking. An answer is a fenced block in
one of the task's languages, else an element that stands in the text without a fence.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from dataclasses import dataclass, field

# Qwen, DeepSeek and others; Seed; Magistral; Kimi-VL.
_THINKING = re.compile(
    r"(?P<start>(?i:<(?:seed:)?think(?:ing)?>)|\[THINK\]|◁think▷)"
    r"|(?i:</(?:seed:)?think(?:ing)?>)|\[/THINK\]|◁/think▷"
)
"""A tag before or after a thought."""

_OPENING = re.compile(
    r"(?P<before>.*?)(?P<fence>`{3,}|~{3,})[ \t]*\{?[ \t]*\.?(?P<language>[\w+#.-]*)[^`]*"
)
_MOST_INDENT = 3
"""Spaces by which a closing fence may be indented further than its opening one (CommonMark)."""


def without_thinking(completion: str) -> str:
    """A completion without its thoughts.

    Drops ``<think>…</think>`` blocks, all that stands before an end tag without a start (chat
    templates put the start into the prompt), and all that follows a start without an end. Other
    models' tags are ``<thinking>``, ``<seed:think>``, ``[THINK]`` and ``◁think▷``.
    """
    kept: list[str] = []
    begin, thinking = 0, False
    for tag in _THINKING.finditer(completion):
        if tag["start"]:
            if not thinking:
                kept.append(completion[begin : tag.start()])
            thinking = True
        else:
            if not thinking:
                kept.clear()
            begin, thinking = tag.end(), False
    if not thinking:
        kept.append(completion[begin:])
    return "".join(kept)


def find_source(
    completion: str,
    languages: Collection[str],
    find_bare: Callable[[str], str | None] | None = None,
) -> str | None:
    """The last complete source in a completion; None where it holds none.

    Args:
        completion: a policy's whole answer, thoughts included.
        languages: names of a fenced block's language, lower case. ``python3``, ``{python}`` and
            ``Python`` count as ``python``.
        find_bare: finds a source that stands in the text without a fence. Asked only where no
            block of these languages exists.

    A block that the completion's end cuts off counts where no complete block exists.
    """
    text = re.sub(r"\r\n?", "\n", without_thinking(completion))
    blocks = [block for block in _blocks(text, languages) if block.text.strip()]
    if blocks:
        complete = [block for block in blocks if block.complete]
        return (complete or blocks)[-1].text
    return find_bare(text) if find_bare is not None else None


def is_one_block(completion: str, languages: Collection[str]) -> bool:
    """Whether an answer, less its thoughts, holds exactly one block in these languages, closed."""
    text = re.sub(r"\r\n?", "\n", without_thinking(completion))
    blocks = _blocks(text, languages)
    return len(blocks) == 1 and blocks[0].complete and bool(blocks[0].text.strip())


def last_element(text: str, tag: str) -> str | None:
    """The last outermost complete element of a tag, such as ``<svg …>…</svg>`` or ``<svg …/>``."""
    found, depth, start = None, 0, 0
    for match in re.finditer(rf"<(/?){tag}\b(?:[^<>]*?(/?)>)?", text, re.IGNORECASE):
        end = text.find(">", match.start()) + 1
        if match[1]:
            if depth == 1 and end:
                found = text[start:end]
            depth = max(depth - 1, 0)
            continue
        if depth == 0:
            start = match.start()
        if not match[2]:
            depth += 1
        elif depth == 0:
            found = text[start:end]
    return found


@dataclass
class _Block:
    """A fenced block: its language, its lines, and whether its closing fence is there."""

    language: str
    fence: str
    indent: int
    lines: list[str] = field(default_factory=list)
    complete: bool = False

    @property
    def text(self) -> str:
        """The block's content, less the indentation of its opening fence."""
        return "".join(f"{line[self._margin(line) :]}\n" for line in self.lines)

    def _margin(self, line: str) -> int:
        return min(self.indent, len(line) - len(line.lstrip(" \t")))


def _blocks(text: str, languages: Collection[str]) -> list[_Block]:
    blocks: list[_Block] = []
    current: _Block | None = None
    for line in text.removesuffix("\n").split("\n"):
        opened = _opened(line, languages)
        if current is None or (opened is not None and _replaces(opened, current, languages)):
            current = opened
            if current is not None:
                blocks.append(current)
        elif (content := _before_closing(line, current)) is not None:
            if content:
                current.lines.append(content)
            current.complete = True
            current = None
        else:
            current.lines.append(line)
    return [block for block in blocks if block.language in languages]


def _replaces(opened: _Block, current: _Block, languages: Collection[str]) -> bool:
    """Whether a line within a block starts another one, so that the first was never closed."""
    near = opened.indent <= current.indent + _MOST_INDENT
    return near and opened.fence == current.fence and opened.language in languages


def _opened(line: str, languages: Collection[str]) -> _Block | None:
    """The block that a line opens; after other text it must name one of the languages."""
    match = _OPENING.fullmatch(line)
    if match is None:
        return None
    language = match["language"].lower()
    if language not in languages:
        language = language.rstrip("0123456789.")
    if match["before"].strip() and language not in languages:
        return None
    indent = len(line) - len(line.lstrip(" \t"))
    return _Block(language, match["fence"], indent)


def _before_closing(line: str, block: _Block) -> str | None:
    """What a line holds before the closing fence; None where it doesn't close the block."""
    fence = re.escape(block.fence)
    match = re.fullmatch(rf"(?P<indent>[ \t]*){fence}{re.escape(block.fence[0])}*(?!\w).*", line)
    if match is not None and len(match["indent"]) <= block.indent + _MOST_INDENT:
        return ""
    at_end = re.fullmatch(rf"(?P<content>[^`~]*\S){fence}[ \t]*", line)
    return at_end["content"] if at_end is not None and block.fence[0] == "`" else None
