"""Collections of real sources in published packages, each at one version and with its licence.

Covers which collections there are, and whether their sources are trained on or tested with. Not
covered: how packages are downloaded (`erm.synthesis.packages`) and how sources are found in their
files (`erm.synthesis.extraction`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from erm.synthesis.packages import Package

Role = Literal["train", "held_out"]
"""``train``: its sources are trained on and never tested with. ``held_out``: only tested with."""

TRAIN: Role = "train"
HELD_OUT: Role = "held_out"

Form = Literal["file", "examples", "rst_tables", "records"]
"""How sources lie in the files of a package (`erm.synthesis.extraction`)."""


@dataclass(frozen=True)
class Collection:
    """Sources of one task, licence and form in one package.

    Attributes:
        name: unique; it starts the ids of the sources.
        licence: SPDX identifier of these files, or ``public domain``.
        paths: patterns of `fnmatch` for paths inside the package; ``*`` also matches ``/``.
        role: the same for all collections of a package.
        most: sources that are taken, drawn at random where there are more.
    """

    name: str
    task: str
    package: Package
    licence: str
    paths: tuple[str, ...]
    role: Role
    form: Form = "file"
    most: int = 400


_MATERIAL = Package("wheel", "mkdocs-material", "9.8.1")
_MATPLOTLIB = Package("sdist", "matplotlib", "3.11.2")
_SCIPY = Package("sdist", "scipy", "1.17.1")
_NUMPY = Package("sdist", "numpy", "2.4.6")
_SCIKIT_LEARN = Package("sdist", "scikit-learn", "1.9.1")
_NETWORKX = Package("sdist", "networkx", "3.6.1")
_PANDAS = Package("sdist", "pandas", "3.1.1")
_STATSMODELS = Package("sdist", "statsmodels", "0.15.0")
_VEGA = Package("npm", "vega-datasets", "3.2.1")

_ICONS = "material/templates/.icons"
_PYTHON_DOCS = ("*.rst", "*.py", "*.md")
_PUBLIC_DATA = "birdstrikes.csv flights-airport.csv global-temp.csv iowa-electricity.csv "
_PUBLIC_DATA += "population_engineers_hurricanes.csv seattle-weather.csv species.csv weather.csv "
_PUBLIC_DATA += "seattle-weather-hourly-normals.csv us-employment.csv unemployment.tsv wheat.json "
_PUBLIC_DATA += "obesity.json us-state-capitals.json unemployment-across-industries.json"
_ATTRIBUTED_DATA = "co2-concentration.csv countries.json gapminder-health-income.csv gapminder.json"
_PUBLIC_STUDIES = "anes96 co2 elec_equip elnino engel grunfeld longley macrodata modechoice nile "
_PUBLIC_STUDIES += "randhie stackloss statecrime strikes sunspots"

COLLECTIONS: tuple[Collection, ...] = (
    Collection(
        "lucide", "svg", Package("npm", "lucide-static", "1.62.0"), "ISC", ("icons/*.svg",), TRAIN
    ),
    Collection(
        "tabler", "svg", Package("npm", "@tabler/icons", "3.51.0"), "MIT", ("icons/*.svg",), TRAIN
    ),
    Collection(
        "twemoji", "svg", Package("npm", "@twemoji/svg", "15.0.0"), "CC-BY-4.0", ("*.svg",), TRAIN
    ),
    Collection(
        "flags",
        "svg",
        Package("npm", "flag-icons", "7.5.0"),
        "MIT",
        ("flags/4x3/*.svg",),
        TRAIN,
        most=120,
    ),
    Collection(
        "material-design", "svg", _MATERIAL, "Apache-2.0", (f"{_ICONS}/material/*.svg",), TRAIN
    ),
    Collection(
        "fontawesome",
        "svg",
        _MATERIAL,
        "CC-BY-4.0",
        (f"{_ICONS}/fontawesome/*.svg",),
        TRAIN,
        most=200,
    ),
    Collection("octicons", "svg", _MATERIAL, "MIT", (f"{_ICONS}/octicons/*.svg",), TRAIN, most=100),
    Collection(
        "simple-icons", "svg", _MATERIAL, "CC0-1.0", (f"{_ICONS}/simple/*.svg",), TRAIN, most=200
    ),
    Collection(
        "bootstrap-icons",
        "svg",
        Package("npm", "bootstrap-icons", "1.13.2"),
        "MIT",
        ("icons/*.svg",),
        HELD_OUT,
        most=120,
    ),
    Collection(
        "openmoji",
        "svg",
        Package("npm", "openmoji", "17.0.0"),
        "CC-BY-SA-4.0",
        ("color/svg/*.svg",),
        HELD_OUT,
        most=160,
    ),
    Collection(
        "matplotlib-gallery",
        "chart",
        _MATPLOTLIB,
        "PSF-2.0",
        ("galleries/examples/*.py", "galleries/plot_types/*.py", "galleries/tutorials/*.py"),
        TRAIN,
    ),
    Collection(
        "scipy-examples",
        "chart",
        _SCIPY,
        "BSD-3-Clause",
        ("scipy/*.py", "doc/source/tutorial/*"),
        TRAIN,
        "examples",
    ),
    Collection(
        "numpy-examples",
        "chart",
        _NUMPY,
        "BSD-3-Clause",
        ("numpy/*.py", "numpy/*.pyx", "doc/source/*.rst", "doc/source/*.py"),
        TRAIN,
        "examples",
    ),
    Collection(
        "scikit-learn-gallery",
        "chart",
        _SCIKIT_LEARN,
        "BSD-3-Clause",
        ("examples/*.py",),
        HELD_OUT,
        most=120,
    ),
    Collection(
        "networkx-gallery",
        "chart",
        _NETWORKX,
        "BSD-3-Clause",
        ("examples/*.py",),
        HELD_OUT,
        most=60,
    ),
    Collection(
        "pandas-examples",
        "chart",
        _PANDAS,
        "BSD-3-Clause",
        ("pandas/*.py",),
        HELD_OUT,
        "examples",
        most=60,
    ),
    Collection(
        "public-data",
        "table",
        _VEGA,
        "public domain",
        tuple(f"data/{name}" for name in _PUBLIC_DATA.split()),
        TRAIN,
        "records",
    ),
    Collection(
        "attributed-data",
        "table",
        _VEGA,
        "CC-BY-4.0",
        tuple(f"data/{name}" for name in _ATTRIBUTED_DATA.split()),
        TRAIN,
        "records",
        most=100,
    ),
    Collection("numpy-tables", "table", _NUMPY, "BSD-3-Clause", _PYTHON_DOCS, TRAIN, "rst_tables"),
    Collection("scipy-tables", "table", _SCIPY, "BSD-3-Clause", _PYTHON_DOCS, TRAIN, "rst_tables"),
    Collection(
        "matplotlib-tables", "table", _MATPLOTLIB, "PSF-2.0", _PYTHON_DOCS, TRAIN, "rst_tables"
    ),
    Collection(
        "scikit-learn-tables",
        "table",
        _SCIKIT_LEARN,
        "BSD-3-Clause",
        _PYTHON_DOCS,
        HELD_OUT,
        "rst_tables",
        most=120,
    ),
    Collection(
        "pandas-tables",
        "table",
        _PANDAS,
        "BSD-3-Clause",
        _PYTHON_DOCS,
        HELD_OUT,
        "rst_tables",
        most=120,
    ),
    Collection(
        "studies",
        "table",
        _STATSMODELS,
        "public domain",
        tuple(f"statsmodels/datasets/{name}/{name}.csv" for name in _PUBLIC_STUDIES.split()),
        HELD_OUT,
        "records",
        most=120,
    ),
)
"""All collections, in the order in which they are fetched."""
