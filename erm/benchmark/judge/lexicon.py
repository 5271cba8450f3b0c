"""The words in which people describe discrepancies, each with what it stands for.

Covers English words for kinds of difference, elements, places, colours and the cues that say which
value is the candidate's. Not covered: how a sentence is read with them
(`erm.benchmark.judge.wording`).
"""

from __future__ import annotations

import re


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


def _pairs(text: str) -> list[str]:
    return text.split(",")


def _spread(table: dict[str, str]) -> dict[str, str]:
    return {word: name for name, words in table.items() for word in words.split()}


KIND_WORDS = _spread(
    {
        "missing": "missing absent omitted lacks lacking removed dropped gone lost without "
        "disappeared vanished unshown",
        "extra": "extra additional added superfluous spurious redundant duplicated invented "
        "hallucinated unexpected unwanted",
        "colour": "color colour colored coloured hue shade tint recolored recoloured "
        "lighter darker paler colouring coloring palette",
        "fill": "fill filled filling",
        "value": "value number figure amount data datum numeric digit digits numerical quantity "
        "percentage reading",
        "size": "size sized radius width height wide wider narrow narrower large larger small "
        "smaller big bigger long longer short shorter tall taller enlarged shrunk scaled tiny "
        "squeezed squashed stretched huge oversized length diameter area",
        "level": "high higher low lower overestimated underestimated",
        "linewidth": "linewidth thick thicker thin thinner thickness",
        "linestyle": "linestyle dashed dotted solid dash dashes dashdot dashing",
        "position": "position positioned moved shifted offset displaced misplaced placement "
        "placed located location moving shift relocated",
        "rotation": "rotated rotation angle tilted orientation orientated oriented flipped "
        "mirrored slanted tilt upside",
        "text": "text word words wording reads says spelled spelling misspelled misspelt typo "
        "letter letters written wrote character characters content string misread spelt "
        "garbled abbreviated truncated",
        "font": "font bold italic typeface weight fontsize serif monospace",
        "marker": "markerstyle",
        "order": "order ordered reordered sorted swapped sequence sorting overlapping overlaps "
        "behind front layering stacking reversed",
        "span": "span spans spanning merged colspan rowspan split merging unmerged",
        "alignment": "aligned alignment justified centered centred misaligned",
        "shape": "shape form outlineshape",
        "opacity": "opacity transparent transparency opaque alpha translucent",
        "range": "range limit limits interval ylim xlim bounds extent",
        "count": "count",
        "type": "type kind charttype",
        "scale": "log logarithmic linear",
        "spacing": "spacing gap padding margin spaced",
    }
)
"""What differs; ``level`` (higher, lower) is a value in a chart and a place in an icon."""

STROKE_COLOUR_NOUNS = frozenset({"outline", "stroke", "border", "edge", "contour"})
"""Nouns that name a part whose colour or width can differ on its own."""

DIRECTIONS = {
    **dict.fromkeys(
        _words(
            "wider larger bigger longer taller higher thicker increased overestimated "
            "enlarged greater lighter paler oversized huge large big long tall high wide "
            "thick extra additional added"
        ),
        1,
    ),
    **dict.fromkeys(
        _words(
            "narrower smaller shorter lower thinner decreased underestimated shrunk less "
            "fewer darker tiny small short low narrow thin missing absent omitted"
        ),
        -1,
    ),
}
"""Whether the candidate's side of a comparison is the greater (+1) or the smaller (-1)."""

ELEMENTS = _spread(
    {
        "bar": "bar bars",
        "series": "series curve dataseries group line polyline",
        "point": "point points marker markers dot",
        "slice": "slice slices wedge wedges sector sectors",
        "title": "title heading headline",
        "subtitle": "subtitle",
        "xaxis": "xaxis",
        "yaxis": "yaxis",
        "axis": "axis",
        "axislabel": "axislabel",
        "label": "label labels",
        "tick": "tick ticks ticklabel",
        "legend": "legend key",
        "grid": "grid gridline gridlines",
        "subplot": "subplot subplots panel facet",
        "annotation": "annotation callout note",
        "background": "background canvas",
        "border": "border borders frame spine spines edge outline stroke contour rule",
        "colorbar": "colorbar colourbar",
        "errorbar": "errorbar errorbars whisker whiskers",
        "bin": "bin bins",
        "row": "row rows",
        "column": "column columns col cols",
        "header": "header headers",
        "caption": "caption",
        "footer": "footer footnote",
        "circle": "circle disc disk ellipse oval",
        "rect": "rectangle rect square box block",
        "polygon": "polygon",
        "triangle": "triangle",
        "star": "star",
        "heart": "heart",
        "arrow": "arrow",
        "cross": "cross plus",
        "ring": "ring donut",
        "diamond": "diamond rhombus",
        "hexagon": "hexagon",
        "pentagon": "pentagon",
        "arc": "arc crescent",
        "path": "path",
        "symbol": "symbol glyph",
    }
)
"""Names of what is drawn; plural forms beyond these are found by dropping an s."""

SHAPES = frozenset(
    _words(
        "circle rect polygon triangle star heart arrow cross ring diamond hexagon "
        "pentagon arc path line"
    )
)
"""Elements that are shapes and may stand in for each other when the shape itself differs."""

MARKS = frozenset({"series", "bar", "point", "slice", "bin", "errorbar"})
"""What carries a chart's data; a series may stand for any of its marks."""

CONTAINERS = frozenset(
    _words(
        "chart plot graph pie histogram scatter image picture table drawing icon svg diagram "
        "visualization whole entire overall everything all layout cell element item object shape "
        "entry area part body graphic component design"
    )
)
"""Words that place nothing: the whole, or any part of it."""
CONTAINER_WORDS = {word: word for word in CONTAINERS}

QUALIFIERS = frozenset({"legend", "xaxis", "yaxis", "colorbar", "subtitle", "header", "footer"})
"""Elements that say which one of several titles, labels or texts is meant."""

PLACING = frozenset(
    _words(
        "under in of for at on labelled labeled named called within below above beside "
        "near representing"
    )
)
"""Words after which a quoted text names a place and not a value."""
TEXT_ELEMENTS = frozenset(_words("title subtitle label tick axislabel annotation header caption"))
"""Elements that are texts themselves, so that a text quoted after them is their value."""

HORIZONTAL = {"left": -1, "leftmost": -1, "right": 1, "rightmost": 1}
VERTICAL = {"top": -1, "upper": -1, "topmost": -1, "bottom": 1, "bottommost": 1, "lowest": 1}
CENTRE = frozenset({"center", "centre", "middle", "central", "centrally"})

ORDINALS = {
    word: number
    for number, word in enumerate(
        _words("first second third fourth fifth sixth seventh eighth ninth tenth"), start=1
    )
} | {"last": -1, "final": -1}
CARDINALS = {
    word: float(number)
    for number, word in enumerate(
        _words("two three four five six seven eight nine ten eleven twelve"), start=2
    )
}

COLOURS = {
    **_spread(
        {
            "red": "red crimson scarlet ruby firebrick",
            "maroon": "maroon burgundy darkred",
            "orange": "orange coral amber tangerine darkorange",
            "yellow": "yellow gold golden khaki",
            "green": "green lime olive forestgreen emerald lightgreen darkgreen mint seagreen",
            "teal": "teal turquoise",
            "cyan": "cyan aqua",
            "blue": "blue navy azure skyblue steelblue royalblue lightblue darkblue indigo",
            "purple": "purple violet lavender orchid",
            "pink": "pink magenta fuchsia rose salmon hotpink",
            "brown": "brown tan chocolate beige sienna",
            "gray": "gray grey silver lightgrey lightgray darkgrey darkgray",
            "black": "black",
            "white": "white",
        }
    )
}
NEAR_COLOURS = frozenset(
    frozenset(pair.split())
    for pair in _pairs(
        "red maroon,red orange,orange yellow,teal green,teal cyan,cyan blue,blue purple,"
        "purple pink,brown orange,brown maroon,teal blue,red pink"
    )
)
"""Pairs of colour names that people use for one and the same colour."""
STYLE_VALUES = {
    "dashed": "linestyle",
    "dotted": "linestyle",
    "solid": "linestyle",
    "dashdot": "linestyle",
    "bold": "font",
    "italic": "font",
    "regular": "font",
    "horizontal": "rotation",
    "vertical": "rotation",
    "log": "scale",
    "logarithmic": "scale",
    "linear": "scale",
}
"""Words that are themselves the value of a kind."""

CUES = {
    **dict.fromkeys(["insteadof", "ratherthan", "versus", "vs"], "instead"),
    **dict.fromkeys(["shouldbe", "expected", "correct", "actually", "supposedtobe"], "should"),
    **dict.fromkeys(
        _words(
            "became becomes replacedby changedto turnedinto readas renderedas shownas drawnas "
            "misreadas parsedas writtenas recognizedas recognised"
        ),
        "became",
    ),
    "from": "from",
    "to": "to",
    **dict.fromkeys(["is", "are", "reads", "says", "shows", "has", "have", "displays"], "is"),
    **dict.fromkeys(["now", "got", "found"], "got"),
    **dict.fromkeys(["inreference", "originally", "reference", "original"], "reference"),
    **dict.fromkeys(
        ["incandidate", "candidate", "generated", "rendered", "prediction", "predicted", "parsed"],
        "candidate",
    ),
    "but": "but",
    "was": "was",
    "were": "was",
    "->": "became",
}
"""Words that say whose value is named next to them."""

STOP = frozenset(
    _words(
        "a an the of in on at by for with and or as it its this that which there be been "
        "being than too very much more most slightly some any one not no only also so "
        "into onto under over between within near around above below next beside same "
        "both each other another they their has have had do does did does side corner "
        "edgewise half region portion section representing corresponding associated "
        "labelled labeled named called marked while whereas however appears appear seems "
        "seem looks look wrong incorrect incorrectly differs differ different difference "
        "mismatch mismatched inaccurate error wrongly badly changed change altered off "
        "match matches matching shown drawn displayed present visible exist exists given "
        "using used lower upper cells quite far little bit approximately about roughly "
        "exactly instead rather where when what who's don't doesn't isn't aren't instead "
        "would could"
    )
)
"""Words that name neither a place nor a difference."""

PHRASES: tuple[tuple[frozenset[str], re.Pattern[str], str], ...] = tuple(
    (frozenset(triggers.split()), re.compile(pattern), replacement)
    for triggers, pattern, replacement in (
        ("of to", r"\b(?:instead of|in place of|as opposed to)\b", " insteadof "),
        ("rather not", r"\brather than\b|, not (?=[\x01\w-])", " ratherthan "),
        (
            "compared vs versus against",
            r"\b(?:compared (?:to|with)|versus|against)\b|\bvs\.?(?=\s)",
            " versus ",
        ),
        (
            "not doesn't many",
            r"\bnot (?:in|part of|present in) (?:the )?(?:original|reference|ground truth|gt)\b"
            r"|\b(?:should|must) not (?:be (?:there|here|present|drawn|shown)|exist|appear)\b"
            r"|\b(?:does not|doesn't) (?:exist|appear) in (?:the )?(?:original|reference)\b"
            r"|\b(?:one )?too many\b",
            " extra ",
        ),
        (
            "not isn't doesn't no out fails few nowhere",
            r"\b(?:is|are|was|were) not (?:shown|drawn|present|visible|there|displayed|rendered"
            r"|included|listed|reproduced)\b|\bthere (?:is|are|was|were) no\b"
            r"|\bisn't (?:shown|drawn|present|visible|there)\b|\bleft out\b"
            r"|\bno longer (?:there|shown|present|visible)\b|\bnot (?:present|found|included)\b"
            r"|\b(?:has|have|shows?) no\b|\bfails to (?:show|appear)\b|\btoo few\b|\bnowhere\b"
            r"|\b(?:does not|doesn't|do not) (?:appear|exist|show up)\b",
            " missing ",
        ),
        (
            "should must ought supposed correct correctly",
            r"\b(?:should|must|ought to) (?:be|read|say|show|have been|have|equal|been)\b"
            r"|\bsupposed to (?:be|read|say)\b|\bcorrect(?:ly)? (?:value|text|one|is|colou?r)\b",
            " shouldbe ",
        ),
        (
            "become turned change changed changes",
            r"\bhas become\b|\bturned (?:in)?to\b|\bchanged? to\b|\bchanges to\b",
            " became ",
        ),
        (
            "as with by for spelled spelt",
            r"\b(?:is |was |are |were )?(?:replaced (?:by|with)|swapped for"
            r"|substituted (?:by|with)|(?:rendered|shown|drawn|read|misread|parsed|written"
            r"|recogni[sz]ed|displayed|given|misspelled|appears) as|spelled|spelt)\b",
            " readas ",
        ),
        (
            "original reference truth gt image source target",
            r"\b(?:in|on|of|from) (?:the )?(?:original|reference|ground truth|gt|image 1"
            r"|first image|source|target)(?: (?:image|chart|table|icon|version|render))?\b",
            " inreference ",
        ),
        (
            "generated candidate prediction predicted rendered render parsed output image copy "
            "reproduction",
            r"\b(?:in|on|of|from) (?:the )?(?:generated|candidate|prediction|predicted|rendered"
            r"|render|parsed|output|image 2|second image|copy|reproduction)"
            r"(?: (?:image|chart|table|icon|version|one))?\b",
            " incandidate ",
        ),
        (
            "truth gt reference original",
            r"\b(?:ground truth|gt|reference|original)(?: (?:image|chart|table|icon))?\b",
            " reference ",
        ),
        (
            "x axis axes xaxis xaxes horizontal abscissa",
            r"\b(?:x[- ]?ax[ie]s|horizontal axis|abscissa)\b",
            " xaxis ",
        ),
        (
            "y axis axes yaxis yaxes vertical ordinate",
            r"\b(?:y[- ]?ax[ie]s|vertical axis|ordinate)\b",
            " yaxis ",
        ),
        ("x", r"\bx[- ]?ticks?\b", " xaxis tick "),
        ("y", r"\by[- ]?ticks?\b", " yaxis tick "),
        ("label xlabel", r"\bx[- ]?label\b", " xaxis label "),
        ("label ylabel", r"\by[- ]?label\b", " yaxis label "),
        (
            "width weight thickness linewidth lineweight strokewidth",
            r"\b(?:line|stroke|border|outline)[- ]?(?:width|weight|thickness)\b",
            " linewidth ",
        ),
        (
            "style type pattern linestyle linetype",
            r"\bline[- ]?(?:style|type|pattern)\b|\bdash(?:ing)? pattern\b",
            " linestyle ",
        ),
        (
            "half",
            r"\bhalf (?:as|the) (?:big|large|tall|high|wide|long|size|height|width)\b",
            " smaller ",
        ),
        ("dash", r"\bdash[- ]dot(?:ted)?\b", " dashdot "),
        ("font text", r"\bfont[- ](?:size|weight|style|family)\b|\btext size\b", " fontsize "),
        ("marker", r"\bmarker[- ](?:style|shape|type)\b", " markerstyle "),
        (
            "type",
            r"\b(?:chart|plot|graph)[- ]type\b|\btype of (?:chart|plot|graph)\b",
            " charttype ",
        ),
        ("error errorbar errorbars", r"\berror[- ]bars?\b", " errorbar "),
        ("grid gridline gridlines", r"\bgrid[- ]?lines?\b", " gridline "),
        (
            "label labels ticklabel ticklabels",
            r"\btick[- ]?labels?\b|\bcategory labels?\b",
            " ticklabel ",
        ),
        ("number", r"\bnumber of\b", " count "),
        ("cell", r"\bcell \(?\s*(\d+)\s*[,;]\s*(\d+)\s*\)?", r" row \1 column \2 "),
    )
)
"""Phrases of lower-case text that stand for one word, applied in this order; a pattern is tried
only where one of its trigger words occurs."""

APPROXIMATE = frozenset(
    ("about", "almost", "approximately", "around", "circa", "nearly", "roughly", "some")
)
"""Words before a number that is no exact one."""
