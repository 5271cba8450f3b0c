"""Lets programs for older matplotlib, NumPy, pandas and SciPy run with the installed ones.

`ALIASES` lists every name and argument that it brings back, as ``docs/compatibility.md`` does. An
alias stands only while a program runs, and a name that the installed library has stays as it is.
Runs only inside the contained worker. Not covered: functions whose results changed, and packages
that are not installed.
"""

from __future__ import annotations

import datetime
import functools
import importlib
import math
import re
import sys
import types
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

import matplotlib
import matplotlib.style
import numpy as np
import pandas as pd

Make = Callable[[Any, Any], Any]
"""(owner, what stands under the name today or None) → what stands there while a program runs."""


class Alias(NamedTuple):
    """One name or argument that programs for older libraries use.

    Attributes:
        owner: module, or module and class, with a colon between them.
        name: attribute of the owner.
        written: what programs write.
        meaning: what it is taken for.
        make: the replacement; it wraps what is there where ``replaces`` is set.
        replaces: the name still exists and only an argument or a value is gone.
    """

    owner: str
    name: str
    written: str
    meaning: str
    make: Make
    replaces: bool = False


@contextmanager
def older_libraries() -> Iterator[None]:
    """While it lasts, `ALIASES` of libraries that are loaded stand."""
    kept: list[tuple[Any, str, Any]] = []
    missing = object()
    try:
        for alias in ALIASES:
            owner = _owner_of(alias.owner)
            if owner is None or _has(owner, alias.name) != alias.replaces:
                continue
            current = getattr(owner, alias.name) if alias.replaces else None
            kept.append((owner, alias.name, vars(owner).get(alias.name, missing)))
            setattr(owner, alias.name, alias.make(owner, current))
        with _older_styles():
            yield
    finally:
        for owner, name, value in reversed(kept):
            if value is missing:
                delattr(owner, name)
            else:
                setattr(owner, name, value)


def _has(owner: Any, name: str) -> bool:
    """Whether an attribute is there; modules warn of what they would have to compute."""
    return name in vars(owner) if isinstance(owner, types.ModuleType) else hasattr(owner, name)


def _owner_of(path: str) -> Any:
    """The module or class of an alias; None where its library is not loaded or lacks it."""
    module, _, qualified = path.partition(":")
    if module not in sys.modules:
        return None
    owner: Any = importlib.import_module(module)
    return getattr(owner, qualified, None) if qualified else owner


@contextmanager
def _older_styles() -> Iterator[None]:
    """``seaborn-whitegrid`` and its like, which are called ``seaborn-v0_8-whitegrid`` today."""
    library = matplotlib.style.library
    older = {
        name.replace("seaborn-v0_8", "seaborn"): style
        for name, style in library.items()
        if name.startswith("seaborn-v0_8")
    }
    added = {name: style for name, style in older.items() if name not in library}
    library.update(added)
    try:
        yield
    finally:
        for name in added:
            library.pop(name, None)


def _same(path: str) -> Make:
    """An attribute of the owner's module under another name, such as ``trapezoid``."""
    return lambda owner, _: getattr(owner, path)


def _constant(value: Any) -> Make:
    return lambda owner, _: value


def _renamed(old: str, new: str) -> Make:
    """A function that takes an argument under its older name too."""

    def make(owner: Any, function: Any) -> Any:
        @functools.wraps(function)
        def call(*args: Any, **kwargs: Any) -> Any:
            if old in kwargs:
                kwargs.setdefault(new, kwargs.pop(old))
            return function(*args, **kwargs)

        return call

    return make


def _dropped(*names: str) -> Make:
    """A function that ignores arguments that say what it does anyway."""

    def make(owner: Any, function: Any) -> Any:
        @functools.wraps(function)
        def call(*args: Any, **kwargs: Any) -> Any:
            return function(*args, **{k: v for k, v in kwargs.items() if k not in names})

        return call

    return make


def _numbers(owner: Any, function: Any) -> Any:
    """A function that takes an array of one number for a number, as NumPy did before 2.4."""

    def plain(value: Any) -> Any:
        if isinstance(value, tuple):
            return tuple(map(plain, value))
        return value.item() if isinstance(value, np.ndarray) and value.size == 1 else value

    @functools.wraps(function)
    def call(*args: Any, **kwargs: Any) -> Any:
        return function(*map(plain, args), **{key: plain(item) for key, item in kwargs.items()})

    return call


def _get_cmap(owner: Any, _: Any) -> Any:
    def get_cmap(name: Any = None, lut: int | None = None) -> Any:
        chosen = matplotlib.rcParams["image.cmap"] if name is None else name
        colour_map = matplotlib.colormaps[chosen] if isinstance(chosen, str) else chosen
        return colour_map if lut is None else colour_map.resampled(lut)

    return get_cmap


def _register_cmap(owner: Any, _: Any) -> Any:
    def register_cmap(name: str | None = None, cmap: Any = None, **_: Any) -> None:
        matplotlib.colormaps.register(cmap, name=name, force=True)

    return register_cmap


def _property(name: str) -> Make:
    """An attribute of instances under another name."""
    return lambda owner, _: property(lambda instance: getattr(instance, name))


def _tostring_rgb(owner: Any, _: Any) -> Any:
    def tostring_rgb(canvas: Any) -> bytes:
        return np.asarray(canvas.buffer_rgba())[..., :3].tobytes()

    return tostring_rgb


def _gca(owner: Any, function: Any) -> Any:
    @functools.wraps(function)
    def gca(figure: Any, **kwargs: Any) -> Any:
        return figure.add_subplot(**kwargs) if kwargs else function(figure)

    return gca


def _append(owner: Any, _: Any) -> Any:
    def append(frame: Any, other: Any, ignore_index: bool = False, **_: Any) -> Any:
        rows = list(other) if isinstance(other, (list, tuple)) else [other]
        if isinstance(frame, pd.DataFrame):
            rows = [
                row.to_frame().T
                if isinstance(row, pd.Series)
                else pd.DataFrame([row])
                if isinstance(row, dict)
                else row
                for row in rows
            ]
        return pd.concat([frame, *rows], ignore_index=ignore_index)

    return append


def _numeric_only(owner: Any, function: Any) -> Any:
    """A statistic that leaves out columns of texts, as pandas did before version 2."""

    @functools.wraps(function)
    def call(*args: Any, **kwargs: Any) -> Any:
        try:
            return function(*args, **kwargs)
        except (TypeError, ValueError):
            if "numeric_only" in kwargs:
                raise
            return function(*args, numeric_only=True, **kwargs)

    return call


def _fillna(owner: Any, function: Any) -> Any:
    @functools.wraps(function)
    def fillna(data: Any, *args: Any, method: str | None = None, **kwargs: Any) -> Any:
        if method is None:
            return function(data, *args, **kwargs)
        forward = method in ("ffill", "pad")
        return data.ffill(**kwargs) if forward else data.bfill(**kwargs)

    return fillna


def _read_csv(owner: Any, function: Any) -> Any:
    @functools.wraps(function)
    def read_csv(*args: Any, delim_whitespace: bool = False, **kwargs: Any) -> Any:
        if delim_whitespace:
            kwargs["sep"] = r"\s+"
        return function(*args, **kwargs)

    return read_csv


_FREQUENCIES = {
    **{"M": "ME", "Q": "QE", "Y": "YE", "A": "YE", "BM": "BME", "BQ": "BQE", "BY": "BYE"},
    **{"BA": "BYE", "SM": "SME", "CBM": "CBME", "H": "h", "BH": "bh", "T": "min", "S": "s"},
    **{"L": "ms", "U": "us", "N": "ns", "AS": "YS", "BAS": "BYS"},
}
_FREQUENCY = re.compile(r"(?P<count>[+-]?\d*)(?P<name>[A-Za-z]+)(?P<anchor>-[A-Z]{3})?")


def current_frequency(frequency: Any) -> Any:
    """A frequency of pandas 1 or 2 as pandas 3 writes it: ``ME`` for ``M``, ``6h`` for ``6H``."""
    match = _FREQUENCY.fullmatch(frequency) if isinstance(frequency, str) else None
    if match is None or match["name"] not in _FREQUENCIES:
        return frequency
    return f"{match['count']}{_FREQUENCIES[match['name']]}{match['anchor'] or ''}"


def _with_frequency(argument: str, position: int) -> Make:
    """A function that takes older frequencies in one of its arguments."""

    def make(owner: Any, function: Any) -> Any:
        @functools.wraps(function)
        def call(*args: Any, **kwargs: Any) -> Any:
            if argument in kwargs:
                kwargs[argument] = current_frequency(kwargs[argument])
            elif len(args) > position:
                values = list(args)
                values[position] = current_frequency(values[position])
                args = tuple(values)
            return function(*args, **kwargs)

        return call

    return make


def _aliases_of_numpy() -> Iterator[Alias]:
    renamed = {
        "trapz": "trapezoid",
        "product": "prod",
        "cumproduct": "cumprod",
        "alltrue": "all",
        "sometrue": "any",
        "round_": "round",
        "row_stack": "vstack",
        "in1d": "isin",
        "float_": "float64",
        "complex_": "complex128",
        "unicode_": "str_",
        "string_": "bytes_",
        "bool8": "bool_",
        "NaN": "nan",
        "NAN": "nan",
        "Inf": "inf",
        "infty": "inf",
        "PINF": "inf",
    }
    for old, new in renamed.items():
        yield Alias("numpy", old, f"np.{old}", f"np.{new}", _same(new))
    plain: dict[str, Any] = {"int": int, "float": float, "complex": complex}
    plain |= {"object": object, "str": str}
    for name, kind in plain.items():
        yield Alias("numpy", name, f"np.{name}", name, _constant(kind))
    yield Alias("numpy", "NINF", "np.NINF", "-np.inf", _constant(-math.inf))
    yield Alias("numpy", "math", "np.math", "the module math", _constant(math))
    yield Alias("numpy", "msort", "np.msort", "np.sort(…, axis=0)", _msort)
    yield Alias("numpy", "asfarray", "np.asfarray", "np.asarray(…, dtype=float)", _asfarray)


def _msort(owner: Any, _: Any) -> Any:
    return functools.partial(np.sort, axis=0)


def _asfarray(owner: Any, _: Any) -> Any:
    return functools.partial(np.asarray, dtype=float)


def _aliases_of_matplotlib() -> Iterator[Alias]:
    axes = "matplotlib.axes:Axes"
    cm = "matplotlib.cm"
    yield Alias(cm, "get_cmap", "cm.get_cmap(name, n)", "colormaps[name].resampled(n)", _get_cmap)
    yield Alias(cm, "register_cmap", "cm.register_cmap", "colormaps.register", _register_cmap)
    for owner, on in ((axes, "ax"), ("matplotlib.pyplot", "plt")):
        renamed = (("boxplot", "labels", "tick_labels"), ("hist", "normed", "density"))
        for name, old, new in (*renamed, ("grid", "b", "visible")):
            written = f"{on}.{name}({old}=…)"
            meaning = f"{on}.{name}({new}=…)"
            yield Alias(owner, name, written, meaning, _renamed(old, new), replaces=True)
        written = f"{on}.stem(use_line_collection=…)"
        drop = _dropped("use_line_collection")
        yield Alias(owner, "stem", written, f"{on}.stem()", drop, replaces=True)
    for name, place in (("annotate", "text, (x, y)"), ("text", "x, y, text"), ("axhline", "y")):
        written = f"ax.{name}({place})"
        meaning = f"ax.{name}({place}) with numbers"
        yield Alias(
            axes, name, f"{written} with arrays of one number", meaning, _numbers, replaces=True
        )
    yield Alias(
        "matplotlib.legend:Legend",
        "legendHandles",
        "legend.legendHandles",
        "legend.legend_handles",
        _property("legend_handles"),
    )
    yield Alias("matplotlib.axis:Tick", "label", "tick.label", "tick.label1", _property("label1"))
    yield Alias(
        "matplotlib.backends.backend_agg:FigureCanvasAgg",
        "tostring_rgb",
        "canvas.tostring_rgb()",
        "the colours of canvas.buffer_rgba()",
        _tostring_rgb,
    )
    yield Alias(
        "matplotlib.figure:Figure",
        "gca",
        'fig.gca(projection="3d")',
        'fig.add_subplot(projection="3d")',
        _gca,
        replaces=True,
    )
    for name in ("xaxis", "yaxis", "zaxis"):
        yield Alias(
            "mpl_toolkits.mplot3d.axes3d:Axes3D",
            f"w_{name}",
            f"ax.w_{name}",
            f"ax.{name}",
            _property(name),
        )


def _aliases_of_pandas() -> Iterator[Alias]:
    for kind in ("DataFrame", "Series"):
        owner = f"pandas:{kind}"
        word = "df" if kind == "DataFrame" else "series"
        yield Alias(owner, "append", f"{word}.append", "pd.concat", _append)
        yield Alias(owner, "iteritems", f"{word}.iteritems", f"{word}.items", _same("items"))
        yield Alias(
            owner,
            "fillna",
            f'{word}.fillna(method="ffill")',
            f"{word}.ffill()",
            _fillna,
            replaces=True,
        )
        for name, argument in (("resample", "rule"), ("asfreq", "freq")):
            yield Alias(
                owner,
                name,
                f'{word}.{name}("M"), "H", …',
                f'{word}.{name}("ME"), "h", …',
                _with_frequency(argument, 1),
                replaces=True,
            )
    yield Alias("pandas:DataFrame", "applymap", "df.applymap", "df.map", _same("map"))
    for name, position in (("date_range", 3), ("bdate_range", 3), ("timedelta_range", 3)):
        yield Alias(
            "pandas",
            name,
            f'pd.{name}(freq="M"), "H", …',
            f'pd.{name}(freq="ME"), "h", …',
            _with_frequency("freq", position),
            replaces=True,
        )
    yield Alias(
        "pandas:Grouper",
        "__init__",
        'pd.Grouper(freq="M"), "H", …',
        'pd.Grouper(freq="ME"), "h", …',
        _with_frequency("freq", 3),
        replaces=True,
    )
    yield Alias(
        "pandas",
        "read_csv",
        "pd.read_csv(delim_whitespace=True)",
        r'pd.read_csv(sep="\s+")',
        _read_csv,
        replaces=True,
    )
    yield Alias("pandas", "np", "pd.np", "the module numpy", _constant(np))
    yield Alias(
        "pandas", "datetime", "pd.datetime", "datetime.datetime", _constant(datetime.datetime)
    )
    statistics = ("mean", "median", "std", "var", "sem", "corr")
    for owner, word in (
        ("pandas:DataFrame", "df"),
        ("pandas.core.groupby:DataFrameGroupBy", "df.groupby(…)"),
    ):
        for name in statistics:
            yield Alias(
                owner,
                name,
                f"{word}.{name}() with columns of texts",
                f"{word}.{name}(numeric_only=True)",
                _numeric_only,
                replaces=True,
            )


def _aliases_of_scipy() -> Iterator[Alias]:
    renamed = {"trapz": "trapezoid", "simps": "simpson", "cumtrapz": "cumulative_trapezoid"}
    for old, new in renamed.items():
        written, meaning = f"scipy.integrate.{old}", f"scipy.integrate.{new}"
        yield Alias("scipy.integrate", old, written, meaning, _same(new))


ALIASES: tuple[Alias, ...] = (
    *_aliases_of_matplotlib(),
    *_aliases_of_numpy(),
    *_aliases_of_pandas(),
    *_aliases_of_scipy(),
)
"""Every alias; the names of styles (``seaborn-whitegrid``) come on top."""
