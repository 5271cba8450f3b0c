"""How well a critic does on held-out pairs, and how it behaves: one table per question.

``python benchmarks/critic.py MODEL DATA [--pairs N] [--json FILE]`` takes a critic (any spec of
`erm.critics.loading`) and a folder of pairs, and prints F1, correlation, ranking, empty reports and
pairs a second, also of the pixel critic and the exact annotator; the reported and the expected
severity; whether more of the same error costs more; and whether the same places are found when the
images are swapped.
"""

from __future__ import annotations

import argparse
import json
import random
import time
from collections.abc import Sequence
from dataclasses import replace
from itertools import groupby
from pathlib import Path
from typing import Any

import numpy as np

from erm.annotation import annotate_rendered
from erm.benchmark import judge_from_spec, score
from erm.benchmark.statistics import rank_agreement
from erm.critics.base import Critic, Critique, ImagePair
from erm.critics.exact import ExactCritic
from erm.critics.loading import critic_from_spec
from erm.critics.pixel import PixelCritic
from erm.critics.prediction import items_of, predictions_of
from erm.dataset.pairs import Pair, read_pairs
from erm.errors import ErmError
from erm.render import Renderer
from erm.report import Report
from erm.tasks import get_task, task_names
from erm.tasks.settings import DrawingSettings

CHAIN = 3
"""Edits of one category that a chain of candidates grows by."""


def held_out(data: Path, number: int) -> list[Pair]:
    """At most `number` pairs of each task's test split, all candidates of a reference together."""
    chosen: list[Pair] = []
    for task in task_names():
        pairs = sorted(read_pairs(data, "test", [task]), key=lambda pair: pair.source_id)
        chosen += pairs[:number]
    if not chosen:
        raise ErmError(f"{data}: the test split is empty.")
    return chosen


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
        "parsed": sum(critique.parsed is not None for critique in critiques) / len(critiques),
        **{f"f1 {task}": metrics.get(f"{task}/f1_hard") for task in (*task_names(), "overall")},
        "pearson": correlations["total"],
        **{name: scores.additions["overall"][name] for name in _EMPTINESS},
    }


_EMPTINESS = ("empty_report_accuracy", "empty_recognised", "nonempty_recognised")


def severities(pairs: Sequence[Pair], predicted: Sequence[float]) -> dict[str, float | None]:
    """Pearson with the exact severity, and two shares of pairs in the correct order, ties a half:
    of any two pairs of one task, and of two candidates of one reference."""
    truth = np.array([pair.report.total_severity for pair in pairs], dtype=float)
    scores = np.array(predicted, dtype=float)
    numbers: dict[str, float | None] = {
        "pearson": float(np.corrcoef(scores, truth)[0, 1]) if scores.std() and truth.std() else None
    }
    for name, key in (("ranking", "task"), ("ranking of one reference", "source_id")):
        order = sorted(range(len(pairs)), key=lambda index: str(getattr(pairs[index], key)))
        correct, compared = 0.0, 0
        for _, group in groupby(order, key=lambda index: str(getattr(pairs[index], key))):
            members = list(group)
            agreed, unequal = rank_agreement(scores[members], truth[members])
            correct, compared = correct + agreed, compared + unequal
        numbers[name] = correct / compared if compared else None
    return numbers


def chains(pairs: Sequence[Pair], renderer: Renderer, number: int) -> list[list[Pair]]:
    """Candidates of one reference with one, two and three edits of one category each.

    Only chains whose exact severity grows with every edit are kept.
    """
    references = {pair.source_id: pair for pair in pairs}
    found: list[list[Pair]] = []
    for source_id in sorted(references):
        first = references[source_id]
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
        if len(found) == number:
            break
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


def monotonicity(critic: Critic, grown: Sequence[Sequence[Pair]]) -> dict[str, Any]:
    """Mean severity after each edit, and how often a further edit makes it fall."""
    if not grown:
        return {"chains": 0}
    flat = [pair for chain in grown for pair in chain]
    critiques, _ = critique_all(critic, flat)
    numbers: dict[str, Any] = {"chains": len(grown)}
    kinds = {"reported": [critique.severity or 0.0 for critique in critiques]}
    if all(critique.expected_severity is not None for critique in critiques):
        kinds["expected"] = [float(critique.expected_severity or 0.0) for critique in critiques]
    for kind, values in kinds.items():
        table = np.array(values).reshape(-1, CHAIN)
        steps = np.diff(table, axis=1)
        numbers[kind] = {
            "mean after each edit": table.mean(axis=0).round(3).tolist(),
            "steps that rise": float((steps > 0).mean()),
            "steps that fall": float((steps < 0).mean()),
        }
    return numbers


def swap(critic: Critic, pairs: Sequence[Pair]) -> dict[str, Any]:
    """Agreement of the places found in a pair with those found in the same pair turned round."""
    there, _ = critique_all(critic, pairs)
    back, _ = critique_all(critic, [turned(pair) for pair in pairs])
    shares: dict[str, list[float]] = {}
    for pair, one, other in zip(pairs, there, back, strict=True):
        if one.report is None or other.report is None:
            continue
        left, right = _places(one.report), _places(other.report)
        share = len(left & right) / len(left | right) if left | right else 1.0
        for name in (pair.task, "overall"):
            shares.setdefault(name, []).append(share)
    return {
        "same set": float(np.mean([share == 1 for share in shares["overall"]])),
        **{f"overlap {name}": float(np.mean(found)) for name, found in sorted(shares.items())},
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


def measure(spec: str, data: Path, number: int) -> dict[str, Any]:
    """All numbers, by question."""
    pairs = held_out(data, number)
    critic = critic_from_spec(spec, batch_size=64)
    differing = [pair for pair in pairs if pair.report.errors]
    # the sources of the default profile state the size at which it draws them
    with Renderer(drawing=DrawingSettings(raster_side=0)) as renderer:
        exact = ExactCritic([*pairs, *map(turned, differing)], renderer)
        critics: list[Critic] = [critic, PixelCritic(), exact]
        results: dict[str, Any] = {"pairs": len(pairs), "critics": {}}
        for one in critics:
            critiques, seconds = critique_all(one, pairs)
            rate = {"pairs a processor second": len(pairs) / seconds}
            results["critics"][one.name] = {**quality(pairs, critiques), **rate}
            if one is critic:
                kinds = {"reported": [critique.severity or 0.0 for critique in critiques]}
                if all(critique.expected_severity is not None for critique in critiques):
                    kinds["expected"] = [one.expected_severity or 0.0 for one in critiques]
                results["severities"] = {
                    name: severities(pairs, values) for name, values in kinds.items()
                }
        results["monotonicity"] = monotonicity(critic, chains(pairs, renderer, number // 4))
        results["swap"] = {one.name: swap(one, differing) for one in (critic, exact)}
    return results


def show(results: dict[str, Any]) -> None:
    """The tables, in Markdown."""
    for title in ("critics", "severities", "swap"):
        rows = results[title]
        columns = list(next(iter(rows.values())))
        print(f"\n| {title} | " + " | ".join(columns) + " |")
        print("|---" * (len(columns) + 1) + "|")
        for name, row in rows.items():
            cells = ["–" if row[key] is None else f"{row[key]:.3g}" for key in columns]
            print(f"| {name} | " + " | ".join(cells) + " |")
    print(f"\nmonotonicity: {json.dumps(results['monotonicity'])}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("critic", help="a model folder or another spec of a critic")
    parser.add_argument("data", type=Path, help="a folder of pairs")
    parser.add_argument("--pairs", type=int, default=100, help="held-out pairs a task, at most")
    parser.add_argument("--json", type=Path, help="also write the numbers to this file")
    arguments = parser.parse_args()
    results = measure(arguments.critic, arguments.data, arguments.pairs)
    show(results)
    if arguments.json is not None:
        arguments.json.write_text(json.dumps(results, indent=1) + "\n")


if __name__ == "__main__":
    main()
