"""Commands of the benchmark: ``benchmark`` and ``view``."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from erm.cli.console import (
    EndpointOption,
    JsonOption,
    RepliesOption,
    critic_endpoint,
    endpoint_settings,
    print_json,
    warn,
    working,
    write_bytes,
)
from erm.errors import ErmError

if TYPE_CHECKING:
    from erm.benchmark import Judge, Problem, Scores
    from erm.critics.settings import CriticEndpointSettings
    from erm.report import Replies

PREDICTIONS_FOLDER = Path("predictions")
"""Where critics' predictions go when no place is named."""
_SUFFIXES = (".jsonl", ".json", ".parquet")


def benchmark(
    predictions: Annotated[
        list[Path] | None,
        typer.Argument(
            metavar="[PREDICTIONS]...",
            help="Predictions in VC-RewardBench's format: .jsonl, .json or .parquet. With --critic "
            "where to write them: a file a critic, or one folder ('predictions' by default).",
            show_default=False,
        ),
    ] = None,
    judge: Annotated[
        str,
        typer.Option(metavar="SPEC", help="offline, replay:FILE.jsonl, or openai:MODEL."),
    ] = "offline",
    critic: Annotated[
        list[str] | None,
        typer.Option(metavar="SPEC", help="Run this critic on --data first; may be repeated."),
    ] = None,
    data: Annotated[Path | None, typer.Option(help="The benchmark's items, for --critic.")] = None,
    replies: RepliesOption = "strict",
    endpoint: EndpointOption = None,
    judge_endpoint: Annotated[
        list[str] | None,
        typer.Option(
            "--judge-endpoint", metavar="NAME=VALUE", help="As --endpoint, for the judge."
        ),
    ] = None,
    similarity: Annotated[
        list[str] | None,
        typer.Option(
            metavar="SPEC",
            help="Set against annotated severity: mse, ssim, a comparison of sources such as teds "
            "or chartmimic, lpips:alex, lpips:vgg, or features:MODEL or unisvg:MODEL with a folder "
            "or hub name of a vision model such as DINO or CLIP; may be repeated.",
        ),
    ] = None,
    out: Annotated[
        Path | None, typer.Option("-o", "--out", help="Summary to write (JSON).")
    ] = None,
    page: Annotated[
        Path | None, typer.Option(help="Folder for the HTML report of every item.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Score predicted reports against annotated ones, as VC-RewardBench does.

    The summary holds the published numbers under the published keys, and our own (intervals,
    precision, ranking, calibration) in the section `additions`. Several predictions or critics
    stand in one table, each compared with the first one by a paired bootstrap.
    """
    critics = critic or []
    if bool(critics) != (data is not None):
        raise ErmError("--critic and --data belong together: a critic, and the items it judges.")
    if replies != "strict" and not critics:
        raise ErmError("--replies is for --critic: predictions hold reports that were read before.")
    files = _targets(critics, predictions or []) if critics else _named(predictions or [])
    with working():
        from erm.benchmark import comparison_table, judge_from_spec
        from erm.benchmark.blindness import compare_distances
        from erm.benchmark.similarity import load_image_distances, measure_distances
        from erm.endpoints.settings import ConnectionSettings

        reached_judge = endpoint_settings(
            "--judge-endpoint", judge_endpoint, ConnectionSettings, judge
        )
        judging = judge_from_spec(judge, settings=reached_judge)
        load_image_distances(similarity or [])  # a missing model is said before any critic runs
        reached = critic_endpoint(endpoint, *critics)
        if data is not None:
            _predict(files, data, reached, replies)
        scored = {name: _score(path, judging) for name, path in files.items()}
        first, *others = scored.values()
        comparison = comparison_table(scored) if others else []
        items = [score.prediction.item for score in first.items]
        distances = measure_distances(items, similarity or [])
        if distances:
            distances = {**_severity_distances(scored), **distances}
        similarities = compare_distances(items, distances)
        if page is not None:
            _write_pages(page, scored, comparison, distances)
        if critics:
            from erm.critics.prediction import forget_answers

            for path in files.values():
                forget_answers(path)
    summary = _summary(scored, comparison, similarities)
    if out is not None:
        write_bytes(out, (json.dumps(summary, indent=1, ensure_ascii=False) + "\n").encode())
    if as_json:
        print_json(summary)
    else:
        from erm.cli.score_tables import show_comparison, show_scores, show_similarities

        if others:
            show_comparison(comparison, first)
        else:
            show_scores(first)
        show_similarities(similarities)
    for name, scores in scored.items():
        if not scores.summary["evaluated"]:
            raise ErmError(f"{files[name]}: not one of {len(scores.items)} items could be scored.")


def _named(paths: list[Path]) -> dict[str, Path]:
    """Files by the shortest name that distinguishes them."""
    if not paths:
        raise ErmError("Name predictions to score, or a critic to run with --critic and --data.")
    stems = [path.stem for path in paths]
    names = stems if len(set(stems)) == len(stems) else [str(path) for path in paths]
    if len(set(names)) < len(names):
        raise ErmError("The same predictions are named twice.")
    return dict(zip(names, paths, strict=True))


def _targets(critics: list[str], paths: list[Path]) -> dict[str, Path]:
    """Where each critic's predictions go, by the critic's spec."""
    if len(set(critics)) < len(critics):
        raise ErmError("The same critic is named twice.")
    if len(paths) == len(critics) and all(map(_is_file_of_rows, paths)):
        return dict(zip(critics, paths, strict=True))
    if len(paths) > 1 or (paths and _is_file_of_rows(paths[0])):
        count = len(critics)
        raise ErmError(f"{count} critics need {count} files for their predictions, or one folder.")
    folder = paths[0] if paths else PREDICTIONS_FOLDER
    slugs = [re.sub(r"[^\w.-]+", "-", critic).strip("-.") or "critic" for critic in critics]
    if len(set(slugs)) < len(slugs):
        slugs = [f"{number}-{slug}" for number, slug in enumerate(slugs, start=1)]
    return {critic: folder / f"{slug}.jsonl" for critic, slug in zip(critics, slugs, strict=True)}


def _is_file_of_rows(path: Path) -> bool:
    return path.suffix.lower() in _SUFFIXES


def _predict(
    files: dict[str, Path], data: Path, endpoint: CriticEndpointSettings, replies: Replies
) -> None:
    from erm.benchmark import describe, read_benchmark
    from erm.critics.loading import critic_from_spec
    from erm.critics.prediction import predict

    problems: list[Problem] = []
    items = read_benchmark(data, problems)
    if problems:
        warn(f"{data}: {describe(problems)}.")
    if not items:
        raise ErmError(f"{data}: holds no items.")
    for spec, path in files.items():
        critic = critic_from_spec(spec, endpoint=endpoint)
        predict(items, critic, path, replies=replies, progress=True, keep_answers=True)


def _score(path: Path, judge: Judge) -> Scores:
    from erm.benchmark import describe, read_predictions, score

    problems: list[Problem] = []
    rows = read_predictions(path, problems)
    if not rows:
        raise ErmError(f"{path}: holds no predictions.")
    if problems:
        warn(f"{path}: {describe(problems)}.")
    return score(rows, judge, problems=problems)


def _severity_distances(scored: dict[str, Scores]) -> dict[str, Any]:
    """Each critic's own total severity, as one more distance over the first one's items."""
    from erm.benchmark.comparison import severity_of_items

    first, *_ = scored.values()
    return {name: severity_of_items(scores, first) for name, scores in scored.items()}


def _summary(
    scored: dict[str, Scores],
    comparison: list[dict[str, Any]],
    similarities: list[dict[str, Any]],
) -> dict[str, Any]:
    if not comparison:
        (summary,) = (scores.to_dict() for scores in scored.values())
        if similarities:
            summary["additions"] = {**summary["additions"], "similarities": similarities}
        return summary
    critics = {name: scores.to_dict() for name, scores in scored.items()}
    return {"critics": critics, "comparison": comparison, "similarities": similarities}


def _write_pages(
    folder: Path,
    scored: dict[str, Scores],
    comparison: list[dict[str, Any]],
    distances: dict[str, Any],
) -> None:
    """A page a critic: the first one's in `folder`, the others' in folders below, linked."""
    from erm.benchmark.page import write_page

    places = {
        name: Path("." if number == 0 else f"critic-{number + 1}")
        for number, name in enumerate(scored)
    }
    for name, scores in scored.items():
        up = "" if places[name] == Path() else "../"
        links = {
            other: f"{up}{(place / 'index.html').as_posix()}" for other, place in places.items()
        }
        write_page(
            scores,
            folder / places[name],
            name,
            comparison=comparison,
            links=links if len(scored) > 1 else {},
            distances=distances,
        )


def view(
    path: Annotated[
        Path, typer.Argument(metavar="PATH", help="A report's folder or its HTML file.")
    ],
    port: Annotated[int, typer.Option(min=0, max=65535, help="0 takes a free one.")] = 0,
) -> None:
    """Serve a benchmark's HTML report on localhost until Ctrl-C."""
    from erm.benchmark.view import serve

    serve(path, port=port)
