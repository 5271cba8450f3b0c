"""The command ``sources fetch``: real sources from published packages."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from erm.cli.console import (
    FontsOption,
    IsolationOption,
    JsonOption,
    OlderLibrariesOption,
    RasterSideOption,
    print_json,
    print_table,
    shared_drawing,
    warn,
    working,
)
from erm.errors import ErmError


def fetch(
    names: Annotated[
        list[str] | None,
        typer.Argument(metavar="[NAME]...", help="Collections; all by default."),
    ] = None,
    out: Annotated[Path, typer.Option("-o", "--out", help="Folder of the Parquet files.")] = Path(
        "fetched"
    ),
    packages: Annotated[
        Path, typer.Option(help="Folder that keeps the downloaded packages.")
    ] = Path(".erm/packages"),
    most: Annotated[
        int | None,
        typer.Option(
            min=1, help="Most sources of a collection; by default what the collection says."
        ),
    ] = None,
    isolation: IsolationOption = "auto",
    raster_side: RasterSideOption = None,
    fonts: FontsOption = None,
    older_libraries: OlderLibrariesOption = None,
    as_json: JsonOption = False,
) -> None:
    """Gather real sources from packages of npm and PyPI, with their licences.

    Each package is downloaded at a fixed version; none of its code runs outside the sandbox. Each
    source is drawn once, and the usable ones are written. If the command is interrupted, the same
    command goes on with the next collection. If a package can't be had, the status is 1 and the
    other collections are complete. Name the folder as `ingested` in the section `synthesize` of
    params.yaml; the profiles wide and study do.
    """
    with working():
        from erm.synthesis.fetch import choose
        from erm.synthesis.fetch import fetch as gather

        drawing = shared_drawing(raster_side, None, fonts, older_libraries)
        results = gather(out, packages, choose(names or ()), most, isolation, drawing)
    if as_json:
        print_json(
            [
                {
                    "collection": one.collection.name,
                    "task": one.collection.task,
                    "package": str(one.collection.package),
                    "licence": one.collection.licence,
                    "role": one.collection.role,
                    "kept": one.kept,
                    "rejected": one.rejected,
                    "failure": one.failure,
                }
                for one in results
            ]
        )
    else:
        columns = ("collection", "task", "package", "licence", "role", "kept", "rejected")
        rows = [
            (
                one.collection.name,
                one.collection.task,
                one.collection.package,
                one.collection.licence,
                one.collection.role,
                one.kept,
                ", ".join(f"{number} {reason}" for reason, number in one.rejected.items()),
            )
            for one in results
        ]
        print_table(columns, rows, str(out))
    failures = list(dict.fromkeys(one.failure for one in results if one.failure is not None))
    for sentence in failures:
        warn(sentence)
    if failures:
        lost = sum(one.failure is not None for one in results)
        raise ErmError(f"{lost} of {len(results)} collections could not be fetched.")
