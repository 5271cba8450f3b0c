"""Commands of the reward server and of other people's models: ``serve`` and ``adopt``."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from erm.cli.console import (
    EndpointOption,
    FontsOption,
    JsonOption,
    OlderLibrariesOption,
    RepliesOption,
    critic_endpoint,
    print_json,
    shared_drawing,
    working,
)
from erm.cli.judging import ConstrainedOption, CriticOption
from erm.critics.loading import DEFAULT_CRITIC
from erm.errors import ErmError, reason_of
from erm.report import Replies
from erm.settings import Isolation

if TYPE_CHECKING:
    from erm.rewards.settings import RewardSettings


def serve(
    critic: CriticOption = DEFAULT_CRITIC,
    host: Annotated[
        str,
        typer.Option(
            help="Name or address to listen on. Any but this machine's own needs the token "
            "ERM_SERVE_TOKEN in the environment."
        ),
    ] = "localhost",
    port: Annotated[int, typer.Option(min=0, max=65535, help="0 takes a free one.")] = 8111,
    constrained: ConstrainedOption = None,
    endpoint: EndpointOption = None,
    part: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME=WEIGHT",
            help="A part of the reward of requests that don't choose; may be given several times. "
            "By default critic=1.",
            show_default=False,
        ),
    ] = None,
    severity: Annotated[
        Literal["reported", "expected"],
        typer.Option(help="Of the critic: as reported, or as its own probabilities expect."),
    ] = "reported",
    replies: RepliesOption = "strict",
    cache: Annotated[
        Path | None,
        typer.Option(metavar="FOLDER", help="Keeps the critic's replies, for several processes."),
    ] = None,
    batch_size: Annotated[
        int | None,
        typer.Option(
            min=1,
            help="Pairs that the critic judges together, at most; by default 32 in a local model, "
            "and for one on servers what their concurrency allows.",
            show_default=False,
        ),
    ] = None,
    batch_wait: Annotated[
        float,
        typer.Option(min=0, max=10, help="Seconds that a batch which is not full waits."),
    ] = 0.01,
    queue: Annotated[
        int,
        typer.Option(min=1, help="Items under way, at most; beyond it requests get status 429."),
    ] = 1024,
    max_body: Annotated[
        int,
        typer.Option(min=1, metavar="MIB", help="Size of a request, at most; else status 413."),
    ] = 32,
    deadline: Annotated[
        float, typer.Option(min=0.001, help="Seconds until a request gets status 504.")
    ] = 120.0,
    follow: Annotated[
        float,
        typer.Option(
            min=0,
            metavar="SECONDS",
            help="How often a critic models:/NAME@ALIAS is looked up, so that a version which the "
            "alias names later is loaded and takes over; 0 is never.",
        ),
    ] = 30.0,
    workers: Annotated[
        int | None,
        typer.Option(min=1, help="Processes that draw; by default one a processor."),
    ] = None,
    raster_side: Annotated[
        int | None,
        typer.Option(
            metavar="PIXELS",
            help="Longest side of pictures that can be drawn at any size; 0 is the size that a "
            "source states. By default 336.",
            show_default=False,
        ),
    ] = None,
    backend: Annotated[
        list[str] | None,
        typer.Option(metavar="TASK=NAME", help="What draws a task; may be given several times."),
    ] = None,
    fonts: FontsOption = None,
    older_libraries: OlderLibrariesOption = None,
    isolation: Annotated[
        Isolation | None,
        typer.Option(
            help="Of code that is drawn; by default auto where only this machine reaches the "
            "server, otherwise required.",
            show_default=False,
        ),
    ] = None,
) -> None:
    """Serve renders, exact reports, critiques and rewards over HTTP until Ctrl-C or SIGTERM.

    The address stands on standard output once requests are taken; /docs describes them. What was
    accepted is answered before the server ends.
    """
    backends = dict(_task_and_name(each) for each in backend or ())
    drawing = shared_drawing(raster_side, backends or None, fonts, older_libraries)
    with working():
        from erm.serving.run import serve as run
        from erm.serving.settings import ServeSettings

        settings = ServeSettings(
            host=host,
            port=port,
            critic=critic,
            endpoint=critic_endpoint(endpoint, critic),
            constrained=constrained,
            reward=_reward(part, severity, replies, cache),
            batch_size=batch_size,
            batch_wait=batch_wait,
            queue=queue,
            max_body_mb=max_body,
            deadline=deadline,
            follow=follow,
            render_workers=workers,
            isolation=isolation,
            drawing=drawing,
        )
        out = sys.__stdout__
        run(settings, announce=lambda address: print(address, file=out, flush=True))


def adopt(
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="A Qwen3-VL model folder.")],
    role: Annotated[Literal["critic", "policy"], typer.Option(help="What the model is for.")],
    prompts: Annotated[
        Path,
        typer.Option(
            metavar="FILE",
            help="JSON or YAML: for each task the text after the images with which the model was "
            "trained.",
        ),
    ],
    max_new_tokens: Annotated[
        int, typer.Option(min=1, help="Tokens of the longest answer.")
    ] = 4096,
    max_side: Annotated[
        int | None,
        typer.Option(
            min=28,
            metavar="PIXELS",
            help="Longest side of images; by default the published one of each task.",
            show_default=False,
        ),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Give a model folder that others trained a role, so that it can be named as a SPEC.

    Only erm.json is written. The model is asked with these prompts and two separate images, and a
    critic's replies are read in whatever form it was trained to write.
    """
    with working():
        from erm.models.adoption import adopt as give_role

        given = give_role(folder, role, prompts, max_new_tokens=max_new_tokens, max_side=max_side)
    if as_json:
        print_json(given.model_dump(exclude_defaults=True))
    else:
        print(f"{folder}: a {given.role} of {', '.join(given.prompts)}.")


def _reward(
    parts: list[str] | None, severity: str, replies: Replies, cache: Path | None
) -> RewardSettings:
    from pydantic import ValidationError

    from erm.rewards.settings import RewardSettings

    given: dict[str, Any] = {"severity": severity, "replies": replies, "cache": cache}
    if parts:
        pairs = [part.rpartition("=") for part in parts]
        given["parts"] = [{"part": name, "weight": weight} for name, _, weight in pairs]
    try:
        return RewardSettings.model_validate(given)
    except ValidationError as error:
        raise ErmError(f"--part: {reason_of(error.errors()[0])}.") from error


def _task_and_name(assignment: str) -> tuple[str, str]:
    task, sign, name = assignment.partition("=")
    if not sign:
        raise ErmError(f"'{assignment}' is no back end of a task; write --backend TASK=NAME.")
    return task, name
