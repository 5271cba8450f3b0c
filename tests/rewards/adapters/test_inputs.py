"""Images and completions in all the forms in which frameworks hand them over."""

from __future__ import annotations

import base64
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from erm.errors import ErmError
from erm.images import encode_png, open_image
from erm.rewards.adapters.inputs import completion_text, image_bytes, rollout_from


def test_images_in_all_forms(red: bytes, red_file: Path) -> None:
    url = f"data:image/png;base64,{base64.b64encode(red).decode()}"
    row = {"bytes": red, "path": None}
    for value in (red, str(red_file), red_file, url, row, [row], {"path": str(red_file)}):
        assert image_bytes(value, "image") == red
    opened = open_image(red)
    assert image_bytes(opened, "image") == encode_png(opened)


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (None, "an image is expected, not NoneType"),
        ([], "an image is expected, not list"),
        (7, "an image is expected, not int"),
        ("/nowhere.png", "nowhere.png can't be read"),
        ("a\0b", "can't be read"),
        ("data:image/png;base64,%%%", "is not base64"),
    ],
)
def test_what_is_no_image_is_named(value: Any, message: str) -> None:
    with pytest.raises(ErmError, match=f"Rollout 4, reference.*{message}"):
        rollout_from("svg", value, "", None, 4)


def test_completions_in_all_forms() -> None:
    message = {"role": "assistant", "content": "text"}
    parts = {"role": "assistant", "content": [{"type": "text", "text": "te"}, {"text": "xt"}]}
    forms = ["text", message, [{"role": "user", "content": "no"}, message], [parts]]
    for value in [*forms, [SimpleNamespace(content="text")]]:
        assert completion_text(value, 1) == "text"


@pytest.mark.parametrize("value", [None, 7, b"text", [], [{"role": "assistant"}]])
def test_what_is_no_completion_is_named(value: Any) -> None:
    with pytest.raises(ErmError, match="Rollout 2: the completion must be text"):
        rollout_from("svg", b"", value, None, 2)


def test_task_and_source_are_text() -> None:
    with pytest.raises(ErmError, match="Rollout 1: the task must be a name, not int"):
        rollout_from(3, b"", "", None, 1)
    with pytest.raises(ErmError, match="Rollout 1: the reference's source must be text"):
        rollout_from("svg", b"", "", b"<svg/>", 1)
    assert rollout_from("svg", b"", "", "", 1).reference_source is None
