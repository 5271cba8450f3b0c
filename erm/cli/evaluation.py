"""The command ``evaluate``: a policy, or completions, on any data."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from erm.cli.console import (
    BackendOption,
    EndpointOption,
    FontsOption,
    IsolationOption,
    JsonOption,
    OlderLibrariesOption,
    PolicyEndpointOption,
    RasterSideOption,
    RepliesOption,
    critic_endpoint,
    drawing_settings,
    endpoint_settings,
    known_task,
    print_json,
    shared_drawing,
    warn,
    working,
)
from erm.errors import ErmError, reason_of
from erm.tasks import get_task, task_names

if TYPE_CHECKING:
    from collections.abc import Sequence

    from erm.critics.base import Critic
    from erm.critics.settings import CriticEndpointSettings
    from erm.evaluation.completions import Author
    from erm.evaluation.items import Item
    from erm.evaluation.settings import EvaluationSettings
    from erm.tasks.settings import DrawingSettings

FILE = "file:"
"""Prefix of completions that exist already, in the place of a policy."""


def evaluate(
    policy: Annotated[
        str | None,
        typer.Argument(
            metavar="[POLICY]",
            help="A model folder, an MLflow URI, openai:MODEL[=FOLDER], or file:PATH with "
            "completions that exist already.",
            show_default=False,
        ),
    ] = None,
    data: Annotated[
        str,
        typer.Option(
            metavar="PLACE",
            help="A folder of pairs, images with or without sources of the same name, ChartMimic's "
            "folder, JSONL, Parquet, or hf:OWNER/NAME[:SPLIT][#COLUMN].",
            show_default=False,
        ),
    ] = "",
    completions: Annotated[
        Path | None,
        typer.Option(
            metavar="PATH",
            help="The same as file:PATH: JSONL or Parquet, or a folder of files named like the "
            "items.",
            show_default=False,
        ),
    ] = None,
    out: Annotated[
        Path,
        typer.Option(
            "-o", "--out", help="Folder for completions, scores and page; goes on where it stopped."
        ),
    ] = Path("evaluation"),
    restart: Annotated[
        bool, typer.Option("--restart", help="Throw away the evaluation in --out first.")
    ] = False,
    task: Annotated[
        str | None,
        typer.Option(
            metavar="TASK",
            parser=known_task,
            help=f"Only items of this task; also says what images alone are: "
            f"{', '.join(task_names())}.",
            show_default=False,
        ),
    ] = None,
    items: Annotated[
        int | None,
        typer.Option(min=1, help="Items of each task and folder, at most.", show_default=False),
    ] = None,
    split: Annotated[str, typer.Option(help="Of a folder of pairs.")] = "test",
    image_column: Annotated[
        str | None, typer.Option(help="Of JSONL and Parquet.", show_default=False)
    ] = None,
    source_column: Annotated[
        str | None, typer.Option(help="Of JSONL, Parquet and data sets.", show_default=False)
    ] = None,
    critic: Annotated[
        str | None,
        typer.Option(
            metavar="SPEC",
            help="Let this critic judge what is drawn, as of `critique`.",
            show_default=False,
        ),
    ] = None,
    similarity: Annotated[
        list[str] | None,
        typer.Option(
            metavar="SPEC",
            help="lpips:alex, lpips:vgg, features:MODEL or unisvg:MODEL, besides what is measured "
            "anyway; may be repeated.",
        ),
    ] = None,
    completions_per_image: Annotated[
        int, typer.Option(min=0, help="Sampled completions besides the greedy one.")
    ] = 0,
    rounds: Annotated[
        int,
        typer.Option(
            min=0,
            help="Let the policy revise its first completion so often, by the critic's reports.",
        ),
    ] = 0,
    reflect: Annotated[
        bool,
        typer.Option(
            "--reflect",
            help="With --rounds, revise by the policy's own reports too, as a control.",
        ),
    ] = False,
    temperature: Annotated[float, typer.Option(help="Of sampled completions.")] = 1.0,
    seed: Annotated[int, typer.Option(help="Of sampling and of intervals.")] = 0,
    batch_size: Annotated[
        int, typer.Option(min=1, help="Items that are completed and measured together.")
    ] = 32,
    replies: RepliesOption = "strict",
    endpoint: EndpointOption = None,
    policy_endpoint: PolicyEndpointOption = None,
    raster_side: RasterSideOption = None,
    backend: BackendOption = None,
    fonts: FontsOption = None,
    older_libraries: OlderLibrariesOption = None,
    isolation: IsolationOption = "auto",
    as_json: JsonOption = False,
) -> None:
    """Evaluate a policy, or completions that exist already, on any data.

    Each item is completed, drawn contained, and compared with its reference: by the exact annotator
    and by its task's scores where the source is known, in pixels, and by a critic if one is named.
    With a critic, curves show what further drafts bring: samples, or revisions by the critic's
    reports. Items and completions that can't be measured are counted with their reason. An
    interrupted command goes on where it stopped.
    """
    asked, written = _policy_or_file(policy, completions)
    if not data:
        raise ErmError("Name the data with --data.")
    if written is not None and completions_per_image:
        raise ErmError("--completions-per-image is for policies; a file has the samples it has.")
    if written is not None and rounds:
        raise ErmError("--rounds is for policies; nobody revises the completions of a file.")
    with working():
        from erm.endpoints.settings import ConnectionSettings
        from erm.evaluation.completions import PolicyAuthor
        from erm.evaluation.data import read_data
        from erm.evaluation.evaluate import Plan, evaluate_author
        from erm.evaluation.records import JOURNAL, PAGE
        from erm.evaluation.rows import Columns
        from erm.evaluation.written import FileAuthor

        columns = Columns(image_column, source_column)
        found = read_data(data, task, split=split, columns=columns, most=items)
        settings = _settings(
            similarities=tuple(similarity or ()),
            replies=replies,
            completions=completions_per_image,
            rounds=rounds,
            reflect=reflect,
            temperature=temperature,
            seed=seed,
            batch_size=batch_size,
        )
        specs = [one for one in (critic, None if policy_endpoint else asked) if one is not None]
        shared = critic_endpoint(endpoint, *specs)
        own = endpoint_settings(
            "--policy-endpoint", policy_endpoint, ConnectionSettings, asked or str(written)
        )
        author: Author
        if written is not None:
            author = FileAuthor(written, found)
            if author.unknown:
                number, first = len(author.unknown), author.unknown[0]
                warn(f"{written}: {number} completions belong to no item, such as '{first}'.")
        else:
            author = PolicyAuthor(
                str(asked), settings, own if policy_endpoint else shared, out / JOURNAL
            )
        judge = _critic(critic, shared) if critic is not None else None
        drawing = _drawing(raster_side, backend, fonts, older_libraries, found)
        plan = Plan(data, found, settings, judge, drawing, isolation)
        summary = evaluate_author(author, plan, out, restart=restart)
    if as_json:
        print_json(summary)
    else:
        from erm.cli.evaluation_tables import show_evaluation

        show_evaluation(summary, out / PAGE)
    if not summary["evaluated"]:
        raise ErmError(f"{data}: not one of {len(found)} items could be evaluated.")


def _policy_or_file(policy: str | None, completions: Path | None) -> tuple[str | None, Path | None]:
    """A policy's spec, or the place of completions; one of the two is None."""
    if (policy is None) == (completions is None):
        raise ErmError("Name a policy, or completions that exist already with --completions.")
    if policy is not None and policy.startswith(FILE):
        return None, Path(policy.removeprefix(FILE))
    return policy, completions


def _settings(**given: Any) -> EvaluationSettings:
    from pydantic import ValidationError

    from erm.evaluation.settings import EvaluationSettings

    try:
        return EvaluationSettings.model_validate(given)
    except ValidationError as error:
        detail = error.errors()[0]
        name = f"--{detail['loc'][0]}: " if detail["loc"] else ""
        raise ErmError(f"{name}{reason_of(detail)}.") from error


def _critic(spec: str, endpoint: CriticEndpointSettings) -> Critic:
    from erm.critics.loading import EXACT, critic_from_spec

    if spec == EXACT:
        raise ErmError("The exact annotator is asked anyway, where sources are known.")
    return critic_from_spec(spec, endpoint=endpoint)


def _drawing(
    raster_side: int | None,
    backend: str | None,
    fonts: Sequence[Path] | None,
    older_libraries: bool | None,
    items: Sequence[Item],
) -> DrawingSettings:
    """How the items' sources are drawn; an option that concerns none of their tasks is refused.

    Scalable ones get the longest side of the pictures that they are compared with, if it is one.
    """
    from erm.images import image_size
    from erm.tasks.settings import LARGEST_SIDE, PUBLISHED_SIDE

    tasks = list(dict.fromkeys(item.task for item in items if item.task))
    if raster_side is None:
        sides = {
            max(image_size(item.reference, item.id))
            for item in items
            if item.task and get_task(item.task).scalable and not item.problem
        }
        if len(sides) == 1:
            raster_side = min(sides.pop(), LARGEST_SIDE)
        elif sides:
            warn(
                f"The longest sides of the pictures are {min(sides)} to {max(sides)} pixels; what "
                f"is compared with them is drawn at {PUBLISHED_SIDE} (--raster-side)."
            )
    if len(tasks) == 1:
        return drawing_settings(tasks[0], raster_side, backend, fonts, older_libraries)
    if backend is not None:
        raise ErmError(f"--backend is for one task; name one of {', '.join(tasks)} with --task.")
    return shared_drawing(raster_side, None, fonts, older_libraries)
