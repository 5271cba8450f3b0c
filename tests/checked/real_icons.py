"""What a person lists of the twenty checked pairs of icons."""

from __future__ import annotations

from tests.checked import Listed, Real

STRUCTURE, SHAPE, STYLE, TEXT = "structure_error", "shape_error", "style_error", "text_symbol_error"

PAIRS = [
    Real(
        "a bullet gone",
        (Listed(STRUCTURE, 3, "left", "circle|dot missing"),),
        units=24,
    ),
    Real(
        "thin alarm, short stroke",
        (
            Listed(STYLE, 2, "", "width ≈1 ≈2"),
            Listed(SHAPE, 3, "line", "length ≈2 ≈4"),
        ),
        units=24,
    ),
    Real(
        "pips as circles",
        units=24,
    ),
    Real(
        "a knob further up",
        (
            Listed(SHAPE, 2, "circle", "up ≈3"),
            Listed(SHAPE, 2, "line", "length ≈7 ≈10"),
            Listed(SHAPE, 3, "line", "length ≈5 ≈2"),
        ),
        units=24,
    ),
    Real(
        "orange, no level in the tube",
        (
            Listed(STYLE, 2, "", "orange black"),
            Listed(STRUCTURE, 3, "line left", "missing"),
        ),
        units=24,
    ),
    Real(
        "fuller battery",
        (Listed(SHAPE, 2, "rectangle", "width ≈8 ≈5"),),
        units=16,
    ),
    Real(
        "first bar gone",
        (Listed(STRUCTURE, 3, "left", "missing"),),
        units=16,
    ),
    Real(
        "frame as a stroke",
        units=16,
    ),
    Real(
        "crimson, blown to the left",
        (
            Listed(STYLE, 2, "", "red|crimson|pink|magenta black"),
            Listed(SHAPE, 2, "", "flipped horizontally"),
        ),
        units=16,
    ),
    Real(
        "three paths for one",
        units=24,
    ),
    Real(
        "Chile without a star, green below",
        (
            Listed(STRUCTURE, 3, "star", "missing"),
            Listed(STYLE, 2, "bottom", "green red"),
        ),
        units=640,
    ),
    Real(
        "Laos by rectangle and circle",
        units=640,
    ),
    Real(
        "a smaller moon on a narrower band",
        (
            Listed(SHAPE, 2, "circle", "size|diameter ≈140 ≈206.8"),
            Listed(SHAPE, 2, "rectangle", "height ≈160 ≈241.4"),
        ),
        units=640,
    ),
    Real(
        "colours go round",
        (
            Listed(STYLE, 2, "circle bottom left", "green red"),
            Listed(STYLE, 2, "circle top", "red green"),
        ),
        units=50,
    ),
    Real(
        "darker petals",
        (Listed(STYLE, 1, "ellipses|shapes|circles", "opacity"),),
        units=400,
    ),
    Real(
        "flat board, short card",
        (
            Listed(STYLE, 2, "gradient", "blue gradient"),
            Listed(SHAPE, 2, "", ""),
        ),
        units=128,
    ),
    Real(
        "green apple without a leaf",
        (
            Listed(STYLE, 2, "", "green red"),
            Listed(STRUCTURE, 3, "green top right", "missing"),
        ),
        units=36,
    ),
    Real(
        "two lights change places",
        (
            Listed(STYLE, 2, "circle bottom", "yellow|gold green"),
            Listed(STYLE, 2, "circle center", "green yellow|gold"),
        ),
        units=36,
    ),
    Real(
        "another day",
        (
            Listed(TEXT, 3, "text", "'MAR' 'FEB'"),
            Listed(TEXT, 3, "text", "'28' '29'"),
            Listed(TEXT, 2, "text bottom", "size ≈40 ≈64"),
        ),
        units=512,
    ),
    Real(
        "owl by the right eye",
        (
            Listed(SHAPE, 2, "orange|red|coral circle left", "size ≈56 ≈34"),
            Listed(STYLE, 2, "circle right", "blue teal|green"),
        ),
        units=512,
    ),
]
