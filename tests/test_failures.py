"""Which failures end as one sentence, and which are worth another try."""

from __future__ import annotations

import errno
import logging
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path
from typing import Any

import httpx
import mlflow
import openai
import pytest
import requests

from erm.errors import ErmError
from erm.failures import explain, is_transient, without_traceback
from tests.disks import fill, small_disk


def test_a_full_disk_is_named_where_a_library_does_not_say_so(tmp_path: Path) -> None:
    import torch

    with small_disk(tmp_path / "work"):
        fill(tmp_path / "work")
        with pytest.raises(RuntimeError) as raised:
            torch.save(torch.zeros(1 << 20), tmp_path / "work" / "optimizer.pt")
        assert explain(raised.value) is None
        sentence = explain(raised.value, (tmp_path, tmp_path / "work", tmp_path / "nowhere"))
    assert str(sentence).startswith(f"No space left on the disk of {tmp_path / 'work'}; ")


@pytest.mark.parametrize(
    ("error", "is_kept"), [(ConnectionError("lost"), False), (ValueError("a mistake"), True)]
)
def test_only_what_has_no_sentence_is_logged_with_its_traceback(
    error: Exception, is_kept: bool
) -> None:
    raised = (type(error), error, None)
    record = logging.LogRecord("flow", logging.ERROR, __file__, 1, "It failed.", None, raised)
    assert without_traceback(record)
    assert (record.exc_info is not None) is is_kept


def caused(error: Exception, cause: Exception) -> Exception:
    error.__cause__ = cause
    return error


REQUEST: Any = httpx.Request("POST", "http://127.0.0.1:1/v1")
RESPONSE = httpx.Response(500, request=REQUEST)


@pytest.mark.parametrize(
    ("error", "sentence", "transient"),
    [
        (ErmError("text is torn."), "text is torn.", False),
        (OSError(errno.ENOSPC, "No space left on device"), "No space left on the disk", False),
        (RuntimeError("database or disk is full"), "No space left on the disk", False),
        (ConnectionResetError("lost"), "A connection or a process was lost", True),
        (OSError(errno.EBUSY, "busy"), "busy", True),
        (BrokenProcessPool("died"), "died", True),
        (caused(ErmError("A worker died."), BrokenProcessPool("died")), "A worker died.", True),
        (caused(ErmError("No reply."), httpx.ReadTimeout("slow")), "No reply.", True),
        (caused(ErmError("No reply."), openai.APIConnectionError(request=REQUEST)), "No", True),
        (requests.exceptions.ConnectionError("refused"), "refused", True),
        (
            caused(
                mlflow.exceptions.MlflowException("API request failed"),
                requests.exceptions.ReadTimeout("slow"),
            ),
            "API request failed",
            True,
        ),
        (caused(ErmError("No such file."), FileNotFoundError("text")), "No such file.", False),
        (
            mlflow.exceptions.MlflowException("(sqlite3.OperationalError) database is locked"),
            "Another process held the lock of a database for too long; run again.",
            False,
        ),
        (ConnectionError("http://me:secret@host/ is gone"), "(ConnectionError: http://host/", True),
        (
            httpx.HTTPStatusError("Server error '500'\nSee …", request=REQUEST, response=RESPONSE),
            "A server refused a request (Server error '500').",
            False,
        ),
        (FileNotFoundError("text"), None, False),
        (ValueError("a mistake"), None, False),
    ],
)
def test_failures(error: Exception, sentence: str | None, transient: bool) -> None:
    explained = explain(error)
    assert explained is None if sentence is None else sentence in str(explained)
    assert is_transient(error) is transient
