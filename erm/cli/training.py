"""The command with which further machines take part in a training: ``train-node``."""

from __future__ import annotations

import logging
from typing import Annotated

import typer


def train_node(
    rendezvous: Annotated[
        str,
        typer.Argument(
            metavar="HOST:PORT",
            help="The parameter launch.rendezvous of the stage.",
            show_default=False,
        ),
    ],
    join_timeout: Annotated[
        int, typer.Option(min=1, metavar="SECONDS", help="To wait for a training.")
    ] = 600,
) -> None:
    """Take part in one training of a stage that another machine runs.

    To be started in the same folder, which all machines share, with the same environment.
    """
    from erm.models.launch import take_part

    logging.basicConfig(level=logging.INFO, format="%(message)s")
    take_part(rendezvous, join_timeout)
