"""Names of colours against XKCD's survey, CSS and the cycles of plotting libraries."""

from __future__ import annotations

import subprocess
import sys
from typing import Any, cast

import matplotlib
import pytest
from matplotlib.colors import CSS4_COLORS, XKCD_COLORS, to_hex

from erm.tasks.shared import colours

BASIC = (
    *("red", "orange", "yellow", "green", "blue", "purple", "pink", "brown", "gray", "black"),
    *("white", "teal"),
)


def by_last_word() -> dict[str, list[str]]:
    """XKCD's colours by the basic word in which their names end."""
    words: dict[str, list[str]] = {word: [] for word in BASIC}
    for name, code in XKCD_COLORS.items():
        last = name.removeprefix("xkcd:").split()[-1].replace("grey", "gray")
        if last in words:
            words[last].append(code)
    return words


def test_most_colours_of_the_survey_get_the_word_in_which_their_name_ends() -> None:
    words = by_last_word()
    hits = {
        word: sum(colours.colour_name(code).split()[-1] == word for code in codes)
        for word, codes in words.items()
    }
    total = sum(hits.values()) / sum(map(len, words.values()))
    assert total >= 0.88, total
    # "Greenish gray" and "off white" are called by their tint.
    for word in set(BASIC) - {"gray", "white", "teal"}:
        assert hits[word] >= 0.82 * len(words[word]), (word, hits[word], len(words[word]))


@pytest.mark.parametrize(
    ("names", "word"),
    [
        ("red crimson firebrick indianred", "red"),
        ("darkred maroon", "dark red"),
        ("orange darkorange coral chocolate", "orange"),
        ("gold yellow goldenrod", "yellow"),
        ("lightyellow lemonchiffon khaki", "light yellow"),
        ("green forestgreen seagreen limegreen mediumseagreen", "green"),
        ("lime lightgreen palegreen chartreuse springgreen", "light green"),
        ("darkgreen", "dark green"),
        ("olive", "olive"),
        ("teal darkcyan lightseagreen", "teal"),
        ("cyan turquoise", "cyan"),
        ("blue royalblue steelblue dodgerblue cornflowerblue mediumblue", "blue"),
        ("lightblue skyblue lightskyblue aliceblue", "light blue"),
        ("navy darkblue midnightblue", "dark blue"),
        ("purple indigo darkviolet rebeccapurple mediumpurple slateblue darkmagenta", "purple"),
        ("lavender thistle", "light purple"),
        ("magenta mediumvioletred", "magenta"),
        ("hotpink deeppink palevioletred salmon", "pink"),
        ("pink lightpink mistyrose", "light pink"),
        ("brown saddlebrown sienna", "brown"),
        ("beige tan wheat", "beige"),
        ("black", "black"),
        ("white snow ivory whitesmoke", "white"),
        ("gray darkgray slategray", "gray"),
        ("lightgray silver gainsboro", "light gray"),
        ("darkslategray", "dark gray"),
    ],
)
def test_css_colours(names: str, word: str) -> None:
    got = {name: colours.colour_name(CSS4_COLORS[name].lower()) for name in names.split()}
    assert got == dict.fromkeys(got, word)


@pytest.mark.parametrize(
    ("cycle", "words"),
    [
        ("tab10", "blue orange green red purple brown pink gray olive cyan"),
        ("Set1", "red blue green purple orange yellow brown pink gray"),
    ],
)
def test_cycles_of_matplotlib(cycle: str, words: str) -> None:
    shades = [to_hex(shade) for shade in cast(Any, matplotlib.colormaps[cycle]).colors]
    assert [colours.colour_name(shade) for shade in shades] == words.split()


def test_cycle_of_seaborn() -> None:
    deep = ["4c72b0", "dd8452", "55a868", "c44e52", "8172b3", "937860", "da8bc3", "8c8c8c"]
    words = "blue orange green red purple brown pink gray"
    assert [colours.colour_name(f"#{code}") for code in deep] == words.split()


def test_grayish_colours_are_called_by_their_tint() -> None:
    greens = ("#82b99a", "#86a17d", "#9caf88", "#77926f")
    assert {colours.colour_name(code) for code in greens} == {"green"}
    assert colours.colour_name("#a1887f") == "brown"
    assert colours.colour_name("#8c998c") == "gray"


def test_distance_is_the_one_of_cie() -> None:
    assert colours.lab("#ffffff") == pytest.approx((100, 0, 0), abs=0.02)
    # CIE 15 with IEC 61966-2-1: red is 53.24, 80.09, 67.20.
    assert colours.lab("#ff0000") == pytest.approx((53.24, 80.09, 67.20), abs=0.05)
    assert colours.colour_distance("#000000", "#ffffff") == pytest.approx(100, abs=0.02)


@pytest.mark.parametrize(
    ("reference", "candidate", "visible"),
    [
        ("#336699", "#336699", False),
        ("#336699", "#34679a", False),
        ("#ffffff", "#fcfcfc", False),
        ("#336699", "#3a6fa6", True),
        ("#ff0000", "#ff4000", True),
    ],
)
def test_visible_changes(reference: str, candidate: str, visible: bool) -> None:
    assert colours.is_visible(reference, candidate) is visible


@pytest.mark.parametrize(
    ("candidate", "reference", "words"),
    [
        ("#ff0000", "#0000ff", "red instead of blue"),
        ("#4060ff", "#2038e0", "lighter blue instead of darker blue"),
        ("#cccccc", "#d3d3d3", "darker light gray instead of lighter light gray"),
        ("#000000", "#0a0a0a", "#000000 instead of #0a0a0a"),
    ],
)
def test_changes_in_words(candidate: str, reference: str, words: str) -> None:
    assert colours.colour_change(candidate, reference) == words


def test_a_transparent_colour_on_its_background() -> None:
    assert colours.over("#ff000080", "#ffffff") == "#ff7f7f"
    assert colours.over("#12345600", "#abcdef") == "#abcdef"
    assert colours.over("#123456ff", "#abcdef") == "#123456"


def test_the_trusted_process_loads_no_matplotlib_for_it() -> None:
    check = "import sys, erm.tasks.shared.colours as c; c.colour_name('#123456'); "
    check += "sys.exit('matplotlib' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", check], check=False).returncode == 0
