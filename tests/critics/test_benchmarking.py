"""The stage that benchmarks a critic takes any critic by its spec."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from erm.critics.benchmarking import benchmark
from erm.critics.settings import BenchmarkSettings
from erm.registry.paired import critic_items
from erm.synthesis.settings import SynthesizeSettings
from erm.synthesis.synthesize import synthesize

NOWHERE = Path("no such folder")


@pytest.fixture(scope="module")
def pairs(tmp_path_factory: pytest.TempPathFactory, warm: None) -> Path:
    folder = tmp_path_factory.mktemp("data")
    settings = SynthesizeSettings(
        sources={"chart": 0, "table": 0, "svg": 6}, test_share=0.3, workers=1
    )
    synthesize(settings, folder / "pairs", folder / "work")
    return folder / "pairs"


@pytest.fixture(scope="module", autouse=True)
def without_ocr() -> Iterator[None]:
    """The reading critic is a baseline that takes a second a pair."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("erm.critics.benchmarking.missing_reader", lambda: "Not in this test.")
        yield


@pytest.fixture(scope="module")
def scored(
    pairs: Path, tmp_path_factory: pytest.TempPathFactory, without_ocr: None
) -> tuple[Path, dict[str, float]]:
    """The folder and the metrics of a critic without a model."""
    folder = tmp_path_factory.mktemp("scored")
    settings = BenchmarkSettings(critic="pixel", exact_annotator=False, similarities=(), hacks=None)
    return folder, benchmark(settings, NOWHERE, pairs, folder)


def _f1(folder: Path) -> float:
    summary = json.loads((folder / "summary.json").read_text())
    return float(summary["overall"]["overall"]["f1_hard"])


def test_a_critic_without_a_model_is_scored(scored: tuple[Path, dict[str, float]]) -> None:
    folder, metrics = scored
    assert metrics["unparsable"] == 0
    assert not any("untrained" in name for name in metrics)
    kept = json.loads((folder / "seconds.json").read_text())["seconds_per_pair"]
    assert kept == metrics["timing/seconds_per_pair"] > 0
    assert 0 <= _f1(folder) < 1


def test_items_give_the_score_that_promotion_compares(
    scored: tuple[Path, dict[str, float]],
) -> None:
    folder, metrics = scored
    for metric in ("f1_hard", "f1_soft"):
        for task, items in critic_items(folder, metric).items():
            found, whole = map(sum, zip(*items.values(), strict=True))
            assert found / whole == pytest.approx(metrics[f"{task}/{metric}"])
    number = sum(map(len, critic_items(folder, "f1_hard").values()))
    assert number == metrics["evaluated"] > 0


def test_the_exact_annotator_takes_the_critics_place(pairs: Path, tmp_path: Path) -> None:
    settings = BenchmarkSettings(
        critic="exact", exact_annotator=False, similarities=(), render_workers=1
    )
    metrics = benchmark(settings, NOWHERE, pairs, tmp_path)
    assert _f1(tmp_path) == 1
    assert metrics["svg/within_group_ranking"] == 1


def test_severities_of_one_reference_are_ranked_by_all(pairs: Path, tmp_path: Path) -> None:
    settings = BenchmarkSettings(
        critic="pixel", baseline_pairs=2, similarities=("mse", "ssim"), render_workers=1
    )
    metrics = benchmark(settings, NOWHERE, pairs, tmp_path, inferred=pairs)
    for place in ("", "inferred/"):
        for name in ("mse", "ssim"):
            ranked = metrics[f"{place}severity/{name}/svg/within_group_ranking"]
            assert 0 <= ranked <= 1
            assert f"{place}severity/{name}/svg/pearson" in metrics
        # Two pairs of a task are judged by a baseline, which are those of one reference.
        exact = f"{place}baselines/exact_annotator"
        assert metrics[f"{exact}/evaluated"] == 2
        assert metrics[f"{exact}/svg/within_group_ranking"] == 1
    assert (tmp_path / "inferred" / "similarity.csv").read_text().startswith("name,task,items,")
