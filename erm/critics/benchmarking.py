"""The stage that benchmarks a critic on held-out pairs, together with baselines.

The baselines are the same model with random weights, where the critic is a model in this process, a
critic that always reports the commonest error of the training pairs, and one that learns nothing:
the reading critic (`erm.critics.reading`), or the pixel critic where that one can't judge pairs.

Three sets of pairs are scored apart: the test split, a policy's own errors, and the real pairs
that come with the package (`erm.dataset.checked`). Within a set each domain of sources is.
"""

from __future__ import annotations

import csv
import json
import logging
import math
import re
import time
from collections import Counter
from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from erm.benchmark import (
    Item,
    Prediction,
    Scores,
    judge_from_spec,
    score,
    write_predictions,
)
from erm.benchmark.baselines import CommonestErrorCritic
from erm.benchmark.blindness import compare_distances, plot_distances
from erm.benchmark.comparison import comparison_table, severity_of_items
from erm.benchmark.drawing_scores import drawing_scores
from erm.benchmark.page import write_page
from erm.benchmark.similarity import Distances, load_image_distances, measure_distances
from erm.critics.base import Critic, Critique, ImagePair, critique_with_retry
from erm.critics.exact import ExactCritic
from erm.critics.figures import critique_picture, spread
from erm.critics.hacks import HackScore, score_hacks, write_table
from erm.critics.loading import EXACT, critic_from_spec
from erm.critics.pixel import PixelCritic
from erm.critics.prediction import items_of, predictions_of
from erm.critics.reading.ocr import missing_reader
from erm.critics.settings import BenchmarkSettings
from erm.dataset.checked import CheckedPair, checked_pairs, draw_checked
from erm.dataset.pairs import Pair, read_pairs
from erm.errors import ErmError
from erm.render import Renderer
from erm.tasks import get_task, task_names
from erm.tracking import log_artifact

if TYPE_CHECKING:
    from erm.critics.local import LoadedCritic, LocalCritic

SECONDS = "seconds.json"
"""File with ``seconds_per_pair``, apart from the metrics, since it depends on the machine."""

_AnyPair = TypeVar("_AnyPair", Pair, CheckedPair)

_log = logging.getLogger(__name__)


def benchmark(
    settings: BenchmarkSettings,
    critic: Path,
    pairs: Path,
    out: Path,
    inferred: Path | None = None,
    answers: Path | None = None,
) -> dict[str, float]:
    """Score a critic and its baselines on the test split.

    Writes to `out`: the critic's ``predictions.jsonl`` with ``images/``, ``summary.json``,
    ``f1.csv``, ``items.csv``, ``severity.csv``, ``similarity.csv`` and ``.png``, ``judged.png`` (a
    picture of some pairs) and the page ``index.html``. The other two sets have predictions,
    summary, similarities and page in ``inferred/`` and ``checked/``, and further rows in
    ``f1.csv``; the main page's table of critics shows the checked pairs too. `SECONDS` is the time
    that the critic took for a pair of the test split, on this machine. ``hacks.csv`` is the hack
    table (`erm.critics.hacks`), unless the critic is the exact annotator.

    Args:
        critic: folder of the critic, unless the settings name another one.
        inferred: a second folder of pairs, a policy's own errors.
        answers: folder that keeps the answers of a judge behind an endpoint (``judge.jsonl``), so
            that none is paid for twice.

    Returns:
        The critic's main metrics, over the test split and again for each domain in it
        (``compact/…``), the number of ``unparsable`` replies, ``timing/seconds_per_pair``, and
        ``baselines/<name>/<task>/f1_hard``, ``…/within_group_ranking`` and ``…/evaluated`` of each
        baseline. ``severity/<name>/<task>/…`` has ``pearson``, ``ranking_accuracy`` and
        ``within_group_ranking`` of the critic's expected severity (``critic_expected``), if it
        gives one, and of each similarity. The same for the policy's own errors as ``inferred/…``;
        if there are none, only ``inferred/evaluated`` with 0. For the checked pairs of the tasks in
        the test split, as ``checked/…``. ``hacks/<task>/<hack>``: how often a hack is paid better
        than honest candidates.

    Raises:
        ErmError: the folder holds no critic, or there are no held-out pairs.
    """
    held_out = _held_out(settings, pairs)
    if not held_out:
        raise ErmError(f"{pairs}: the test split is empty.")
    own_errors = _held_out(settings, inferred) if inferred is not None else []
    with _Critics(settings, critic, pairs, answers) as critics:
        main = critics.score(held_out)
        natural = critics.score(own_errors) if own_errors else None
        checked = critics.score_checked({pair.task for pair in held_out})
        hacks = critics.score_hacks(held_out, main.critiques)
    comparison = comparison_table(main.scores, settings.seed)
    metrics, f1_rows = main.metrics(), _f1_rows(main.scores)
    if natural is not None:
        title = "The critic on the policy's own errors"
        table = comparison_table(natural.scores, settings.seed)
        _write(natural, out / "inferred", title, table)
        metrics |= {f"inferred/{name}": value for name, value in natural.metrics().items()}
        f1_rows += _f1_rows(natural.scores, "inferred/")
    elif inferred is not None:
        metrics["inferred/evaluated"] = 0.0
    if checked is not None:
        title = "The critic on real pairs, checked by hand"
        table = comparison_table(checked.scores, settings.seed)
        _write(checked, out / "checked", title, table)
        comparison += table
        metrics |= {
            f"checked/{name}": value
            for name, value in checked.metrics().items()
            if "checked/" not in name  # the set's only domain, once more
        }
        f1_rows += _f1_rows(checked.scores)
    _write(main, out, "The critic on held-out pairs", comparison)
    if hacks:
        write_table(hacks, out / "hacks.csv")
        metrics |= {f"hacks/{one.task}/{one.hack}": one.paid_better for one in hacks}
    _write_plots(f1_rows, main.scores["critic"], out)
    chosen = spread(held_out, settings.pictured)
    picture = critique_picture(
        [held_out[index] for index in chosen], [main.critiques[index] for index in chosen]
    )
    picture.savefig(out / "judged.png", dpi=110, metadata={"Software": None})
    (out / SECONDS).write_text(json.dumps({"seconds_per_pair": main.seconds_per_pair}) + "\n")
    log_artifact(out, "benchmark")
    return {**metrics, "timing/seconds_per_pair": main.seconds_per_pair}


class _Distance(NamedTuple):
    """One value per item, greater is worse: its name in tables, (items,) values."""

    title: str
    values: NDArray[np.float64]


@dataclass(frozen=True)
class _Result:
    """The critic's critiques of held-out pairs and the mean time of one, the scores of all critics
    by name, and severities and distances by their name in metrics."""

    items: list[Item]
    critiques: list[Critique]
    predictions: list[Prediction]
    scores: dict[str, Scores]
    distances: dict[str, _Distance]
    seconds_per_pair: float

    def metrics(self) -> dict[str, float]:
        unparsable = sum(critique.parsed is None for critique in self.critiques)
        baselines = {
            f"baselines/{name.replace(' ', '_')}/{metric}": value
            for name, one in self.scores.items()
            if name != "critic"
            for metric, value in one.metrics().items()
            if metric == "evaluated" or metric.endswith(("/f1_hard", "/within_group_ranking"))
        }
        compared = {
            f"severity/{row['name']}/{row['task']}/{measure}": float(row[measure])
            for row in compare_distances(
                self.items, {name: distance.values for name, distance in self.distances.items()}
            )
            if row["name"] != "critic"  # its main metrics say the same
            for measure in ("pearson", "ranking_accuracy", "within_group_ranking")
            if row[measure] is not None
        }
        main = self.scores["critic"].metrics()
        return {**main, "unparsable": float(unparsable), **baselines, **compared}


class _Critics:
    """The trained critic, the baselines and the exact annotator; a context manager."""

    def __init__(
        self, settings: BenchmarkSettings, critic: Path, pairs: Path, answers: Path | None
    ) -> None:
        from erm.critics.local import LocalCritic

        self._settings = settings
        load_image_distances(settings.similarities)  # a missing model is said before any work
        journal = answers / "judge.jsonl" if answers is not None else None
        self._judge = judge_from_spec(
            settings.judge, journal=journal, settings=settings.judge_endpoint
        )
        self._critic: Critic | None = None
        if settings.critic != EXACT:
            self._critic = critic_from_spec(
                settings.critic or str(critic),
                batch_size=settings.batch_size,
                endpoint=settings.endpoint,
            )
        self._untrained: LoadedCritic | None = None
        if isinstance(self._critic, LocalCritic):
            self._untrained = _untrained(self._critic, settings)
        self._commonest = CommonestErrorCritic(pair.report for pair in read_pairs(pairs, "train"))
        self._reading: Critic | None = None
        self._annotates = settings.exact_annotator or self._critic is None
        draws = any(one in drawing_scores() for one in settings.similarities)
        self._renderer = (
            Renderer(
                workers=settings.render_workers,
                isolation=settings.isolation,
                drawing=settings.drawing,
            )
            if self._annotates or draws or settings.hacks is not None
            else None
        )

    def __enter__(self) -> _Critics:
        return self

    def __exit__(self, *_: object) -> None:
        if self._renderer is not None:
            self._renderer.close()

    def score_checked(self, tasks: Container[str]) -> _Result | None:
        """Scores on the checked pairs of some tasks; None if there are none.

        The exact annotator is left out: it has just written their reports.
        """
        settings = self._settings
        chosen = _at_most(settings.max_pairs, (one for one in checked_pairs() if one.task in tasks))
        if not chosen:
            return None
        return self.score(
            draw_checked(chosen, settings.isolation, settings.render_workers), exactly=False
        )

    def score_hacks(
        self, held_out: Sequence[Pair], critiques: Sequence[Critique]
    ) -> list[HackScore]:
        """The hack table; empty if the settings leave it out, and for the exact annotator, which
        knows the sources of held-out pairs only."""
        most = self._settings.hacks
        if most is None or self._critic is None:
            return []
        assert self._renderer is not None
        return score_hacks(self._critic, held_out, critiques, most, self._renderer)

    def score(self, held_out: Sequence[Pair], exactly: bool = True) -> _Result:
        """Scores on pairs; `exactly` says whether also those of the exact annotator."""
        items = items_of(held_out)
        views = [ImagePair(pair.task, pair.reference, pair.candidate) for pair in held_out]
        critic = self._critic
        if critic is None:
            assert self._renderer is not None
            critic = ExactCritic(held_out, self._renderer)
        began = time.monotonic()
        critiques = critique_with_retry(critic, views, progress=True)
        seconds = (time.monotonic() - began) / len(views)
        predictions = {
            "critic": predictions_of(items, critiques),
            "commonest error": self._commonest.predict(items),
        }
        looking: list[Critic] = [self._without_learning(held_out)]
        if self._untrained is not None:
            looking.insert(0, self._untrained)
        if exactly and self._annotates and self._renderer is not None:
            looking.append(ExactCritic(held_out, self._renderer))
        some = _evenly(held_out, self._settings.baseline_pairs)
        for baseline in looking:
            predictions[baseline.name] = predictions_of(
                [items[index] for index in some],
                baseline.critique([views[index] for index in some], progress=True),
            )
        scores = {
            name: score(answers, self._judge, seed=self._settings.seed)
            for name, answers in predictions.items()
        }
        distances = _distances(
            items, critiques, scores["critic"], self._settings.similarities, self._renderer
        )
        return _Result(items, critiques, predictions["critic"], scores, distances, seconds)

    def _without_learning(self, held_out: Sequence[Pair]) -> Critic:
        """The reading critic; the pixel critic, with a warning that says why, where that one can't
        judge the pairs."""
        reason = missing_reader()
        blind = sorted({p.task for p in held_out if not get_task(p.task).reads_pictures})
        if reason is None and blind:
            reason = f"The reading critic can't judge {', '.join(blind)} (`Task.reads_pictures`)."
        if reason is not None:
            _log.warning("The benchmark has the baseline 'pixel' instead of 'reading'. %s", reason)
            return PixelCritic()
        if self._reading is None:
            from erm.critics.reading.critic import ReadingCritic

            self._reading = ReadingCritic()
        return self._reading


def _distances(
    items: Sequence[Item],
    critiques: Sequence[Critique],
    scores: Scores,
    similarities: Sequence[str],
    renderer: Renderer | None,
) -> dict[str, _Distance]:
    """The critic's severity as reported and as expected, and similarities, by name in metrics."""
    found = {"critic": _Distance("critic", severity_of_items(scores, scores))}
    expected = [critique.expected_severity for critique in critiques]
    if any(value is not None for value in expected):
        found["critic_expected"] = _Distance(
            "critic, expected", np.array(expected, dtype=np.float64)
        )
    for spec in similarities:
        ((title, values),) = measure_distances(items, (spec,), renderer).items()
        found[re.sub(r"[^\w.-]+", "_", spec)] = _Distance(title, values)
    return found


def _write(
    result: _Result, folder: Path, title: str, comparison: Sequence[Mapping[str, Any]]
) -> None:
    """Write the critic's predictions and summary, severities and distances as a table and a plot,
    and the page with a table of all critics."""
    distances = dict(result.distances.values())
    folder.mkdir(parents=True, exist_ok=True)
    scores = result.scores["critic"]
    write_predictions(folder / "predictions.jsonl", result.predictions)
    (folder / "summary.json").write_text(json.dumps(scores.to_dict(), indent=1) + "\n")
    write_page(scores, folder, title, comparison=comparison, distances=distances)
    _write_similarities(result.items, distances, folder)


def _held_out(settings: BenchmarkSettings, pairs: Path) -> list[Pair]:
    return _at_most(settings.max_pairs, read_pairs(pairs, "test"))


def _at_most(number: int | None, pairs: Iterable[_AnyPair]) -> list[_AnyPair]:
    """The first pairs of each task; all of them if `number` is None."""
    chosen: list[_AnyPair] = []
    seen: Counter[str] = Counter()
    for pair in pairs:
        if number is None or seen[pair.task] < number:
            seen[pair.task] += 1
            chosen.append(pair)
    return chosen


def _evenly(pairs: Sequence[Pair], number: int | None) -> list[int]:
    """Indices of at most `number` pairs of each task, of evenly spread references with all their
    candidates; of all pairs if it is None."""
    chosen: list[int] = []
    for task in task_names():
        by_source: dict[str, list[int]] = {}
        for index, pair in enumerate(pairs):
            if pair.task == task:
                by_source.setdefault(pair.source_id, []).append(index)
        groups = list(by_source.values())
        own = sum(map(len, groups))
        count = len(groups)
        if number is not None and number < own:
            count = math.ceil(number * len(groups) / own)
        spread_out = [groups[place * len(groups) // count] for place in range(count)]
        chosen += [index for group in spread_out for index in group][:number]
    return sorted(chosen)


def _untrained(trained: LocalCritic, settings: BenchmarkSettings) -> LoadedCritic:
    """The critic's architecture and tokenizer with random weights."""
    from transformers import set_seed

    from erm.critics.local import LoadedCritic
    from erm.models.qwen3vl import random_weights

    set_seed(settings.seed)
    model = trained.checkpoint.model
    untrained = random_weights(model.config).to(model.device, model.dtype).eval()
    untrained.generation_config = model.generation_config
    checkpoint = trained.checkpoint._replace(model=untrained)
    return LoadedCritic("untrained", checkpoint, batch_size=settings.batch_size)


def _f1_rows(scores: dict[str, Scores], prefix: str = "") -> list[list[Any]]:
    """F1 hard of each critic by domain and task."""
    return [
        [f"{place}/{task}, {name}", name, place, task, metrics[f"{task}/f1_hard"]]
        for name, one in scores.items()
        for place, metrics in (
            (f"{prefix}{domain}", own.metrics()) for domain, own in one.by_domain.items()
        )
        for task in ("overall", *task_names())
        if f"{task}/f1_hard" in metrics
    ]


def _write_plots(f1_rows: list[list[Any]], scores: Scores, out: Path) -> None:
    """Write ``f1.csv`` (F1 hard by domain, task and critic), and for the critic's items
    ``items.csv`` (matches) and ``severity.csv``."""
    with (out / "f1.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["of", "critic", "pairs", "task", "f1_hard"])
        writer.writerows(f1_rows)
    with (out / "items.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["task", "id", "idx", "hard", "soft", "invented", "missed"])
        for row in scores.items:
            if row.counted:
                item, counts = row.prediction.item, row.counts
                found = (counts.hard, counts.soft, counts.invented, counts.missed)
                writer.writerow([row.task, item.id, item.idx, *found])
    with (out / "severity.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["task", "annotated", "predicted"])
        writer.writerows(
            [row.task, sum(row.annotated_severity.values()), sum(row.predicted_severity.values())]
            for row in scores.items
            if row.counted
        )


def _write_similarities(items: Sequence[Item], distances: Distances, out: Path) -> None:
    """Write ``similarity.csv`` (agreement of distances with annotated severity) and its plot."""
    orders = ("ranking_accuracy", "within_group_ranking", "within_group_references")
    keys = ("name", "task", "items", "pearson", "spearman", *orders, "blind")
    with (out / "similarity.csv").open("w", newline="") as file:
        writer = csv.DictWriter(file, keys, extrasaction="ignore")
        writer.writeheader()
        writer.writerows(compare_distances(items, distances))
    figure = plot_distances(items, distances)
    figure.savefig(out / "similarity.png", dpi=110, metadata={"Software": None})
