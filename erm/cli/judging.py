"""Commands with a critic: ``critique``, ``reward`` and ``refine``."""

from __future__ import annotations

import sys
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

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
    TaskArgument,
    critic_endpoint,
    drawing_settings,
    endpoint_settings,
    print_json,
    print_report,
    print_table,
    read_file,
    working,
    write_bytes,
)
from erm.critics.loading import DEFAULT_CRITIC
from erm.errors import ErmError
from erm.policies.loading import DEFAULT_POLICY

if TYPE_CHECKING:
    from erm.critics.base import Critic, Critique
    from erm.critics.settings import CriticEndpointSettings

CriticOption = Annotated[
    str,
    typer.Option(
        "--critic",
        metavar="SPEC",
        help="A model folder, an MLflow URI, openai:MODEL[=FOLDER], reading (OCR, no learning) or "
        "pixel (a rule on pixels).",
    ),
]
ConstrainedOption = Annotated[
    bool | None,
    typer.Option(
        "--constrained/--free",
        help="Keep the critic's reply to the report's grammar, or let it write what it likes; by "
        "default constrained in a local model, free at an endpoint.",
        show_default=False,
    ),
]


def critique(
    task: TaskArgument,
    reference: Annotated[
        Path, typer.Argument(metavar="REFERENCE", help="The image that should be reproduced.")
    ],
    candidate: Annotated[
        Path, typer.Argument(metavar="CANDIDATE", help="The render of a prediction.")
    ],
    critic: CriticOption = DEFAULT_CRITIC,
    constrained: ConstrainedOption = None,
    replies: RepliesOption = "strict",
    endpoint: EndpointOption = None,
    as_json: JsonOption = False,
) -> None:
    """Let a critic list what differs between two images.

    With --json the published report with `total_severity`, `unlisted`: the number of entries
    without a category of the task or without a severity, and `expected`: the severity that a local
    model's own probabilities expect. The status is 1 where the critic's reply holds no report;
    "failure" and "reply" then say so in JSON.
    """
    with working():
        from erm.images import open_image

        images = open_image(reference), open_image(candidate)
        from erm.critics.base import ImagePair, critique_with_retry

        judge = _critic(critic, constrained, critic_endpoint(endpoint, critic))
        judged = critique_with_retry(judge, [ImagePair(task, *images)], replies)[0]
    if judged.report is None:
        if as_json:
            print_json({"failure": "unparsable", "reply": judged.reply})
        raise ErmError(f"The reply of {critic} holds no report: {judged.excerpt}.")
    if as_json:
        print_json(
            {
                **judged.report.to_dict(),
                "unlisted": judged.unlisted,
                "total_severity": judged.severity,
                "expected": judged.expected_severity,
            }
        )
    else:
        _show_critique(judged, str(candidate))


def reward(
    task: TaskArgument,
    reference: Annotated[
        Path, typer.Argument(metavar="REFERENCE", help="The image that should be reproduced.")
    ],
    completion: Annotated[
        Path, typer.Argument(metavar="COMPLETION", help="A policy's answer, as text.")
    ],
    critic: CriticOption = DEFAULT_CRITIC,
    constrained: ConstrainedOption = None,
    replies: RepliesOption = "strict",
    endpoint: EndpointOption = None,
    raster_side: RasterSideOption = None,
    backend: BackendOption = None,
    fonts: FontsOption = None,
    older_libraries: OlderLibrariesOption = None,
    isolation: IsolationOption = "auto",
    as_json: JsonOption = False,
) -> None:
    """Compute what a completion earns: extract its code, draw it, let the critic judge.

    A task of the family "rendered" (charts, icons) earns 0 to 2, one of the family "severity"
    (tables) 0 or less. A completion that holds no code or does not
    render earns what the published formula says, and that is a success of this command.
    """
    text = read_file(completion, "completion")
    with working():
        from erm.images import encode_png, open_image

        opened = open_image(reference)
        image = encode_png(opened)
        from erm.render import Renderer
        from erm.rewards.reward import reward_completions
        from erm.rewards.settings import RewardSettings

        drawing = drawing_settings(task, raster_side, backend, fonts, older_libraries, opened)
        judge = _critic(critic, constrained, critic_endpoint(endpoint, critic))
        settings = RewardSettings(replies=replies)
        with Renderer(workers=1, isolation=isolation, drawing=drawing) as renderer:
            earned = reward_completions([(task, image, text)], judge, renderer, settings)[0]
    if as_json:
        print_json({"reward": earned.value, **earned.verdict()})
        return
    severity = "" if earned.severity is None else f", severity {earned.severity:g}"
    reason = f" ({earned.reason})" if earned.reason else ""
    print(f"reward {earned.value:g}: {earned.outcome}{severity}{reason}")
    if earned.critique is not None and earned.critique.report is not None:
        _show_critique(earned.critique, str(completion))


def _critic(spec: str, constrained: bool | None, endpoint: CriticEndpointSettings) -> Critic:
    from erm.critics.loading import critic_from_spec

    return critic_from_spec(spec, constrained=constrained, endpoint=endpoint)


def _show_critique(critique: Critique, title: str) -> None:
    assert critique.report is not None
    if critique.report.errors or not critique.unlisted:
        print_report(critique.report, title)
    if critique.unlisted:
        print(
            f"{title}: {critique.unlisted} entries without a category of the task or without a "
            f"severity are not listed; total severity with them {critique.severity:g}"
        )


def refine(
    task: TaskArgument,
    image: Annotated[Path, typer.Argument(metavar="IMAGE", help="The image to reproduce.")],
    policy: Annotated[
        str,
        typer.Option(
            "--policy",
            metavar="SPEC",
            help="A model folder, an MLflow URI, or openai:MODEL[=FOLDER].",
        ),
    ] = DEFAULT_POLICY,
    critic: CriticOption = DEFAULT_CRITIC,
    constrained: ConstrainedOption = None,
    replies: RepliesOption = "strict",
    endpoint: EndpointOption = None,
    policy_endpoint: PolicyEndpointOption = None,
    rounds: Annotated[int, typer.Option(min=0, help="Drafts after the first one, at most.")] = 3,
    seed: Annotated[int, typer.Option(help="Of drafts that are drawn again.")] = 0,
    out: Annotated[
        Path | None,
        typer.Option("-o", "--out", help="File for the code; its render goes next to it as .png."),
    ] = None,
    raster_side: RasterSideOption = None,
    backend: BackendOption = None,
    fonts: FontsOption = None,
    older_libraries: OlderLibrariesOption = None,
    isolation: IsolationOption = "auto",
    trace: Annotated[
        bool, typer.Option("--trace", help="Log all steps to MLflow as a trace.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Write code for an image, look at its render, and try again; the best draft is kept.

    A policy that follows instructions reads what the critic found and revises its code. One that
    was trained from scratch can't read; it draws further drafts at a temperature instead. The code
    goes to OUT or to standard output. The status is 1 where no draft renders.
    """
    with working():
        from erm.images import open_image

        opened = open_image(image)
        from erm.endpoints.settings import ConnectionSettings
        from erm.policies.loading import policy_from_spec
        from erm.policies.refinement import refine as improve
        from erm.render import Renderer
        from erm.tracking import traced_run

        drawing = drawing_settings(task, raster_side, backend, fonts, older_libraries, opened)
        asked = (critic,) if policy_endpoint else (critic, policy)
        shared = critic_endpoint(endpoint, *asked)
        own = endpoint_settings("--policy-endpoint", policy_endpoint, ConnectionSettings, policy)
        author = policy_from_spec(policy, endpoint=own if policy_endpoint else shared)
        judge = _critic(critic, constrained, shared)
        with ExitStack() as stack:
            if trace:
                address = stack.enter_context(traced_run(Path.cwd(), "refine"))
                sys.stderr.write(f"trace: {address}\n")
            renderer = stack.enter_context(
                Renderer(workers=1, isolation=isolation, drawing=drawing)
            )
            result = improve(
                task, opened, author, judge, renderer, rounds=rounds, seed=seed, replies=replies
            )
    kept = result.kept
    if out is not None and kept.source is not None:
        write_bytes(out, kept.source.encode())
        if kept.image is not None:
            write_bytes(out.with_suffix(".png"), kept.image)
    if as_json:
        print_json(
            {
                "best": result.best,
                "revised": result.revised,
                "source": kept.source,
                **kept.verdict(),
                "drafts": [{"source": one.source, **one.verdict()} for one in result.drafts],
            }
        )
    else:
        way = "revised" if result.revised else "drawn again"
        rows = [
            ("kept" if index == result.best else "", one.outcome, one.severity, one.reason)
            for index, one in enumerate(result.drafts)
        ]
        print_table(("", "outcome", "severity", "reason"), rows, f"{len(rows)} drafts, {way}")
        if out is None and kept.source is not None:
            sys.stdout.write(kept.source.rstrip("\n") + "\n")
    if kept.image is None:
        raise ErmError(f"{image}: none of {len(result.drafts)} drafts renders.")
