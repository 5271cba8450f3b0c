"""From the bytes of a source to its text: byte-order marks, declared encodings, line ends.

Where a source declares its encoding differs between languages, and so is a member of the task
(`erm.tasks.Task.declared_encoding`). A declaration is about bytes: text ignores it.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Callable
from pathlib import Path

from erm.errors import ErmError

MARK = "\ufeff"
"""The byte-order mark as text; it is no content."""

_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_HEAD = 1024
"""Bytes within which markup declares its encoding, as browsers look for it."""
_XML = re.compile(rb"""\A\s*<\?xml[^>]*?\sencoding\s*=\s*["']([\w.:-]+)["']""")
_META = re.compile(rb"""<meta[^>]*?[\s;"']charset\s*=\s*["']?\s*([\w.:-]+)""", re.IGNORECASE)
_COMMENT = re.compile(rb"<!--.*?-->", re.DOTALL)

Declared = Callable[[bytes], str | None]
"""From the bytes of a source to the Python codec that they declare, or None."""


class NotTextError(ErmError):
    """Bytes that can't be decoded. The text goes on after the name of a file: ``is not …``."""


def read_text(path: Path, declared: Declared | None = None) -> str:
    """The text of a file (`decode`).

    Raises:
        NotTextError: it can't be decoded.
        OSError: it can't be read.
    """
    return decode(path.read_bytes(), declared)


def decode(content: bytes, declared: Declared | None = None) -> str:
    """The text of a file's bytes: without a byte-order mark, and with ``\\n`` at line ends.

    The encoding is that of the mark, else the one that the content declares, else UTF-8, or UTF-16
    where each second byte of the beginning is 0.

    Raises:
        NotTextError: the encoding is unknown, or the bytes are not of it.
    """
    encoding = marked_encoding(content)
    if encoding is None:
        encoding = (declared(content) if declared is not None else None) or "utf-8"
        # What could be read as ASCII is of neither, whatever it declares.
        if re.match(r"utf[-_]?(16|32)", encoding, re.IGNORECASE):
            encoding = "utf-8"
    try:
        text = content.decode(encoding)
    except LookupError as error:
        raise NotTextError(f"declares the encoding '{encoding}', which is unknown") from error
    except UnicodeDecodeError as error:
        place = f"byte {error.start} does not fit"
        if encoding == "utf-8":
            raise NotTextError(
                f"is not UTF-8 text and declares no other encoding ({place})"
            ) from error
        raise NotTextError(f"is not text in its encoding {encoding} ({place})") from error
    return plain_text(text)


def plain_text(text: str) -> str:
    """Text without a byte-order mark, and with ``\\n`` at line ends."""
    return text.removeprefix(MARK).replace("\r\n", "\n").replace("\r", "\n")


def marked_encoding(content: bytes) -> str | None:
    """The encoding that the first bytes show by a byte-order mark or by zeros, or None."""
    for mark, encoding in _MARKS:
        if content.startswith(mark):
            return encoding
    zeros = [byte == 0 for byte in content[:4]]
    if zeros == [False, True, False, True]:
        return "utf-16-le"
    return "utf-16-be" if zeros == [True, False, True, False] else None


def xml_encoding(content: bytes) -> str | None:
    """The codec of an XML declaration."""
    found = _XML.match(content[:_HEAD])
    return None if found is None else _codec(found[1]) or found[1].decode()


def html_encoding(content: bytes) -> str | None:
    """The codec of an XML declaration or a ``meta`` element; unknown ones count as none."""
    head = _COMMENT.sub(b"", content[:_HEAD])
    found = _XML.match(head) or _META.search(head)
    return None if found is None else _codec(found[1])


def _codec(label: bytes) -> str | None:
    """The Python codec of a label as browsers know it: ``iso-8859-1`` is windows-1252."""
    import webencodings

    encoding = webencodings.lookup(label.decode())
    return None if encoding is None else str(encoding.codec_info.name)
