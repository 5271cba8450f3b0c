"""Bytes of sources as editors, browsers and Windows write them."""

from __future__ import annotations

import codecs
from pathlib import Path

import pytest

from erm.sources.encodings import NotTextError, decode, read_text
from erm.tasks import get_task

WORD = "Café"
SVG = '<?xml version="1.0" encoding="{}"?>\n<svg><text>Café</text></svg>'
META = '<meta charset="{}"><table><tr><td>Café</td></tr></table>'
PROGRAM = "# -*- coding: {} -*-\nprint('Café')\n"


def of(task: str, content: bytes) -> str:
    return decode(content, get_task(task).declared_encoding)


@pytest.mark.parametrize("task", ["chart", "table", "svg"])
@pytest.mark.parametrize(
    ("mark", "encoding"),
    [
        (b"", "utf-8"),
        (codecs.BOM_UTF8, "utf-8"),
        (codecs.BOM_UTF16_LE, "utf-16-le"),
        (codecs.BOM_UTF16_BE, "utf-16-be"),
        (codecs.BOM_UTF32_LE, "utf-32-le"),
        (codecs.BOM_UTF32_BE, "utf-32-be"),
        (b"", "utf-16-le"),
        (b"", "utf-16-be"),
    ],
)
def test_marks_and_line_ends_are_no_content(task: str, mark: bytes, encoding: str) -> None:
    content = mark + f"{WORD}\r\n| a |\rb\n".encode(encoding)
    assert of(task, content) == f"{WORD}\n| a |\nb\n"


@pytest.mark.parametrize(
    ("task", "source", "declared", "encoding"),
    [
        ("chart", PROGRAM, "latin-1", "latin-1"),
        ("chart", PROGRAM, "latin-1-unix", "latin-1"),
        ("chart", PROGRAM, "utf-8-unix", "utf-8"),
        ("chart", PROGRAM, "cp1252", "cp1252"),
        ("chart", f"#!/usr/bin/env python\n{PROGRAM}", "iso-8859-15", "iso-8859-15"),
        ("svg", SVG, "ISO-8859-1", "latin-1"),
        ("svg", SVG, "windows-1252", "cp1252"),
        ("svg", SVG, "macintosh", "mac-roman"),
        ("svg", SVG, "UTF-8", "utf-8"),
        ("svg", SVG.replace('"', "'"), "cp1250", "cp1250"),
        ("table", META, "iso-8859-1", "latin-1"),
        ("table", META.replace('"', ""), "windows-1254", "cp1254"),
        ("table", META.replace("meta charset", "META CHARSET"), "latin1", "latin-1"),
        (
            "table",
            '<meta http-equiv="Content-Type" content="text/html; charset={}"><table>Café',
            "iso-8859-1",
            "latin-1",
        ),
        ("table", SVG.replace("svg", "table"), "iso-8859-1", "latin-1"),
        ("table", f'<!-- <meta charset="gbk"> -->{META}', "latin1", "latin-1"),
        ("table", META, "nonsense", "utf-8"),
        ("svg", SVG, "UTF-16", "utf-8"),
        ("table", META, "utf-16", "utf-8"),
    ],
)
def test_a_declared_encoding_holds_for_bytes(
    task: str, source: str, declared: str, encoding: str
) -> None:
    text = source.format(declared)
    assert of(task, text.encode(encoding)) == text


def test_labels_mean_what_browsers_take_them_for() -> None:
    assert "10 €" in of("svg", SVG.replace(WORD, "10 €").format("ISO-8859-1").encode("cp1252"))
    chinese = META.replace(WORD, "甲乙").format("gb2312")
    assert of("table", chinese.encode("gbk")) == chinese
    chinese = PROGRAM.replace(WORD, "甲").format("gbk")
    assert of("chart", chinese.encode("gbk")) == chinese


@pytest.mark.parametrize(
    ("task", "content", "reason"),
    [
        ("svg", b"<svg>\xff</svg>", r"is not UTF-8 text and declares no other encoding \(byte 5"),
        ("table", b"| a |\n|---|\n| \xe9 |", "is not UTF-8 text"),
        ("chart", b"print('\xe9')", "can't be decoded: invalid or missing encoding"),
        ("chart", b"# coding: nonsense\n", "can't be decoded: unknown encoding: nonsense"),
        ("svg", SVG.format("nonsense").encode("latin-1"), "'nonsense', which is unknown"),
        ("svg", SVG.format("rot13").encode("latin-1"), "'rot13', which is unknown"),
        ("svg", SVG.format("euc-jp").encode() + b"\xff", "not text in its encoding euc_jp"),
        ("svg", codecs.BOM_UTF16_LE + b"<", "not text in its encoding utf-16-le"),
    ],
)
def test_what_is_no_text_is_said(task: str, content: bytes, reason: str) -> None:
    with pytest.raises(NotTextError, match=reason):
        of(task, content)


def test_a_file_that_declares_nothing_is_utf8(tmp_path: Path) -> None:
    (tmp_path / "answer.txt").write_bytes(f"{WORD}\r\n".encode("utf-16"))
    assert read_text(tmp_path / "answer.txt") == f"{WORD}\n"
