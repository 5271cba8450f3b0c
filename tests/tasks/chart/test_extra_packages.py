"""Programs that import packages of the extra ``charts``: they draw when contained, and are read."""

from __future__ import annotations

import pytest

from erm.annotation import annotate_rendered
from erm.render import Renderer
from tests.tasks.chart.reports import errors_of

pytest.importorskip("squarify", reason="the extra charts is not installed")

HEAD = "import matplotlib.pyplot as plt\nfig, ax = plt.subplots(figsize=(4, 3), dpi=80)\n"
TREEMAP = """
import squarify
squarify.plot([6, 4, 3, 2, 1], label=["a", "b", "c", "d", "e"], color=["#1f77b4", "#ff7f0e",
              "#2ca02c", "#d62728", "#9467bd"], ax=ax)
ax.axis("off")
"""
VENN = """
from matplotlib_venn import venn2
venn2(subsets=(3, 2, 1), set_labels=("Left", "Right"), ax=ax)
"""
GRAPH = """
import networkx as nx
graph = nx.Graph([(1, 2), (2, 3), (3, 1), (3, 4)])
nx.draw(graph, {1: (0, 0), 2: (1, 0), 3: (1, 1), 4: (2, 1.5)}, ax=ax, with_labels=True)
"""
DIRECTED = GRAPH.replace("Graph", "DiGraph")
CLOUD = """
from wordcloud import WordCloud
ax.imshow(WordCloud(width=200, height=100, random_state=1).generate("apple pear fig pear apple"))
ax.axis("off")
"""
SMOOTHED = """
import numpy as np, seaborn as sns
rng = np.random.default_rng(0)
sns.residplot(x=rng.random(30), y=rng.random(30), lowess=True, ax=ax)
"""

STRUCTURE, DATA, TEXT, STYLE = "structure_error", "data_error", "text_error", "style_error"

CASES = [
    (TREEMAP, "3, 2, 1]", "3, 2, 3]", [(DATA, 2, "tile 'e'")]),
    (TREEMAP, "6, 4, 3, 2, 1]", "6, 5, 3, 3, 3]", [(DATA, 2, "treemap")]),
    (TREEMAP, '"#ff7f0e"', '"#8c564b"', [(STYLE, 1, "tile 'b'")]),
    (TREEMAP, '"c"', '"other"', [(TEXT, 3, "tile label 3")]),
    (VENN, '"Left"', '"First"', [(TEXT, 2, "note 'Left'")]),
    (VENN, "set_l", "alpha=0.9, set_l", [(STYLE, 1, "marks")]),
    (GRAPH, "4: (2, 1.5)", "4: (2, 0.5)", [(DATA, 3, "point at 2")]),
    (GRAPH, "(3, 1), ", "", [(STRUCTURE, 2, "lines")]),
    (GRAPH, "with_l", 'node_color="orange", with_l', [(STYLE, 2, "points")]),
    (DIRECTED, "(3, 1), ", "", [(STRUCTURE, 2, "black shape")]),
    (CLOUD, "random_state=1", "random_state=2", [(STRUCTURE, 2, "image")]),
    (SMOOTHED, "ax=ax", 'ax=ax, color="red"', [(STYLE, 2, "points"), (STYLE, 2, "line")]),
]


@pytest.mark.parametrize(("body", "part", "other", "expected"), CASES)
def test_one_change_is_one_discrepancy(
    renderer: Renderer, body: str, part: str, other: str, expected: list[tuple[str, int, str]]
) -> None:
    assert part in body
    errors = errors_of(renderer, HEAD + body, HEAD + body.replace(part, other))
    found = [(error.category, error.severity, error.location) for error in errors]
    assert sorted(found) == sorted(expected)


def test_a_missing_tile_takes_its_label_with_it(renderer: Renderer) -> None:
    fewer = TREEMAP.replace(", 1]", "]").replace(', "e"', "").replace(', "#9467bd"', "")
    items = [("chart", HEAD + TREEMAP), ("chart", HEAD + fewer)]
    annotation = annotate_rendered("chart", *renderer.render_batch(items, scenes=True))
    assert annotation.report is not None
    assert [error.location for error in annotation.report.errors] == ["tile 'e'"]


def test_bars_for_a_treemap_are_another_chart(renderer: Renderer) -> None:
    bars = 'ax.bar(["a", "b", "c"], [6, 4, 3])\n'
    items = [("chart", HEAD + TREEMAP), ("chart", HEAD + bars)]
    annotation = annotate_rendered("chart", *renderer.render_batch(items, scenes=True))
    assert annotation.report is not None
    described = [error.description for error in annotation.report.errors]
    assert "is a bar chart instead of a treemap" in described
