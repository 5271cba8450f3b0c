"""How well a critic does on held-out pairs, and how it behaves: one table per question.

``python benchmarks/critic.py MODEL DATA… [--checked] [--pairs N] [--chains N] [--no-exact]
[--json FILE]`` takes a critic (any spec of `erm.critics.loading`) and folders of pairs, and prints,
for each domain of sources: F1, correlation, ranking, empty reports and pairs a second, also of the
pixel critic and the exact annotator; the reported and the expected severity; whether more of the
same error costs more; and whether the same places are found when the images are swapped.
``--checked`` adds the real pairs that come with the package. Numbers stand with how many pairs they
are of; intervals hold 95 % of bootstrap resamples of pairs or of chains.
"""

from __future__ import annotations

import argparse
import json
import random
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from erm.annotation import annotate_rendered
from erm.benchmark import judge_from_spec, score
from erm.benchmark.statistics import draw_items, rank_agreement, within_group_ranking
from erm.critics.base import Critic, Critique, ImagePair
from erm.critics.exact import ExactCritic
from erm.critics.loading import critic_from_spec
from erm.critics.pixel import PixelCritic
from erm.critics.prediction import items_of, predictions_of
from erm.dataset.checked import checked_pairs, draw_checked
from erm.dataset.domains import DOMAINS, domain_title
from erm.dataset.pairs import Pair, read_pairs
from erm.errors import ErmError
from erm.render import Renderer
from erm.report import Report
from erm.tasks import get_task, task_names
from erm.tasks.settings import DrawingSettings

CHAIN = 3
"""Edits of one category that a chain of candidates grows by."""


def held_out(folders: Sequence[Path], number: int, checked: bool) -> dict[str, list[Pair]]:
    """By domain, at most `number` pairs of each task's test split, all candidates of a reference
    together."""
    found = [pair for folder in folders for pair in read_pairs(folder, "test")]
    if checked:
        found += draw_checked(checked_pairs())
    if not found:
        raise ErmError(f"{', '.join(map(str, folders))}: the test split is empty.")
    chosen: dict[str, list[Pair]] = {}
    for domain in DOMAINS:
        for task in task_names():
            pairs = [pair for pair in found if (pair.domain, pair.task) == (domain, task)]
            pairs.sort(key=lambda pair: pair.source_id)
            if pairs:
                chosen[domain] = [*chosen.get(domain, []), *pairs[:number]]
    return chosen


def drawing_of(pairs: Sequence[Pair]) -> DrawingSettings:
    """How the pairs were drawn, by the sizes of their pictures: scalable sources at one size, or
    each at the size that it states."""
    scalable = [pair for pair in pairs if get_task(pair.task).scalable]
    sides = {max(pair.reference_pixels.shape[:2]) for pair in scalable}
    return DrawingSettings(raster_side=sides.pop() if len(sides) == 1 else 0)


def critique_all(critic: Critic, pairs: Sequence[Pair]) -> tuple[list[Critique], float]:
    """Critiques, and the processor seconds that they took (this process and its threads)."""
    start = time.process_time()
    critiques = critic.critique([_view(pair) for pair in pairs])
    return critiques, time.process_time() - start


def _view(pair: Pair) -> ImagePair:
    return ImagePair(pair.task, pair.reference, pair.candidate)


def quality(pairs: Sequence[Pair], critiques: Sequence[Critique]) -> dict[str, Any]:
    """The benchmark's numbers of one critic, by task and overall."""
    scores = score(predictions_of(items_of(pairs), critiques), judge_from_spec("offline"))
    metrics = scores.metrics()
    correlations = scores.summary["severity_correlation"]["overall"]
    return {
        "pairs": len(pairs),
        "parsed": sum(critique.parsed is not None for critique in critiques) / len(critiques),
        **{f"f1 {task}": metrics.get(f"{task}/f1_hard") for task in (*task_names(), "overall")},
        "f1 95 %": scores.additions["overall"]["f1_hard_interval_95"],
        "pearson": correlations["total"],
        **{name: scores.additions["overall"][name] for name in _EMPTINESS},
    }


_EMPTINESS = ("empty_report_accuracy", "empty_recognised", "nonempty_recognised")


def severities(pairs: Sequence[Pair], predicted: Sequence[float]) -> dict[str, Any]:
    """Pearson with the exact severity, of all pairs and of those that differ, and how well two
    things are ordered: any two pairs of one task (the share in the correct order, ties a half), and
    the candidates of one reference (`within_group_ranking`)."""
    truth = np.array([pair.report.total_severity for pair in pairs], dtype=float)
    scores = np.array(predicted, dtype=float)
    differ = truth > 0
    tasks = np.array([pair.task for pair in pairs])
    correct, compared = 0.0, 0
    for task in task_names():
        agreed, unequal = rank_agreement(scores[tasks == task], truth[tasks == task])
        correct, compared = correct + agreed, compared + unequal
    return {
        "pearson": _correlation(scores, truth),
        "pearson, pairs that differ": _correlation(scores[differ], truth[differ]),
        "ranking": correct / compared if compared else None,
        **within_group_ranking([pair.source_id for pair in pairs], scores, truth),
    }


def _correlation(one: NDArray[np.float64], other: NDArray[np.float64]) -> float | None:
    """Pearson's; None where there is nothing to correlate."""
    if len(one) < 2 or not one.std() or not other.std():
        return None
    return float(np.corrcoef(one, other)[0, 1])


def chains(pairs: Sequence[Pair], renderer: Renderer, number: int) -> list[list[Pair]]:
    """Candidates of one reference with one, two and three edits of one category each; at most
    `number` of each task.

    Only chains whose exact severity grows with every edit are kept.
    """
    references = {pair.source_id: pair for pair in pairs}
    found: list[list[Pair]] = []
    counts: Counter[str] = Counter()
    for source_id in sorted(references):
        first = references[source_id]
        if counts[first.task] == number:
            continue
        rng = random.Random(f"chain/{source_id}")
        task = get_task(first.task)
        operators = [one for one in task.operators if one.category is not None]
        category = rng.choice(sorted({str(one.category) for one in operators}))
        alike = [one for one in operators if one.category == category]
        sources = [first.reference_source]
        for _ in range(4 * CHAIN):
            edited = rng.choice(alike).apply(sources[-1], rng)
            if edited is not None and edited not in sources:
                sources.append(edited)
        chain = _drawn(first, sources[: CHAIN + 1], renderer)
        if chain is not None:
            found.append(chain)
            counts[first.task] += 1
    return found


def _drawn(first: Pair, sources: Sequence[str], renderer: Renderer) -> list[Pair] | None:
    rendered = renderer.render_batch([(first.task, source) for source in sources], scenes=True)
    if len(rendered) <= CHAIN:
        return None
    reference, chain, worst = rendered[0], list[Pair](), 0
    for source, candidate in zip(sources[1:], rendered[1:], strict=True):
        annotation = annotate_rendered(first.task, reference, candidate)
        report = annotation.report
        if report is None or report.total_severity <= worst:
            return None
        worst = report.total_severity
        assert reference.image is not None
        assert candidate.image is not None
        chain.append(
            Pair(
                id=f"{first.source_id}-{len(chain)}",
                source_id=first.source_id,
                task=first.task,
                split="test",
                route="edit",
                operators=(),
                reference=reference.image,
                candidate=candidate.image,
                reference_source=first.reference_source,
                candidate_source=source,
                report=report,
            )
        )
    return chain


def monotonicity(critic: Critic, grown: Sequence[Sequence[Pair]]) -> dict[str, dict[str, Any]]:
    """Mean severity after each edit, and how often a further edit makes it rise or fall: by kind of
    severity, over all chains and by task."""
    critiques, _ = critique_all(critic, [pair for chain in grown for pair in chain])
    kinds = {"reported": [critique.severity or 0.0 for critique in critiques]}
    if all(critique.expected_severity is not None for critique in critiques):
        kinds["expected"] = [float(critique.expected_severity or 0.0) for critique in critiques]
    tasks = np.array([chain[0].task for chain in grown])
    rows: dict[str, dict[str, Any]] = {}
    for kind, values in kinds.items():
        for task in ("overall", *task_names()):
            table = np.array(values).reshape(-1, CHAIN)[(tasks == task) | (task == "overall")]
            if len(table):
                steps = np.diff(table, axis=1)
                rows[f"{kind}, {task}"] = {
                    "chains": len(table),
                    **{f"edit {n + 1}": float(mean) for n, mean in enumerate(table.mean(axis=0))},
                    **_mean("steps that rise", (steps > 0).mean(axis=1)),
                    **_mean("steps that fall", (steps < 0).mean(axis=1)),
                }
    return rows


def _mean(name: str, values: ArrayLike) -> dict[str, Any]:
    """The mean of a value a pair or a chain, and its bootstrap interval of 95 %."""
    each = np.asarray(values, dtype=float)
    draws = draw_items(len(each), np.random.default_rng(0)) / len(each)
    low, high = np.percentile(draws @ each, [2.5, 97.5])
    return {name: float(each.mean()), f"{name}, 95 %": [float(low), float(high)]}


def swap(
    critic: Critic, pairs: Sequence[Pair], there: Sequence[Critique]
) -> dict[str, dict[str, Any]]:
    """Agreement of the places found in a pair with those found in the same pair turned round, over
    all pairs and by task. Pairs in which neither direction found a place are only counted: they
    must not make a critic that reports nothing look consistent.

    Args:
        there: the critic's critiques of the pairs as they are.
    """
    back, _ = critique_all(critic, [turned(pair) for pair in pairs])
    shares: dict[str, list[float]] = {}
    placeless: Counter[str] = Counter()
    for pair, one, other in zip(pairs, there, back, strict=True):
        left, right = (_places(each.report) if each.report else set() for each in (one, other))
        for name in ("overall", pair.task):
            if left | right:
                shares.setdefault(name, []).append(len(left & right) / len(left | right))
            else:
                placeless[name] += 1
    return {
        f"{critic.name}, {name}": {
            "pairs": len(found),
            "pairs without places": placeless[name],
            **_mean("places found again", found),
            **_mean("same set", [share == 1 for share in found]),
        }
        for name, found in shares.items()
    }


def turned(pair: Pair) -> Pair:
    """The pair with its sides exchanged, without a report."""
    return replace(
        pair,
        id=f"{pair.id}-turned",
        reference=pair.candidate,
        candidate=pair.reference,
        reference_source=pair.candidate_source,
        candidate_source=pair.reference_source,
        report=Report(pair.task),
    )


def _places(report: Report) -> set[str]:
    """Where the discrepancies are; of a shape, not how it looks, which is another's on each side
    ("red circle at top left")."""
    places = {error.location.lower() for error in report.errors}
    return {place.rpartition(" at ")[2] for place in places} if report.task == "svg" else places


def measure(
    critic: Critic, pairs: Sequence[Pair], number_of_chains: int, *, exact: bool = True
) -> dict[str, Any]:
    """All numbers of pairs of one domain: question → row → column → value.

    Args:
        exact: set the exact annotator next to the critic, for which the pairs are drawn again.
    """
    differ = [index for index, pair in enumerate(pairs) if pair.report.errors]
    differing = [pairs[index] for index in differ]
    with Renderer(drawing=drawing_of(pairs)) as renderer:
        critics: list[Critic] = [critic, PixelCritic()]
        if exact:
            critics.append(ExactCritic([*pairs, *map(turned, differing)], renderer))
        results: dict[str, Any] = {"critics": {}, "severities": {}, "monotonicity": {}, "swap": {}}
        for one in critics:
            critiques, seconds = critique_all(one, pairs)
            rate = {"pairs a processor second": len(pairs) / seconds}
            results["critics"][one.name] = {**quality(pairs, critiques), **rate}
            if one is critic:
                kinds = {"reported": [critique.severity or 0.0 for critique in critiques]}
                if all(critique.expected_severity is not None for critique in critiques):
                    kinds["expected"] = [one.expected_severity or 0.0 for one in critiques]
                for name, values in kinds.items():
                    for task in ("overall", *task_names()):
                        own = [n for n, pair in enumerate(pairs) if task in ("overall", pair.task)]
                        if own:
                            results["severities"][f"{name}, {task}"] = severities(
                                [pairs[n] for n in own], [values[n] for n in own]
                            )
            if differing and not isinstance(one, PixelCritic):
                there = [critiques[index] for index in differ]
                results["swap"] |= swap(one, differing, there)
        grown = chains(pairs, renderer, number_of_chains)
        if grown:
            results["monotonicity"] = monotonicity(critic, grown)
    return results


def show(results: dict[str, dict[str, Any]]) -> None:
    """The tables, in Markdown: one a question, with the rows of all domains."""
    for title in ("critics", "severities", "swap", "monotonicity"):
        rows = [
            (domain, name, row)
            for domain, found in results.items()
            for name, row in found[title].items()
        ]
        columns = list(dict.fromkeys(key for *_, row in rows for key in row))
        print(f"\n| sources | {title} | " + " | ".join(columns) + " |")
        print("|---" * (len(columns) + 2) + "|")
        for domain, name, row in rows:
            cells = [_cell(row.get(key)) for key in columns]
            print(f"| {domain_title(domain)} | {name} | " + " | ".join(cells) + " |")


def _cell(value: Any) -> str:
    if value is None:
        return "–"
    if isinstance(value, list):
        return f"{value[0]:.3g} to {value[1]:.3g}"
    return f"{value:.3g}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("critic", help="a model folder or another spec of a critic")
    parser.add_argument("data", type=Path, nargs="+", help="folders of pairs")
    parser.add_argument("--checked", action="store_true", help="also the package's real pairs")
    parser.add_argument("--pairs", type=int, default=300, help="pairs a domain and task, at most")
    parser.add_argument("--chains", type=int, default=40, help="chains a domain and task, at most")
    parser.add_argument(
        "--no-exact", action="store_true", help="without the exact annotator, which draws the pairs"
    )
    parser.add_argument("--json", type=Path, help="also write the numbers to this file")
    arguments = parser.parse_args()
    critic = critic_from_spec(arguments.critic, batch_size=64)
    chosen = held_out(arguments.data, arguments.pairs, arguments.checked)
    results = {
        name: measure(critic, pairs, arguments.chains, exact=not arguments.no_exact)
        for name, pairs in chosen.items()
    }
    show(results)
    if arguments.json is not None:
        arguments.json.write_text(json.dumps(results, indent=1) + "\n")


if __name__ == "__main__":
    main()
