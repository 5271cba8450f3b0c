"""Our additions: intervals, ranking, calibration, comparison of critics, baselines, similarity."""

from collections.abc import Callable
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageDraw

from erm.benchmark import (
    CommonestErrorCritic,
    Item,
    Prediction,
    Scores,
    comparison_table,
    judge_from_spec,
    score,
)
from erm.benchmark.blindness import annotated_severity, compare_distances, plot_distances
from erm.benchmark.formats import SOURCES
from erm.benchmark.similarity import measure_distances
from erm.benchmark.statistics import rank_agreement, within_group_ranking
from erm.errors import ErmError
from erm.report import Report
from erm.tasks.discrepancy import Discrepancy
from erm.tasks.shared.text import normalized_distance
from erm.tasks.table.teds import teds
from tests.vision_models import needs_lpips, save_clip, save_dino


def bar(number: int, severity: int = 1) -> dict[str, Any]:
    place = f"bar 'B{number}'"
    named = {"type": "data_error", "severity": severity, "location": place}
    return {**named, "description": f"value is {number + 10} instead of {3 * number + 60}"}


def judged(reports: list[Any], annotated: list[list[dict[str, Any]]]) -> Scores:
    predictions = [
        Prediction(Item(n, n, "chart", None, None, errors), report)
        for n, (report, errors) in enumerate(zip(reports, annotated, strict=True))
    ]
    return score(predictions, judge_from_spec("offline"))


ANNOTATED = [[bar(k, 1 + k % 3) for k in range(n % 4)] for n in range(40)]
PERFECT = [{"errors": errors} for errors in ANNOTATED]
HALF = [{"errors": errors[: len(errors) // 2]} for errors in ANNOTATED]


def test_additions_by_hand() -> None:
    reports = [{"errors": [bar(1, 3), bar(9)]}, {"errors": []}, None, {"errors": [bar(4)]}]
    extra = judged(reports, [[bar(1, 1), bar(2, 2)], [], [], [bar(4)]]).additions["overall"]
    assert extra["precision_hard"] == pytest.approx(2 / 3)
    assert extra["recall_hard"] == pytest.approx(2 / 3)
    assert extra["severity_mae"] == pytest.approx((1 + 0 + 0 + 0) / 4)
    assert extra["severity_mae_matched"] == pytest.approx((2 + 0) / 2)
    # The third item has no report: silence by failure is not a recognised equal pair.
    assert extra["empty_recognised"] == 0.5
    assert extra["empty_report_accuracy"] == 0.75
    assert extra["ranking_accuracy"] == 1.0
    assert sum(row["items"] for row in extra["calibration"]) == 4


def test_interval_holds_the_value_and_is_seeded() -> None:
    scores = judged(HALF, ANNOTATED)
    low, high = scores.additions["overall"]["f1_hard_interval_95"]
    assert low < scores.summary["overall"]["overall"]["f1_hard"] < high
    assert judged(HALF, ANNOTATED).additions == scores.additions
    perfect = judged(PERFECT, ANNOTATED).additions["overall"]
    assert perfect["f1_hard_interval_95"] == [1.0, 1.0]


def test_nothing_gives_undefined_values() -> None:
    extra = judged([], []).additions["overall"]
    assert extra["f1_hard_interval_95"] is None
    assert extra["ranking_accuracy"] is None
    assert extra["severity_mae"] is None


def test_rank_agreement_counts_ties_half() -> None:
    assert rank_agreement(np.array([1.0, 2, 2]), np.array([1.0, 2, 3])) == (2.5, 3)
    assert rank_agreement(np.array([3.0, 1]), np.array([5.0, 5])) == (0.0, 0)


def test_ranking_of_one_reference_by_hand() -> None:
    groups = ["a", "a", "a", "b", "b", "c", "c", None, None]
    truth = np.array([1.0, 2, 3, 0, 5, 4, 4, 1, 2])
    scores = np.array([1.0, 3, 2, 6, 6, 1, 2, 2, 1])
    found = within_group_ranking(groups, scores, truth)
    # a: two of three pairs; b: a tie; c has no pair that differs; the last two have no reference.
    assert found["within_group_ranking"] == pytest.approx((2 / 3 + 1 / 2) / 2)
    assert found["within_group_references"] == 2
    assert found["within_group_ranking_interval_95"] == pytest.approx([1 / 2, 2 / 3])
    assert within_group_ranking(groups, scores, truth) == found
    nothing = within_group_ranking(["c", "c"], scores[5:7], truth[5:7])
    assert list(nothing.values()) == [None, None, 0]


def test_a_value_that_is_missing_is_never_in_order() -> None:
    unknown, truth = np.array([np.nan, 1.0, 2.0]), np.array([0.0, 1.0, 2.0])
    found = within_group_ranking(["a"] * 3, unknown, truth)["within_group_ranking"]
    assert found == pytest.approx(1 / 3)


def test_candidates_of_one_reference_are_known_by_source_or_picture() -> None:
    errors = [[bar(1, 1)], [bar(1, 3)], [bar(1, 2)], []]
    sources = ["one", "one", "two", "two"]
    items = [
        Item(n, n, "chart", None, None, own, {"reference_source": source})
        for n, (source, own) in enumerate(zip(sources, errors, strict=True))
    ]
    reports: list[Any] = [{"errors": [bar(1, 2)]}, {"errors": [bar(1, 3)]}, {"errors": []}, None]
    predictions = [Prediction(item, report) for item, report in zip(items, reports, strict=True)]
    scores = score(predictions, judge_from_spec("offline"))
    # Of "two", the candidate without a report must not pass as found to be perfect.
    assert scores.additions["overall"]["within_group_ranking"] == 0.5
    metrics = scores.metrics()
    bounds = [metrics[f"chart/within_group_ranking{end}"] for end in ("_low", "", "_high")]
    assert bounds == [0.0, 0.5, 1.0]
    pictured = [replace(item, reference=picture(20), extra={}) for item in items]
    (row,) = compare_distances(pictured, {"distance": np.array([1.0, 4, 2, 3])})
    # By severities 1, 3, 2, 0 and these distances, four of six pairs are in order.
    assert row["within_group_ranking"] == pytest.approx(4 / 6)
    assert row["within_group_references"] == 1


def test_comparison_is_paired() -> None:
    named = {"half": judged(HALF, ANNOTATED), "perfect": judged(PERFECT, ANNOTATED)}
    first, second = comparison_table(named)
    assert first["p_value"] is None
    assert second["difference"] > 0.2
    assert second["p_value"] < 0.01
    assert second["difference_interval_95"][0] > 0
    _, same = comparison_table({"a": named["half"], "b": named["half"]})
    assert same["difference"] == 0
    assert same["p_value"] == 1
    with pytest.raises(ErmError, match="none of the first critic's items"):
        comparison_table({"a": named["half"], "b": judged([], [])})


def of_domains(*domains: str | None) -> Scores:
    """Scores of one right answer (compact), two of three (real), and so on, by domain."""
    title = {"type": "text_error", "location": "title", "description": "is missing", "severity": 2}
    predictions = []
    for n, domain in enumerate(domains):
        extra = {} if domain is None else {"domain": domain}
        item = Item(n, n, "chart", None, None, [title], extra)
        predictions.append(Prediction(item, {"errors": [title] if n % 2 == 0 else []}))
    return score(predictions, judge_from_spec("offline"))


def test_each_domain_is_scored_apart() -> None:
    scores = of_domains("real", "compact", "compact")
    assert list(scores.by_domain) == ["compact", "real"]
    assert scores.domain is None
    metrics = scores.metrics()
    assert metrics["real/chart/f1_hard"] == 1
    assert metrics["compact/overall/f1_hard"] == pytest.approx(2 / 3)
    assert (metrics["evaluated"], metrics["compact/evaluated"], metrics["real/evaluated"]) == (
        *(3, 2, 1),
    )
    assert scores.to_dict()["additions"]["by_domain"]["real"]["evaluated"] == 1
    rows = comparison_table({"a": scores, "b": scores})
    assert [(row["domain"], row["name"], row["items"]) for row in rows] == [
        *((None, name, 3) for name in "ab"),
        *(("compact", name, 2) for name in "ab"),
        *(("real", name, 1) for name in "ab"),
    ]


def test_one_domain_is_named_and_none_is_not() -> None:
    one = of_domains("wide", "wide")
    assert one.domain == "wide"
    assert one.metrics()["wide/evaluated"] == 2
    assert [row["domain"] for row in comparison_table({"a": one})] == ["wide"]
    none = of_domains(None, "finance")
    assert not none.by_domain
    assert "by_domain" not in none.to_dict()["additions"]
    assert list(of_domains("real", None).by_domain) == ["real", "not stated"]


def test_commonest_error_critic() -> None:
    common = Discrepancy("data_error", 2, "bar 'a'", "value is 1 instead of 2")
    rare = Discrepancy("text_error", 1, "title", "is missing")
    critic = CommonestErrorCritic(
        [Report("chart", (common, rare)), Report("chart", (common,)), Report("svg", ())]
    )
    items = [Item(n, n, task, None, None, []) for n, task in enumerate(("chart", "svg"))]
    chart, svg = critic.predict(items)
    assert chart.pred_json["data_error_count"] == 1
    assert chart.pred_json["errors"][0]["description"] == "value is 1 instead of 2"
    assert svg.pred_json == {"errors": []}


def picture(height: int, shift: int = 0) -> bytes:
    image = Image.new("RGB", (60, 40), "white")
    ImageDraw.Draw(image).rectangle((10 + shift, 40 - height, 30 + shift, 40), fill="navy")
    stream = BytesIO()
    image.save(stream, "PNG")
    return stream.getvalue()


def test_similarities_against_severity() -> None:
    items = [
        Item(n, n, "chart", picture(20), picture(20 + 4 * n), [bar(n, 1)] * n) for n in range(5)
    ]
    distances = measure_distances(items, ["mse", "ssim"])
    assert list(distances) == ["pixel MSE", "1 − SSIM"]
    for values in distances.values():
        assert values[0] == pytest.approx(0, abs=1e-9)
        assert np.all(np.diff(values) > 0)
    rows = compare_distances(items, distances)
    assert [row["ranking_accuracy"] for row in rows] == [1.0, 1.0]
    assert all(row["pearson"] > 0.9 for row in rows)
    assert annotated_severity(items).tolist() == [0, 1, 2, 3, 4]
    blind = compare_distances(items, {"none": np.array([5.0, 4, 3, 2, 1])})[0]
    assert blind["blind"] == 1.0
    assert blind["blind_by_category"] == {
        "structure_error": None,
        "data_error": 1.0,
        "text_error": None,
        "style_error": None,
    }
    assert len(plot_distances(items, distances).axes) == 2


def test_similarity_of_other_sizes_and_broken_images() -> None:
    small = BytesIO()
    Image.new("RGB", (2, 2)).save(small, "PNG")
    items = [
        Item("a", 0, "chart", small.getvalue(), picture(20), []),
        Item("b", 1, "chart", b"x", b"y", []),
        Item("c", 2, "chart", None, b"y", []),
    ]
    for values in measure_distances(items, ["mse", "ssim"]).values():
        assert np.isfinite(values).tolist() == [True, False, False]
    (row,) = compare_distances(items, measure_distances(items, ["mse"]))
    assert (row["items"], row["blind"], row["spearman"]) == (1, None, None)


def test_teds_where_sources_are_known() -> None:
    sources = dict(zip(SOURCES, (TABLE, TABLE.replace("10", "11")), strict=True))
    items = [
        Item(0, 0, "table", None, None, [], sources),
        Item(1, 1, "table", None, None, []),
        Item(2, 2, "chart", None, None, [], sources),
    ]
    found = measure_distances(items, ["teds"])["1 − TEDS"]
    assert found == pytest.approx([0.5 / 6, np.nan, np.nan], nan_ok=True)
    with pytest.raises(ErmError, match="Unknown similarity 'lpips'; known: mse, ssim, teds"):
        measure_distances(items, ["lpips"])


@pytest.mark.parametrize(("kind", "save"), [("dino", save_dino), ("clip", save_clip)])
def test_features_of_a_vision_model(
    tmp_path: Path, kind: str, save: Callable[[Path], None]
) -> None:
    save(tmp_path / kind)
    items = [
        Item(0, 0, "chart", picture(20), picture(20), []),
        Item(1, 1, "chart", None, picture(20), []),
        Item(2, 2, "chart", picture(20), picture(38, 10), []),
    ]
    (found,) = measure_distances(items, [f"features:{tmp_path / kind}"]).items()
    assert found[0] == f"1 − cosine, {kind}"
    same, none, other = found[1]
    assert abs(same) < 1e-6 < other
    assert np.isnan(none)
    with pytest.raises(ErmError, match="can't be loaded as a vision model"):
        measure_distances(items, [f"features:{tmp_path}"])


@needs_lpips
def test_the_score_of_unisvg_is_a_mean_of_three(tmp_path: Path) -> None:
    clip = tmp_path / "clip"
    save_clip(clip)
    items = [
        Item(0, 0, "svg", picture(20), picture(20), []),
        Item(1, 1, "svg", None, picture(20), []),
        Item(2, 2, "svg", picture(20), picture(38, 10), []),
    ]
    found = measure_distances(items, ["ssim", "lpips:alex", f"features:{clip}", f"unisvg:{clip}"])
    assert list(found) == ["1 − SSIM", "LPIPS, alex", "1 − cosine, clip", "1 − UniSVG, clip"]
    ssim, lpips, features, unisvg = found.values()
    same, none, other = 1 - unisvg
    assert same == pytest.approx(1.0)
    assert np.isnan(none)
    terms = 0.2 * (1 - ssim) + 0.2 * (1 - lpips) + 0.6 * (1 - features)
    assert other == pytest.approx(terms[2]) != 1.0
    with pytest.raises(ErmError, match="can't be loaded as a vision model"):
        measure_distances(items, ["ssim", f"unisvg:{tmp_path}"])


TABLE = "<table><tr><th>a</th><th>b</th></tr><tr><td>10</td><td>20</td></tr></table>"


def test_teds_by_hand() -> None:
    assert teds(TABLE, TABLE) == 1
    bodied = TABLE.replace("<tr><th>", "<thead><tr><th>").replace(
        "</th></tr>", "</th></tr></thead>"
    )
    bodied = bodied.replace("<tr><td>", "<tbody><tr><td>").replace(
        "</td></tr>", "</td></tr></tbody>"
    )
    assert teds(bodied, "| a | b |\n|---|---|\n| 10 | 20 |") == 1
    changed = TABLE.replace("10", "11")
    assert teds(TABLE, changed) == pytest.approx(1 - 0.5 / 6)
    assert teds(TABLE, changed, structure_only=True) == 1
    without_row = TABLE.replace("<tr><td>10</td><td>20</td></tr>", "")
    assert teds(TABLE, without_row) == pytest.approx(1 - 3 / 6)
    spanned = TABLE.replace("<td>10</td><td>20</td>", "<td colspan=2>10</td>")
    assert teds(TABLE, spanned) == pytest.approx(1 - 2 / 6)
    assert teds(TABLE, "no table") == teds("", TABLE) == 0
    assert teds("<table></table>", "<table></table>") == 1
    assert teds(TABLE, "<table></table>") == 0
    with pytest.raises(ErmError, match="too large"):
        teds(TABLE, "<table>" + "<tr><td>1</td></tr>" * 1000 + "</table>")
    assert normalized_distance("kitten", "sitting") == pytest.approx(3 / 7)
