"""Takes down the plotting calls of a program while it runs, and what it has drawn at the end.

These are the facts that ChartMimic's low-level scores compare (`erm.tasks.chart.chartmimic`). The
calls and the colours that count, how they are grouped, and that calls within calls don't count,
are those of the public evaluator (ChartMimic, Yang et al. 2024, arXiv 2406.09961, its prefixes for
chart type and colour). Runs only inside the contained worker. Replaces plotting methods while the
program runs; other replacements are in `erm.tasks.chart.matplotlib_patches`.

Not covered: scores (`erm.tasks.chart.chartmimic`).
"""

from __future__ import annotations

import functools
import importlib
import importlib.util
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from contextlib import ExitStack
from typing import Any, NamedTuple, Self
from unittest import mock

from matplotlib.axes import Axes, _base
from matplotlib.backend_bases import RendererBase
from matplotlib.colors import to_hex
from matplotlib.figure import Figure
from matplotlib.image import NonUniformImage
from matplotlib.patches import Circle, Ellipse, PathPatch
from matplotlib.projections.polar import PolarAxes
from mpl_toolkits.mplot3d import Axes3D

from erm.tasks.chart.chartmimic import ChartFacts

_LINES = _base._process_plot_var_args  # type: ignore[attr-defined]
"""What makes the lines of `Axes.plot` and of methods that build on it."""

MOST_COLOURS = 20_000
"""Distinct colours of a drawing that are taken down, at most."""


class _Seen(NamedTuple):
    """Something drawn: the colour it began with, and how to read those that it has now."""

    first: str
    now: Callable[[], Iterable[str]]


_Colours = Callable[[Any, tuple[Any, ...], dict[str, Any]], Sequence[_Seen]]
"""(what a method returned, its arguments, its keywords) → what it drew."""


class _Method(NamedTuple):
    """A plotting method.

    Attributes:
        kind: under which it is counted; None where it is not.
        group: of its colours; None where they don't count.
    """

    owner: Any
    name: str
    kind: str | None = None
    group: str | None = None
    colours: _Colours | None = None


class PlotLog:
    """What plotting methods a program calls and what they draw, while the context lasts.

    Args:
        source: the program; methods of packages that it does not name stay as they are.
    """

    def __init__(self, source: str) -> None:
        self.calls: Counter[str] = Counter()
        self._source = source
        self._replaced = ExitStack()
        self._seen: dict[tuple[str, str], _Seen] = {}
        self._counting = False
        self._colouring = False

    def __enter__(self) -> Self:
        for method in (*_METHODS, *_methods_of_packages(self._source)):
            if hasattr(method.owner, method.name):
                recorded = _recorded(self, method, getattr(method.owner, method.name))
                patch = mock.patch.object(method.owner, method.name, recorded)
                self._replaced.enter_context(patch)
        return self

    def __exit__(self, *_: object) -> None:
        self._replaced.close()

    def run(
        self, method: _Method, call: Callable[..., Any], args: tuple[Any, ...], kwargs: Any
    ) -> Any:
        """Call a plotting method and take it down, unless another one that counts calls it."""
        kind, group = method.kind, method.group
        if method.name in ("plot", "scatter") and args and isinstance(args[0], PolarAxes):
            group = f"polar {method.name}"
            kind = group if method.name == "plot" else kind
        counts = kind is not None and not self._counting
        colours = group is not None and method.colours is not None and not self._colouring
        self._counting |= counts
        self._colouring |= colours
        try:
            result = call(*args, **kwargs)
        finally:
            self._counting &= not counts
            self._colouring &= not colours
        if counts and kind is not None:
            self.calls[kind] += 1
        if colours and group is not None and method.colours is not None:
            for seen in method.colours(result, args, kwargs):
                self._seen[group, seen.first] = seen
        return result

    def facts(self, figure: Figure) -> ChartFacts:
        """The facts of the drawing; takes the tick labels of x and y off the figure."""
        colours = ((group, name) for (group, _), seen in self._seen.items() for name in seen.now())
        return ChartFacts(
            texts=_texts(figure),
            layout=_layout(figure),
            calls=dict(self.calls),
            colours=list(dict.fromkeys(colours))[:MOST_COLOURS],
        )


def _recorded(log: PlotLog, method: _Method, call: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(call)
    def recorded(*args: Any, **kwargs: Any) -> Any:
        return log.run(method, call, args, kwargs)

    return recorded


class _Listener(RendererBase):
    """Draws nothing and keeps the strings that it is asked to draw."""

    def __init__(self, width: float, height: float, dpi: float) -> None:
        super().__init__()
        self.width, self.height, self.dpi = width, height, dpi
        self.texts: list[str] = []

    def draw_text(self, gc: Any, x: Any, y: Any, s: str, *args: Any, **kwargs: Any) -> None:
        self.texts.append(str(s))

    def draw_path(self, *args: Any, **kwargs: Any) -> None:
        pass

    def draw_image(self, *args: Any, **kwargs: Any) -> None:
        pass

    def draw_markers(self, *args: Any, **kwargs: Any) -> None:
        pass

    def draw_path_collection(self, *args: Any, **kwargs: Any) -> None:
        pass

    def draw_quad_mesh(self, *args: Any, **kwargs: Any) -> None:
        pass

    def draw_gouraud_triangles(self, *args: Any, **kwargs: Any) -> None:
        pass

    def get_canvas_width_height(self) -> tuple[float, float]:
        return self.width, self.height

    def points_to_pixels(self, points: Any) -> Any:
        return points * self.dpi / 72


def _texts(figure: Figure) -> list[str]:
    for axes in figure.get_axes():
        axes.set_xticks([])
        axes.set_yticks([])
    listener = _Listener(*figure.bbox.size, figure.dpi)
    figure.draw(listener)
    return listener.texts


def _layout(figure: Figure) -> list[tuple[int, int, int, int, int, int]]:
    found = []
    for axes in figure.axes:
        spec = axes.get_subplotspec()
        if spec is not None:
            rows, columns = spec.get_gridspec().get_geometry()
            down, across = spec.rowspan, spec.colspan
            place = (down.start, down.stop - 1, across.start, across.stop - 1)
            found.append((rows, columns, *place))
    return found


def _hex(colour: Any) -> str:
    return to_hex(colour).upper()


def _one(artist: Any, read: Callable[[Any], Any]) -> _Seen:
    return _Seen(_hex(read(artist)), lambda: [_hex(read(artist))])


def _each(artists: Iterable[Any], read: Callable[[Any], Any]) -> list[_Seen]:
    """One artist, one colour."""
    return [_one(artist, read) for artist in artists]


def _all(artist: Any, read: Callable[[Any], Any]) -> list[_Seen]:
    """One artist, many colours; it goes by the last one."""
    colours = read(artist)
    return [_Seen(_hex(colours[-1]), lambda: map(_hex, read(artist)))] if len(colours) else []


def _line(artist: Any) -> Any:
    return artist.get_color()


def _face(artist: Any) -> Any:
    return artist.get_facecolor()


def _edges(artist: Any) -> Any:
    return artist.get_edgecolor()


def _first_face(artist: Any) -> Any:
    return artist.get_facecolor()[0]


def _map_name(artist: Any) -> list[_Seen]:
    name = artist.get_cmap().name
    return [_Seen(name, lambda: [artist.get_cmap().name])]


def _of_map(kwargs: dict[str, Any]) -> list[_Seen]:
    """The colour map that was asked for by keyword."""
    asked = kwargs.get("cmap")
    name = asked if isinstance(asked, str) else getattr(asked, "name", None)
    return [] if name is None else [_Seen(str(name), lambda: [str(name)])]


def _first_of(artist: Any) -> list[_Seen]:
    """The first face of a collection that has any."""

    def now() -> list[str]:
        return [_hex(face) for face in artist.get_facecolor()[:1]]

    return [_Seen(first, now) for first in now()]


def _flat(patches: Any) -> list[Any]:
    """The bars or outlines of one histogram or of several."""
    found: list[Any] = []
    for patch in patches if isinstance(patches, Iterable) else [patches]:
        found += _flat(patch) if isinstance(patch, Iterable) else [patch]
    return found


def _exactly(*kinds: type) -> _Colours:
    """The face of the object that was made, where it is of one of the types itself."""

    def colours(_: Any, args: tuple[Any, ...], __: dict[str, Any]) -> list[_Seen]:
        return _each([it for it in args[:1] if type(it) in kinds], _face)

    return colours


def _treemap_tiles(axes: Any) -> list[Any]:
    return [tile for container in axes.containers for tile in container]


def _arrows_or_lines(result: Any) -> list[_Seen]:
    if not isinstance(result, list):
        return _all(result, _edges)
    if not result:
        return []
    return [_Seen(_hex(_face(result[-1])), lambda: [_hex(_face(arrow)) for arrow in result])]


def _regions(diagram: Any) -> list[_Seen]:
    def now() -> list[str]:
        return [_hex(_face(patch)) for patch in diagram.patches if patch is not None]

    return [_Seen(last, now) for last in now()[-1:]]


_METHODS: tuple[_Method, ...] = (
    _Method(Axes, "bar", "bar", "bar", lambda it, a, k: _each(it, _face)),
    _Method(Axes, "barh", "barh"),
    _Method(Axes, "plot", "plot"),
    _Method(PolarAxes, "plot", None, "polar plot", lambda it, a, k: _each(it, _line)),
    *(
        _Method(_LINES, name, None, "line", lambda it, a, k: [_one(it[0], _line)])
        for name in ("_make_line", "_makeline")  # matplotlib 3.11, and older ones
    ),
    *(
        _Method(Axes, name, name, name, lambda it, a, k: [_one(it, _line)])
        for name in ("axhline", "axvline")
    ),
    *(
        _Method(Axes, name, name, name, lambda it, a, k: [_one(it, _face)])
        for name in ("axhspan", "axvspan")
    ),
    *(
        _Method(Axes, name, name, name, lambda it, a, k: _all(it, _edges))
        for name in ("hlines", "vlines")
    ),
    _Method(Axes, "errorbar", "errorbar"),
    _Method(
        Axes,
        "boxplot",
        "boxplot",
        "boxplot",
        lambda it, a, k: _each([b for b in it["boxes"] if type(b) is PathPatch], _face),
    ),
    _Method(
        Axes,
        "violinplot",
        "violinplot",
        "violinplot",
        lambda it, a, k: _each(it["bodies"], _first_face),
    ),
    _Method(Axes, "violin", "violin"),
    _Method(Axes, "hist", "hist", "hist", lambda it, a, k: _each(_flat(it[2]), _face)),
    _Method(Axes, "fill_between", "fill_between"),
    _Method(Axes, "fill_betweenx", "fill_betweenx"),
    _Method(Axes, "_fill_between_x_or_y", None, "area", lambda it, a, k: [_one(it, _first_face)]),
    _Method(Axes, "scatter", "scatter", "scatter", lambda it, a, k: _of_map(k) or _first_of(it)),
    _Method(Axes, "quiver", "quiver", "quiver", lambda it, a, k: _all(it, _face)),
    _Method(Axes, "pie", "pie", "pie", lambda it, a, k: _each(it[0], _face)),
    _Method(Axes, "fill", "fill", "fill", lambda it, a, k: _each(it, _face)),
    *(
        _Method(Axes, name, name, name, lambda it, a, k: _map_name(it))
        for name in ("imshow", "pcolor", "contour", "contourf", "tripcolor")
    ),
    _Method(NonUniformImage, "__init__", "image", "image", lambda it, a, k: _map_name(a[0])),
    _Method(Ellipse, "__init__", "ellipse", "ellipse", _exactly(Ellipse)),
    _Method(Circle, "__init__", "ellipse", "ellipse", _exactly(Circle)),
    _Method(Axes, "broken_barh", "broken_barh", "broken_barh", lambda it, a, k: _all(it, _face)),
    _Method(
        Axes3D, "scatter", "scatter", "3d scatter", lambda it, a, k: _of_map(k) or _all(it, _face)
    ),
    _Method(Axes3D, "plot", "3d plot", "3d plot", lambda it, a, k: _each(it, _line)),
    _Method(
        Axes3D,
        "plot_surface",
        "plot_surface",
        "plot_surface",
        lambda it, a, k: _of_map(k) or _first_of(it),
    ),
    _Method(Axes3D, "bar3d", "bar3d", "bar3d", lambda it, a, k: _first_of(it)),
    _Method(Axes3D, "bar", "bar", "3d bar", lambda it, a, k: _each(it, _face)),
    _Method(
        Axes3D,
        "add_collection3d",
        "add_collection3d",
        "add_collection3d",
        lambda it, a, k: _all(a[1] if len(a) > 1 else k["col"], _face),
    ),
)


def _methods_of_packages(source: str) -> list[_Method]:
    """Plotting functions of the packages that a program names."""
    found: list[_Method] = []
    for package, methods in (
        ("networkx", _network_methods),
        ("squarify", _treemap_methods),
        ("matplotlib_venn", _venn_methods),
    ):
        # where a package is missing, the program says so itself
        if package in source and importlib.util.find_spec(package) is not None:
            found += methods()
    return found


def _network_methods() -> list[_Method]:
    drawing = importlib.import_module("networkx.drawing.nx_pylab")
    colours: dict[str, _Colours] = {
        "draw_networkx_nodes": lambda it, a, k: _all(it, _face),
        "draw_networkx_edges": lambda it, a, k: _arrows_or_lines(it),
        "draw_networkx_labels": lambda it, a, k: _each(it.values(), _line),
    }
    return [
        _Method(owner, name, name, name, read)
        for owner in (drawing, importlib.import_module("networkx"))
        for name, read in colours.items()
    ]


def _treemap_methods() -> list[_Method]:
    def tiles(axes: Any, _: Any, __: Any) -> list[_Seen]:
        return _each(_treemap_tiles(axes), _face)

    return [_Method(importlib.import_module("squarify"), "plot", "treemap", "treemap", tiles)]


def _venn_methods() -> list[_Method]:
    diagram = importlib.import_module("matplotlib_venn._common").VennDiagram
    return [_Method(diagram, "__init__", "venn", "venn", lambda it, a, k: _regions(a[0]))]
