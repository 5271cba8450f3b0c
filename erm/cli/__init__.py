"""The ``erm`` command line.

Covers the entry point and what all commands share about failing: a sentence on standard error and a
status other than 0. The commands are in the other modules; they import what they need only when
they run, so that ``erm --help`` answers at once.
"""

from __future__ import annotations

import sys

import typer

from erm.errors import ErmError
from erm.servers import ask_loopback_directly
from erm.tasks import task_names


def main() -> None:
    """Run the command line; errors that users can mend end as one sentence and status 1."""
    ask_loopback_directly()
    try:
        _app()()
    except ErmError as error:
        sys.exit(f"erm: {error}")
    except OSError as error:
        place = f"{error.filename}: " if error.filename else ""
        sys.exit(f"erm: {place}{error.strerror or error}.")


def _app() -> typer.Typer:
    # the help of the commands names the installed tasks, any of which may fail to load
    from erm.cli import (
        doctor,
        evaluation,
        judging,
        packages,
        registry,
        scores,
        serving,
        sources,
        training,
    )

    app = typer.Typer(
        name="erm",
        help="Visual-ERM: render code, compare images, reward and refine vision-to-code.",
        epilog=(
            f"TASK is one of {', '.join(task_names())}. A critic is named by a model folder, an "
            "MLflow URI (models:/erm-critic@champion), openai:MODEL[=FOLDER], server:URL, reading "
            "or pixel."
        ),
        no_args_is_help=True,
        add_completion=False,
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
    )
    app.command()(sources.render)
    app.command()(sources.annotate)
    app.command()(judging.critique)
    app.command()(judging.reward)
    app.command()(scores.benchmark)
    app.command()(judging.refine)
    app.command()(evaluation.evaluate)
    app.command()(sources.ingest)
    app.command()(scores.view)
    app.command()(serving.serve)
    app.command()(serving.adopt)
    app.command()(training.train_node)
    app.command()(registry.promote)
    app.command()(registry.rollback)
    app.command()(registry.lineage)
    app.command()(doctor.doctor)
    group = typer.Typer(help="Real sources from published packages.", no_args_is_help=True)
    group.command()(packages.fetch)
    app.add_typer(group, name="sources")
    return app
