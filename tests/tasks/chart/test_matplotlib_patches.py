"""The patches of matplotlib fit, and pictures are those of the unpatched library."""

from __future__ import annotations

import importlib
import io
import subprocess
import sys
from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np
import PIL.Image
import pytest
from matplotlib.figure import Figure

from erm.render import Renderer
from erm.tasks.chart.matplotlib_patches import PATCHES, measured_once, patched, unfit_patches

PROGRAMS = {
    "tight layout": "fig, axes = plt.subplots(2, 2)\nfor ax in axes.flat:\n"
    "    ax.plot([1, 3, 2]); ax.set_title('title'); ax.set_ylabel('values')\nfig.tight_layout()\n",
    "constrained layout": "fig, axes = plt.subplots(1, 2, layout='constrained')\n"
    "axes[0].imshow([[1, 2], [3, 4]]); axes[1].bar(['a', 'b'], [1, 2]); fig.suptitle('both')\n",
    "no layout": "fig, ax = plt.subplots()\nax.scatter([1, 2], [3, 4], label='x'); ax.legend()\n",
    "inset": "fig, ax = plt.subplots()\nax.plot([1, 2]); ax.inset_axes([0.5, 0.1, 0.3, 0.3])\n"
    "fig.tight_layout()\n",
}


@pytest.mark.parametrize("name", PROGRAMS)
def test_pictures_are_those_of_the_unpatched_library(
    name: str, renderer: Renderer, tmp_path: Path
) -> None:
    source = f"import matplotlib.pyplot as plt\n{PROGRAMS[name]}fig.savefig('out.png')\n"
    head = "import matplotlib\nmatplotlib.use('agg')\n"
    subprocess.run([sys.executable, "-c", head + source], cwd=tmp_path, check=True)
    plain = np.asarray(PIL.Image.open(tmp_path / "out.png").convert("RGB"))
    (rendered,) = renderer.render_batch([("chart", source)])
    assert np.array_equal(rendered.pixels, plain)


def test_every_patch_fits_the_installed_matplotlib() -> None:
    assert unfit_patches() == []


def test_a_patch_that_does_not_fit_is_named_and_left_out() -> None:
    with mock.patch.dict(PATCHES, {"show": PATCHES["show"]._replace(name="present")}):
        (sentence,) = unfit_patches()
        assert "pyplot.present" in sentence
        with patched({"show": print}):
            pass


def test_a_layout_measures_each_axes_once() -> None:
    artist: Any = importlib.import_module("matplotlib.artist")
    layout_engine: Any = importlib.import_module("matplotlib.layout_engine")
    figure = Figure()
    figure.subplots(1, 2)
    calls: list[object] = []
    measure = artist._get_tightbbox_for_layout_only

    def counted(item: object, *args: object, **kwargs: object) -> object:
        calls.append(item)
        return measure(item, *args, **kwargs)

    with (
        mock.patch.object(artist, "_get_tightbbox_for_layout_only", counted),
        mock.patch.object(
            layout_engine,
            "get_tight_layout_figure",
            measured_once(layout_engine.get_tight_layout_figure),
        ),
    ):
        figure.tight_layout()
    top = [item for item in calls if item in figure.axes]
    assert len(top) == len(figure.axes)
    figure.savefig(io.BytesIO())
