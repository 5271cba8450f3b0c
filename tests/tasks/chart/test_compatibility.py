"""Programs for older libraries draw what they drew, and leave nothing behind."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from erm.render import Renderer
from erm.tasks.chart.compatibility import ALIASES, current_frequency, older_libraries

HEAD = "import numpy as np, pandas as pd, matplotlib.pyplot as plt\n"

PROGRAMS = {
    "labels of boxes": (
        "plt.boxplot([[1, 2, 3], [2, 3, 5]], labels=['a', 'b'])",
        "plt.boxplot([[1, 2, 3], [2, 3, 5]], tick_labels=['a', 'b'])",
    ),
    "colour maps": (
        "plt.bar([0, 1], [1, 2], color=[plt.cm.get_cmap('viridis', 4)(i) for i in (0, 3)])",
        "plt.bar([0, 1], [1, 2], color=[plt.colormaps['viridis'].resampled(4)(i) for i in (0, 3)])",
    ),
    "arrays of one number": (
        "y = np.array([1, 3, 2]); plt.plot(y); plt.axhline(y[y > 2])\n"
        "plt.annotate('top', (1, y[y > 2])); plt.text(y[y > 2] - 2, 1, 'a')",
        "plt.plot([1, 3, 2]); plt.axhline(3); plt.annotate('top', (1, 3)); plt.text(1, 1, 'a')",
    ),
    "styles of seaborn": (
        "plt.style.use('seaborn-whitegrid'); plt.plot([1, 3, 2])",
        "plt.style.use('seaborn-v0_8-whitegrid'); plt.plot([1, 3, 2])",
    ),
    "handles of a legend": (
        "plt.plot([1, 2], label='a')\nfor h in plt.legend().legendHandles: h.set_linewidth(5)",
        "plt.plot([1, 2], label='a')\nfor h in plt.legend().legend_handles: h.set_linewidth(5)",
    ),
    "names of NumPy": (
        "plt.plot(np.float_([1, np.NaN, 3, 2])); plt.title(np.trapz([1, 2, 4]))",
        "plt.plot(np.float64([1, np.nan, 3, 2])); plt.title(np.trapezoid([1, 2, 4]))",
    ),
    "frequencies": (
        "plt.plot(pd.date_range('2021-01-31', periods=4, freq='M'), [1, 3, 2, 4])",
        "plt.plot(pd.date_range('2021-01-31', periods=4, freq='ME'), [1, 3, 2, 4])",
    ),
    "resampling": (
        "pd.Series(range(90), pd.date_range('2022', periods=90)).resample('M').mean().plot()",
        "pd.Series(range(90), pd.date_range('2022', periods=90)).resample('ME').mean().plot()",
    ),
    "rows": (
        "plt.bar(*pd.DataFrame({'n': [0], 'v': [1]}).append({'n': 1, 'v': 2}, ignore_index=True)"
        ".T.values)",
        "plt.bar([0, 1], [1, 2])",
    ),
    "columns of texts": (
        "pd.DataFrame({'n': list('aba'), 'v': [1, 2, 3], 't': list('xyz')}).groupby('n').mean()"
        ".plot.bar()",
        "pd.DataFrame({'n': list('aba'), 'v': [1, 2, 3]}).groupby('n').mean().plot.bar()",
    ),
    "filling gaps": (
        "plt.plot(pd.Series([1, np.nan, 3]).fillna(method='ffill'))",
        "plt.plot(pd.Series([1, np.nan, 3]).ffill())",
    ),
    "density of a histogram": (
        "plt.hist([1, 2, 2, 3], normed=True)",
        "plt.hist([1, 2, 2, 3], density=True)",
    ),
}


@pytest.mark.parametrize("name", PROGRAMS)
def test_an_older_program_draws_what_it_drew(name: str, renderer: Renderer) -> None:
    older, newer = renderer.render_batch([("chart", HEAD + text) for text in PROGRAMS[name]])
    assert older.error is None
    assert older.image == newer.image


def test_nothing_stays_after_a_program() -> None:
    frame, resample = dict(vars(pd.DataFrame)), pd.DataFrame.resample
    with older_libraries():
        assert np.trapz([1.0, 1.0]) == 1.0  # type: ignore[attr-defined]
        assert pd.DataFrame.resample is not resample
    assert not hasattr(np, "trapz")
    assert dict(vars(pd.DataFrame)) == frame


@pytest.mark.parametrize(
    ("older", "current"),
    [("M", "ME"), ("2H", "2h"), ("Q-DEC", "QE-DEC"), ("D", "D"), ("ME", "ME"), (None, None)],
)
def test_frequencies(older: str | None, current: str | None) -> None:
    assert current_frequency(older) == current


def test_the_documentation_lists_every_alias() -> None:
    text = Path(__file__).parents[3].joinpath("docs", "compatibility.md").read_text("utf-8")
    rows = re.findall(r"^\| `(.+)` \| `(.+)` \|$", text, re.MULTILINE)
    assert rows == list(dict.fromkeys((alias.written, alias.meaning) for alias in ALIASES))
