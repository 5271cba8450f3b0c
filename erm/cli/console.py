"""What commands read and print: arguments in common, files, JSON, tables."""

from __future__ import annotations

import contextlib
import json
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from erm.errors import ErmError, reason_of
from erm.report import Replies
from erm.settings import Isolation
from erm.sources.encodings import NotTextError, read_text
from erm.tasks import get_task, task_names

if TYPE_CHECKING:
    from PIL.Image import Image

    from erm.critics.settings import CriticEndpointSettings
    from erm.endpoints.settings import Connection
    from erm.report import Report
    from erm.tasks.settings import DrawingSettings


def known_task(name: str) -> str:
    """A task's name; raises what ends a command that is written wrongly."""
    try:
        return get_task(name).name
    except ErmError as error:
        raise typer.BadParameter(str(error)) from error


TaskArgument = Annotated[
    str,
    typer.Argument(
        metavar="TASK",
        parser=known_task,
        help=f"One of {', '.join(task_names())}.",
        show_default=False,
    ),
]
IsolationOption = Annotated[
    Isolation,
    typer.Option(
        help="Of code that is drawn: auto contains it with what the machine allows, required stops "
        "where anything is missing, off keeps only limits and deadlines.",
    ),
]
PolicyEndpointOption = Annotated[
    list[str] | None,
    typer.Option(
        "--policy-endpoint", metavar="NAME=VALUE", help="As --endpoint, for the policy alone."
    ),
]

EndpointOption = Annotated[
    list[str] | None,
    typer.Option(
        "--endpoint",
        metavar="NAME=VALUE",
        help="How openai: models are reached and asked: base_urls (with commas between them), "
        "concurrency, timeout, attempts, temperature, max_tokens, max_completion_tokens, "
        "extra_body.NAME, …; null leaves a field out of the request. prompts is a file with a "
        "critic's own prompts, as of `adopt`. May be given several times.",
    ),
]
RepliesOption = Annotated[
    Replies,
    typer.Option(
        "--replies",
        help="How the critic's replies are read: strict, or as the published reward reads them, "
        "which takes a reply without a list of errors for an empty report.",
    ),
]
RasterSideOption = Annotated[
    int | None,
    typer.Option(
        "--raster-side",
        metavar="PIXELS",
        help="Longest side of the picture, for a task whose sources can be drawn at any size; 0 is "
        "the size that a source states. By default 336, or the longest side of an image that the "
        "picture is compared with.",
        show_default=False,
    ),
]
BackendOption = Annotated[
    str | None,
    typer.Option(
        "--backend",
        metavar="NAME",
        help="; ".join(
            f"{name}: {', '.join(backend.name for backend in get_task(name).backends)}"
            for name in task_names()
        ).join(("What draws; the first one by default. ", ".")),
        show_default=False,
    ),
]
FontsOption = Annotated[
    list[Path] | None,
    typer.Option(
        "--fonts",
        metavar="FOLDER",
        help="Fonts for scripts that the shipped ones lack. May be given several times.",
        show_default=False,
    ),
]
OlderLibrariesOption = Annotated[
    bool | None,
    typer.Option(
        "--older-libraries/--installed-libraries",
        help="Whether programs that were written for older versions of their libraries run too, or "
        "all programs get the installed versions as they are. By default the former.",
        show_default=False,
    ),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON, and nothing else.")]


@contextlib.contextmanager
def working() -> Iterator[None]:
    """Keep standard output for results while libraries work: what they print becomes noise on
    standard error, progress bars of downloads are off."""
    os.environ.setdefault("MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR", "false")
    os.environ.setdefault("HF_HUB_DISABLE_PROGRESS_BARS", "1")
    os.environ.setdefault("TRANSFORMERS_VERBOSITY", "error")
    with contextlib.redirect_stdout(sys.stderr):
        yield


def drawing_settings(
    task: str,
    raster_side: int | None,
    backend: str | None,
    fonts: Sequence[Path] | None,
    older_libraries: bool | None,
    reference: Image | None = None,
) -> DrawingSettings:
    """How a command draws a task's sources.

    Args:
        reference: the image that they are compared with; they get its longest side where
            ``raster_side`` is None.

    Raises:
        ErmError: an option has no effect on the task's sources, or its value is invalid or needs a
            package that is not installed.
    """
    from erm.tasks.settings import LARGEST_SIDE

    known = get_task(task)
    if raster_side is not None and not known.scalable:
        raise ErmError(
            f"Sources of task '{task}' state their own size; --raster-side is not for it."
        )
    if older_libraries is not None and known.kind != "program":
        raise ErmError(
            f"Sources of task '{task}' are no programs; --older-libraries and "
            "--installed-libraries are not for it."
        )
    if raster_side is None and reference is not None and known.scalable:
        raster_side = min(max(reference.size), LARGEST_SIDE)
    backends = {task: backend} if backend is not None else None
    return shared_drawing(raster_side, backends, fonts, older_libraries)


def shared_drawing(
    raster_side: int | None,
    backends: Mapping[str, str] | None,
    fonts: Sequence[Path] | None,
    older_libraries: bool | None,
) -> DrawingSettings:
    """How sources of all tasks are drawn; None is the default.

    Raises:
        ErmError: a value is invalid or needs a package that is not installed.
    """
    from pydantic import ValidationError

    from erm.tasks.settings import DrawingSettings

    chosen: dict[str, Any] = {
        "raster_side": raster_side,
        "backends": backends,
        "fonts": fonts,
        "older_libraries": older_libraries,
    }
    given = {name: value for name, value in chosen.items() if value is not None}
    try:
        return DrawingSettings.model_validate(given)
    except ValidationError as error:
        detail = error.errors()[0]
        option = str(detail["loc"][0]).replace("_", "-").replace("backends", "backend")
        reason = reason_of(detail)
        raise ErmError(f"--{option}: {reason[0].lower()}{reason[1:]}.") from error


def critic_endpoint(assignments: Sequence[str] | None, *specs: str) -> CriticEndpointSettings:
    """How critics behind endpoints, and policies on the same servers, are reached and asked.

    Args:
        assignments: of ``--endpoint``.
        specs: of the critics and policies.

    Raises:
        ErmError: see `endpoint_settings`.
    """
    from erm.critics.settings import CriticEndpointSettings

    return endpoint_settings("--endpoint", assignments, CriticEndpointSettings, *specs)


def endpoint_settings(
    option: str, assignments: Sequence[str] | None, kind: type[Connection], *specs: str
) -> Connection:
    """How models behind endpoints are reached and asked.

    Args:
        option: the one that gave `assignments`, for messages.
        specs: critics, policies or judges that it is for.

    Raises:
        ErmError: an assignment is invalid, or none of the specs is a model behind an endpoint.
    """
    from erm.endpoints.settings import connection_settings
    from erm.models.location import ENDPOINT

    settings = connection_settings(assignments or (), kind)
    if assignments and not any(spec.startswith(ENDPOINT) for spec in specs):
        named = f", not {' or '.join(specs)}" if specs else ""
        raise ErmError(f"{option} is for models behind endpoints ({ENDPOINT}MODEL){named}.")
    return settings


def print_json(value: Any) -> None:
    """One JSON value as one line."""
    print(json.dumps(value, ensure_ascii=False, allow_nan=False))


def warn(sentence: str) -> None:
    """One sentence on standard error."""
    print(f"erm: {sentence}", file=sys.stderr)


def print_table(columns: Sequence[str], rows: Sequence[Sequence[Any]], title: str = "") -> None:
    """A table for people."""
    from rich.box import SIMPLE_HEAD
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    if title:
        print(title)
    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    for column in columns:
        table.add_column(column, overflow="fold")
    for row in rows:
        # Text keeps square brackets in people's words from being read as markup.
        table.add_row(*[Text(_shown(value)) for value in row])
    Console().print(table)


def _shown(value: Any) -> str:
    if value is None:
        return "–"
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def print_report(report: Report, title: str) -> None:
    """A report for people: a row a discrepancy."""
    if not report.errors:
        print(f"{title}: no discrepancies.")
        return
    rows = [
        (error.severity, error.category, error.location, error.description)
        for error in report.errors
    ]
    columns = ("severity", "category", "location", "description")
    print_table(columns, rows, f"{title}: total severity {report.total_severity}")


def read_file(path: Path, what: str, task: str | None = None) -> str:
    """A text file's content (`erm.sources.encodings.decode`).

    Args:
        task: of a source, which may declare its encoding.

    Raises:
        ErmError: it is missing, a folder, unreadable or no text.
    """
    try:
        return read_text(path, get_task(task).declared_encoding if task is not None else None)
    except NotTextError as error:
        raise ErmError(f"{path}: the {what} {error}.") from error
    except OSError as error:
        raise ErmError(f"{path}: the {what} can't be read ({error.strerror}).") from error


def write_bytes(path: Path, content: bytes) -> None:
    """Write a file, with the folders above it; it appears whole or not at all.

    Raises:
        ErmError: it can't be written.
    """
    part = path.with_name(f".{path.name}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        part.write_bytes(content)
        os.replace(part, path)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise ErmError(f"{path}: can't be written ({error.strerror}).") from error
