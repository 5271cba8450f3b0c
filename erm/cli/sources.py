"""Commands on source code: ``render``, ``annotate`` and ``ingest``."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from erm.cli.console import (
    BackendOption,
    FontsOption,
    IsolationOption,
    JsonOption,
    OlderLibrariesOption,
    RasterSideOption,
    TaskArgument,
    drawing_settings,
    print_json,
    print_report,
    print_table,
    read_file,
    warn,
    working,
    write_bytes,
)
from erm.errors import ErmError

if TYPE_CHECKING:
    from erm.render import Rendered


def render(
    task: TaskArgument,
    sources: Annotated[
        list[Path],
        typer.Argument(metavar="SOURCE", help="Files of code or markup.", show_default=False),
    ],
    out: Annotated[
        Path,
        typer.Option("-o", "--out", help="The PNG; a folder of PNGs where there are several."),
    ],
    raster_side: RasterSideOption = None,
    backend: BackendOption = None,
    fonts: FontsOption = None,
    older_libraries: OlderLibrariesOption = None,
    isolation: IsolationOption = "auto",
    as_json: JsonOption = False,
) -> None:
    """Draw sources as PNG images, each contained in a sandbox.

    One SOURCE is written to OUT, several into the folder OUT under their own names. A source that
    fails does not keep the others from being written; the status is 1 then. With --json, one object
    a line says what became of each source.
    """
    drawing = drawing_settings(task, raster_side, backend, fonts, older_libraries)
    targets = _targets(sources, out)
    texts: dict[int, str] = {}
    results: list[dict[str, Any] | None] = [None] * len(sources)
    for index, source in enumerate(sources):
        try:
            texts[index] = read_file(source, "source", task)
        except ErmError as error:
            message = str(error).removeprefix(f"{source}: ")
            results[index] = _result(source, None, None, {"kind": "no_file", "message": message})
    with working():
        from erm.render import Renderer

        renders: list[Rendered] = []
        if texts:
            # A worker takes as long to start as some dozens of sources take to draw.
            workers = min(os.cpu_count() or 1, 1 + len(texts) // 32)
            with Renderer(workers=workers, isolation=isolation, drawing=drawing) as renderer:
                renders = renderer.render_batch([(task, text) for text in texts.values()])
    for index, rendered in zip(texts, renders, strict=True):
        source, target = sources[index], targets[index]
        if rendered.image is None or rendered.error is not None:
            fault = rendered.error
            render_error = {"kind": fault.kind, "message": fault.message} if fault else None
            results[index] = _result(source, None, rendered, render_error)
            continue
        write_bytes(target, rendered.image)
        results[index] = _result(source, target, rendered, None)
    done = [result for result in results if result is not None]
    failed = [result for result in done if result["error"] is not None]
    if as_json:
        for result in done:
            print_json(result)
    else:
        _show(done)
    for result in failed:
        warn(f"{result['source']}: {result['error']['message']}")
    if failed:
        raise typer.Exit(1)


def _targets(sources: Sequence[Path], out: Path) -> list[Path]:
    """Where each source's image goes: the same name, with the suffix kept only to distinguish
    ``a.html`` from ``a.md``.

    Raises:
        ErmError: two sources would be written to one file, or OUT is a file or folder where the
            other is needed.
    """
    if len(sources) == 1:
        return [out / f"{sources[0].stem}.png"] if out.is_dir() else [out]
    if out.exists() and not out.is_dir():
        raise ErmError(f"{out}: is a file, but several sources need a folder.")
    stems = Counter(source.stem for source in sources)
    names = Counter(source.name for source in sources)
    twice = next((source.name for source in sources if names[source.name] > 1), None)
    if twice is not None:
        raise ErmError(
            f"Several sources are called {twice}; render them into folders of their own."
        )
    return [
        out / f"{source.stem if stems[source.stem] == 1 else source.name}.png" for source in sources
    ]


def _result(
    source: Path, target: Path | None, rendered: Rendered | None, error: dict[str, str] | None
) -> dict[str, Any]:
    """One object of ``--json``."""
    height, width = rendered.pixels.shape[:2] if rendered and rendered.image else (None, None)
    return {
        "source": str(source),
        "output": str(target) if target is not None else None,
        "width": width,
        "height": height,
        "blank": rendered.blank if rendered is not None and rendered.image else None,
        "seconds": rendered.seconds if rendered is not None else None,
        "peak_memory": rendered.peak_memory if rendered is not None else None,
        "error": error,
    }


def _show(results: Sequence[dict[str, Any]]) -> None:
    rows = []
    for result in results:
        size = f"{result['width']}×{result['height']}" if result["output"] else None
        note = "blank" if result["blank"] else (result["error"] or {}).get("kind", "")
        rows.append((result["source"], result["output"], size, result["seconds"], note))
    print_table(("source", "image", "pixels", "seconds", "note"), rows)


def annotate(
    task: TaskArgument,
    reference: Annotated[
        Path, typer.Argument(metavar="REFERENCE", help="The source that should be reproduced.")
    ],
    candidate: Annotated[
        Path, typer.Argument(metavar="CANDIDATE", help="The source that tries to.")
    ],
    raster_side: RasterSideOption = None,
    backend: BackendOption = None,
    fonts: FontsOption = None,
    older_libraries: OlderLibrariesOption = None,
    isolation: IsolationOption = "auto",
    as_json: JsonOption = False,
    boxes: Annotated[
        bool, typer.Option("--boxes", help="Add to each error where it is, in pixels.")
    ] = False,
) -> None:
    """List exactly what differs between the drawings of two sources.

    The report comes from the drawn elements, not from a model, and is checked against the pixels.
    Where there can be no exact report, because a source isn't drawn or pixels differ that no entry
    explains, a sentence says why and the status is 1. With --json, "failure" then says the same,
    and "found" lists what the elements alone would have given.
    """
    drawing = drawing_settings(task, raster_side, backend, fonts, older_libraries)
    items = [(task, read_file(path, "source", task)) for path in (reference, candidate)]
    with working():
        from erm.annotation import annotate_rendered
        from erm.render import Renderer

        with Renderer(workers=1, isolation=isolation, drawing=drawing) as renderer:
            annotation = annotate_rendered(task, *renderer.render_batch(items, scenes=True))
    report = annotation.report
    if report is None:
        failure = annotation.failure
        assert failure is not None
        if as_json:
            found = annotation.found
            print_json(
                {
                    "failure": failure.kind,
                    "message": failure.message,
                    "side": failure.side,
                    "found": None if found is None else found.to_dict(boxes=True),
                }
            )
        annotation.require(str(reference if failure.side == "reference" else candidate))
        return
    if as_json:
        print_json(report.to_dict(boxes=boxes))
    elif boxes and report.errors:
        rows = [
            (e.severity, e.category, e.location, e.description, _box(e.box), e.box_in)
            for e in report.errors
        ]
        columns = ("severity", "category", "location", "description", "box", "in")
        print_table(columns, rows, f"{candidate}: total severity {report.total_severity}")
    else:
        print_report(report, str(candidate))


def _box(box: Sequence[float] | None) -> str | None:
    return None if box is None else " ".join(f"{side:.0f}" for side in box)


def ingest(
    task: TaskArgument,
    paths: Annotated[
        list[str],
        typer.Argument(
            metavar="PATH",
            help="Files, folders, JSONL, Parquet, ChartMimic's folder, or hf:DATASET.",
            show_default=False,
        ),
    ],
    out: Annotated[
        Path | None,
        typer.Option("-o", "--out", help="Parquet to write; ingested-TASK.parquet by default."),
    ] = None,
    column: Annotated[
        str | None,
        typer.Option(help="Column of the source in JSONL, Parquet and data sets."),
    ] = None,
    raster_side: RasterSideOption = None,
    backend: BackendOption = None,
    fonts: FontsOption = None,
    older_libraries: OlderLibrariesOption = None,
    isolation: IsolationOption = "auto",
    as_json: JsonOption = False,
) -> None:
    """Collect sources of one's own for training: draw each once, keep the usable ones.

    Every rejected source is listed with its reason; a table of reasons closes the run. Name the
    written file as `ingested` in the section `synthesize` of params.yaml. The status is 1 where
    nothing could be kept.
    """
    drawing = drawing_settings(task, raster_side, backend, fonts, older_libraries)
    target = out or Path(f"ingested-{task}.parquet")
    with working():
        from erm.synthesis.ingest import ingest as collect

        summary = collect(task, paths, target, column, isolation, drawing)
    if as_json:
        print_json(
            {
                "task": summary.task,
                "out": str(summary.out),
                "kept": summary.kept,
                "rejected": [
                    {"origin": one.origin, "reason": one.reason, "message": one.message}
                    for one in summary.rejected
                ],
                "other_files": dict(sorted(summary.other_files.items())),
            }
        )
    else:
        if summary.rejected:
            rows = [(one.origin, one.reason, one.message) for one in summary.rejected]
            print_table(("rejected", "reason", "message"), rows)
        print_table(("outcome", "sources"), summary.table(), str(summary.out))
        if summary.other_files:
            others = sorted(summary.other_files.items())
            print(f"Not read: {', '.join(f'{number} × {ending}' for ending, number in others)}.")
    if not summary.kept:
        raise ErmError(f"None of {len(summary.rejected)} sources could be kept.")
