"""Twenty pairs of icons out of published sets, edited by hand; each is drawn at its own size.

The sets are npm packages: lucide-static 1.62.0 (ISC), @tabler/icons 3.52.0, bootstrap-icons 1.13.2,
flag-icons 7.5.0, material-icon-theme 5.38.1, devicon 2.17.0 and super-tiny-icons 0.6.0 (MIT),
simple-icons 16.37.0 (CC0), @twemoji/svg 15.0.0 (code MIT; graphics CC-BY 4.0, Copyright 2020
Twitter, Inc and other contributors). The terms are in ``licenses/icons.txt``. Line breaks and
class names are the only things that were shortened.
"""

from __future__ import annotations

from tests.checked import Listed, Real

STRUCTURE, SHAPE, STYLE, TEXT = "structure_error", "shape_error", "style_error", "text_symbol_error"

# lucide-static, list.svg; its bullets are strokes of no length
LIST = """<svg xmlns="http://www.w3.org/2000/svg" width="24" height="24" viewBox="0 0 24 24"
  fill="none" stroke="currentColor" stroke-width="2" stroke-linecap="round" stroke-linejoin="round">
  <path d="M3 5h.01" />
  <path d="M3 12h.01" />
  <path d="M3 19h.01" />
  <path d="M8 5h13" />
  <path d="M8 12h13" />
  <path d="M8 19h13" />
</svg>"""
# lucide-static, circle-alert.svg
ALERT = """<svg xmlns="http://www.w3.org/2000/svg" width="24" height="24" viewBox="0 0 24 24"
  fill="none" stroke="currentColor" stroke-width="2" stroke-linecap="round" stroke-linejoin="round">
  <circle cx="12" cy="12" r="10" />
  <line x1="12" x2="12" y1="8" y2="12" />
  <line x1="12" x2="12.01" y1="16" y2="16" />
</svg>"""
# lucide-static, dice-5.svg
DICE = """<svg xmlns="http://www.w3.org/2000/svg" width="24" height="24" viewBox="0 0 24 24"
  fill="none" stroke="currentColor" stroke-width="2" stroke-linecap="round" stroke-linejoin="round">
  <rect width="18" height="18" x="3" y="3" rx="2" ry="2" />
  <path d="M16 8h.01" />
  <path d="M8 8h.01" />
  <path d="M8 16h.01" />
  <path d="M16 16h.01" />
  <path d="M12 12h.01" />
</svg>"""
# @tabler/icons, outline/adjustments.svg
ADJUSTMENTS = """<svg xmlns="http://www.w3.org/2000/svg" width="24" height="24" viewBox="0 0 24 24"
  fill="none" stroke="currentColor" stroke-width="2" stroke-linecap="round" stroke-linejoin="round">
  <path stroke="none" d="M0 0h24v24H0z" fill="none" />
  <path d="M4 10a2 2 0 1 0 4 0a2 2 0 0 0 -4 0" />
  <path d="M6 4v4" />
  <path d="M6 12v8" />
  <path d="M10 16a2 2 0 1 0 4 0a2 2 0 0 0 -4 0" />
  <path d="M12 4v10" />
  <path d="M12 18v2" />
  <path d="M16 7a2 2 0 1 0 4 0a2 2 0 0 0 -4 0" />
  <path d="M18 4v1" />
  <path d="M18 9v11" />
</svg>"""
# @tabler/icons, outline/temperature-sun.svg
WEATHER = """<svg xmlns="http://www.w3.org/2000/svg" width="24" height="24" viewBox="0 0 24 24"
  fill="none" stroke="currentColor" stroke-width="2" stroke-linecap="round" stroke-linejoin="round">
  <path stroke="none" d="M0 0h24v24H0z" fill="none" />
  <path d="M4 13.5a4 4 0 1 0 4 0v-8.5a2 2 0 1 0 -4 0v8.5" />
  <path d="M4 9h4" />
  <path d="M13 16a4 4 0 1 0 0 -8a4.07 4.07 0 0 0 -1 .124" />
  <path d="M13 3v1" />
  <path d="M21 12h1" />
  <path d="M13 20v1" />
  <path d="M19.4 5.6l-.7 .7" />
  <path d="M18.7 17.7l.7 .7" />
</svg>"""
# bootstrap-icons, battery-half.svg
BATTERY = """<svg xmlns="http://www.w3.org/2000/svg" width="16" height="16" fill="currentColor"
 viewBox="0 0 16 16">
  <path d="M2 6h5v4H2z"/>
  <path d="M2 4a2 2 0 0 0-2 2v4a2 2 0 0 0 2 2h10a2 2 0 0 0 2-2V6a2 2 0 0 0-2-2zm10 1a1 1 0 0 1 1 1v4a1
 1 0 0 1-1 1H2a1 1 0 0 1-1-1V6a1 1 0 0 1 1-1zm4 3a1.5 1.5 0 0 1-1.5 1.5v-3A1.5 1.5 0 0 1 16 8"/>
</svg>"""
# bootstrap-icons, bar-chart-fill.svg
BARS = """<svg xmlns="http://www.w3.org/2000/svg" width="16" height="16" fill="currentColor"
 viewBox="0 0 16 16">
  <path d="M1 11a1 1 0 0 1 1-1h2a1 1 0 0 1 1 1v3a1 1 0 0 1-1 1H2a1 1 0 0 1-1-1zm5-4a1 1 0 0 1 1-1h2a1
 1 0 0 1 1 1v7a1 1 0 0 1-1 1H7a1 1 0 0 1-1-1zm5-5a1 1 0 0 1 1-1h2a1 1 0 0 1 1 1v12a1 1 0 0 1-1
 1h-2a1 1 0 0 1-1-1z"/>
</svg>"""
# bootstrap-icons, 1-square.svg
ONE = """<svg xmlns="http://www.w3.org/2000/svg" width="16" height="16" fill="currentColor"
 viewBox="0 0 16 16">
  <path d="M9.283 4.002V12H7.971V5.338h-.065L6.072 6.656V5.385l1.899-1.383z"/>
  <path d="M0 2a2 2 0 0 1 2-2h12a2 2 0 0 1 2 2v12a2 2 0 0 1-2 2H2a2 2 0 0 1-2-2zm15 0a1 1 0 0 0-1-1H2a1
 1 0 0 0-1 1v12a1 1 0 0 0 1 1h12a1 1 0 0 0 1-1z"/>
</svg>"""
# bootstrap-icons, flag-fill.svg
FLAG = """<svg xmlns="http://www.w3.org/2000/svg" width="16" height="16" fill="currentColor"
 viewBox="0 0 16 16">
  <path d="M14.778.085A.5.5 0 0 1 15 .5V8a.5.5 0 0 1-.314.464L14.5 8l.186.464-.003.001-.006.003-.023.009a12
 12 0 0 1-.397.15c-.264.095-.631.223-1.047.35-.816.252-1.879.523-2.71.523-.847
 0-1.548-.28-2.158-.525l-.028-.01C7.68 8.71 7.14 8.5 6.5 8.5c-.7 0-1.638.23-2.437.477A20 20 0 0 0 3
 9.342V15.5a.5.5 0 0 1-1 0V.5a.5.5 0 0 1 1 0v.282c.226-.079.496-.17.79-.26C4.606.272 5.67 0 6.5 0c.84 0
 1.524.277 2.121.519l.043.018C9.286.788 9.828 1 10.5 1c.7 0 1.638-.23 2.437-.477a20 20 0 0 0
 1.349-.476l.019-.007.004-.002h.001"/>
</svg>"""
# simple-icons, mastercard.svg
RINGS = """<svg role="img" viewBox="0 0 24 24" xmlns="http://www.w3.org/2000/svg">
<title>MasterCard</title><path d="M11.343 18.031c.058.049.12.098.181.146-1.177.783-2.59 1.238-4.107
 1.238C3.32 19.416 0 16.096 0 12c0-4.095 3.32-7.416 7.416-7.416 1.518 0 2.931.456 4.105
 1.238-.06.051-.12.098-.165.15C9.6 7.489 8.595 9.688 8.595 12c0 2.311 1.001 4.51 2.748
 6.031zm5.241-13.447c-1.52 0-2.931.456-4.105 1.238.06.051.12.098.165.15C14.4 7.489 15.405 9.688
 15.405 12c0 2.31-1.001 4.507-2.748 6.031-.058.049-.12.098-.181.146 1.177.783 2.588 1.238 4.107
 1.238C20.68 19.416 24 16.096 24 12c0-4.094-3.32-7.416-7.416-7.416zM12 6.174c-.096.075-.189.15-.28.231C10.156
 7.764 9.169 9.765 9.169 12c0 2.236.987 4.236 2.551 5.595.09.08.185.158.28.232.096-.074.189-.152.28-.232
 1.563-1.359 2.551-3.359 2.551-5.595 0-2.235-.987-4.236-2.551-5.595-.09-.08-.184-.156-.28-.231z"/></svg>"""
# flag-icons, 4x3/cl.svg
CHILE = """<svg xmlns="http://www.w3.org/2000/svg" id="flag-icons-cl" viewBox="0 0 640 480">
  <defs>
    <clipPath id="cl-a">
      <path fill-opacity=".7" d="M0 0h682.7v512H0z"/>
    </clipPath>
  </defs>
  <g fill-rule="evenodd" clip-path="url(#cl-a)" transform="scale(.9375)">
    <path fill="#fff" d="M256 0h512v256H256z"/>
    <path fill="#0039a6" d="M0 0h256v256H0z"/>
    <path fill="#fff" d="M167.8 191.7 128.2 162l-39.5 30 14.7-48.8L64 113.1l48.7-.5L127.8 64l15.5
 48.5 48.7.1-39.2 30.4z"/>
    <path fill="#d52b1e" d="M0 256h768v256H0z"/>
  </g>
</svg>"""
# flag-icons, 4x3/la.svg
LAOS = """<svg xmlns="http://www.w3.org/2000/svg" id="flag-icons-la" viewBox="0 0 640 480">
  <defs>
    <clipPath id="la-a">
      <path fill-opacity=".7" d="M0 0h640v480H0z"/>
    </clipPath>
  </defs>
  <g fill-rule="evenodd" clip-path="url(#la-a)">
    <path fill="#ce1126" d="M-40 0h720v480H-40z"/>
    <path fill="#002868" d="M-40 119.3h720v241.4H-40z"/>
    <path fill="#fff" d="M423.4 240a103.4 103.4 0 1 1-206.8 0 103.4 103.4 0 1 1 206.8 0"/>
  </g>
</svg>"""
# material-icon-theme, julia.svg
JULIA = """<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 50 50">
<g transform="translate(.21 -247.01)"><circle cx="13.497" cy="281.63" r="9.555" fill="#c62828"/>
<circle cx="36.081" cy="281.63" r="9.555" fill="#7e57c2"/>
<circle cx="24.722" cy="262.39" r="9.555" fill="#388e3c"/></g></svg>"""
# material-icon-theme, dotjs.svg
DOTS = """<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 400 400">
<g fill="#2196f3" fill-opacity=".604" transform="translate(-6.66 100.49)">
<ellipse cx="37.18" cy="-256.97" rx="110.14" ry="139.47"
 transform="matrix(-.3005 .95378 -.96071 -.27755 0 0)"/>
<ellipse cx="38.835" cy="-197.03" rx="110.14" ry="139.47"
 transform="matrix(-.3005 .95378 -.96071 -.27755 0 0)"/>
<ellipse cx="-224.78" cy="-5.066" rx="110.14" ry="139.47"
 transform="matrix(-.95378 -.3005 .27755 -.96071 0 0)"/>
<ellipse cx="-228.55" cy="-60.291" rx="110.14" ry="139.47"
 transform="matrix(-.95378 -.3005 .27755 -.96071 0 0)"/></g></svg>"""
# devicon, trello/trello-original.svg
BOARD = """<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 128 128">
<defs><linearGradient id="a" x1="128" x2="128" y1="0" y2="256" gradientTransform="scale(.5)"
 gradientUnits="userSpaceOnUse"><stop offset="0" stop-color="#2684ff"/>
<stop offset="1" stop-color="#0052cc"/></linearGradient></defs>
<path fill="url(#a)" d="M12.5 0h103c6.925 0 12.5 5.575 12.5 12.5v103c0 6.925-5.575 12.5-12.5
 12.5h-103C5.575 128 0 122.425 0 115.5v-103C0 5.575 5.575 0 12.5 0Z"/>
<path fill="#fff" d="M78.32 16.64h27.04c3.324 0 6 2.676 6 6v44c0 3.324-2.676 6-6 6H78.32c-3.324
 0-6-2.676-6-6v-44c0-3.324 2.676-6 6-6zm-55.68 0h27.04c3.324 0 6 2.676 6 6v76c0 3.324-2.676 6-6
 6H22.64c-3.324 0-6-2.676-6-6v-76c0-3.324 2.676-6 6-6z"/></svg>"""
# @twemoji/svg, 1f34e.svg
APPLE = """<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 36 36"><path fill="#DD2E44"
 d="M24 7c-3 0-3 1-6 1s-3-1-6-1c-4 0-9 2-9 9 0 11 6 20 10 20 3 0 3-1 5-1s2 1 5 1c4 0 10-9 10-20
 0-7.001-5-9-9-9z"/><path fill="#77B255" d="M19 7s3-4 8-4c4 0 6 2 6 2s-4 3-7 3-7-1-7-1z"/>
<path fill="#662113" d="M18 10a1 1 0 0 1-1-1c0-3.441 1.2-6.615 3.293-8.707a.999.999 0 1 1 1.414
 1.414C19.986 3.427 19 6.085 19 9a1 1 0 0 1-1 1z"/></svg>"""
# @twemoji/svg, 1f6a6.svg
LIGHTS = """<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 36 36"><path fill="#31373D"
 d="M27 32a4 4 0 0 1-4 4H13a4 4 0 0 1-4-4V4a4 4 0 0 1 4-4h10a4 4 0 0 1 4 4v28z"/>
<path fill="#77B255" d="M17.999 25a4 4 0 1 1 0 8 4 4 0 0 1 0-8z"/>
<path fill="#FFCC4D" d="M17.999 14a4 4 0 1 1 0 8 4 4 0 0 1 0-8z"/>
<path fill="#DD2E44" d="M17.999 3a4 4 0 1 1 0 8 4 4 0 0 1 0-8z"/></svg>"""
# super-tiny-icons, calendar.svg, without its script
CALENDAR = """<svg xmlns="http://www.w3.org/2000/svg" aria-label="Calendar" role="img"
viewBox="0 0 512 512" fill="#fff" font-family="monospace"><path d="m0 0V512h512V0" fill="#dee"/>
<path d="m0 0V180h512V0" fill="#d34"/>
<path fill="#eab" d="m383.5 86a14 14 0 101 0h42a14 14 0 101 0h42a14 14 0 101 0zm0 43a14 14 0 101
 0h42a14 14 0 101 0h42a14 14 0 101 0"/>
<text x="24.5" y="164" style="text-transform:uppercase" font-size="140">FEB</text>
<g fill="#677" text-anchor="middle"><text font-size="256" x="256" y="400">29</text>
<text font-size="64" x="256" y="480">Sunday</text></g></svg>"""
# super-tiny-icons, tripadvisor.svg
OWL = """<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"
aria-label="TripAdvisor" role="img"
viewBox="0 0 512 512"><path
d="m0 0H512V512H0"
fill="#fff"/><path fill="#fcc40f" stroke="#000a12" stroke-width="17"
 d="M93 202a195 151 0 0 1 326 0v56h-326"/><g transform="translate(256 257)"><g id="a"
 fill="#000a12"><path d="M2 0h-33v45l31 47M-173-49c3-12-19-46-19-48h77"/><circle cx="-97" cy="0"
 r="97"/><circle cx="-97" cy="0" r="78" fill="#fff"/><circle cx="-97" cy="0" r="50"/><circle
 cx="-97" cy="0" r="33" fill="#fff"/></g><use xlink:href="#a" transform="scale(-1 1)"/><circle
 cx="-97" cy="0" r="17" fill="#ef6a45"/><circle cx="97" cy="0" r="17" fill="#00b087"/></g></svg>"""

PAIRS = [
    Real(
        "a bullet gone",
        LIST,
        (('  <path d="M3 12h.01" />\n', ""),),
        (Listed(STRUCTURE, 3, "left", "circle|dot missing"),),
        units=24,
    ),
    Real(
        "thin alarm, short stroke",
        ALERT,
        (('stroke-width="2"', 'stroke-width="1"'), ('y2="12"', 'y2="10"')),
        (
            Listed(STYLE, 2, "", "width ≈1 ≈2"),
            Listed(SHAPE, 3, "line", "length ≈2 ≈4"),
        ),
        units=24,
    ),
    Real(
        "pips as circles",
        DICE,
        (
            (
                '<path d="M12 12h.01" />',
                '<circle cx="12.005" cy="12" r="1" fill="black" stroke="none"/>',
            ),
            ("M16 8h.01", "M16 8v.01"),
            (
                '<rect width="18" height="18" x="3" y="3" rx="2" ry="2" />',
                '<path d="M5 3h14a2 2 0 0 1 2 2v14a2 2 0 0 1-2 2H5a2 2 0 0 1-2-2V5a2 2 0 0 1 2-2z" />',
            ),
        ),
        units=24,
    ),
    Real(
        "a knob further up",
        ADJUSTMENTS,
        (
            ("M10 16a2", "M10 13a2"),
            ("M12 4v10", "M12 4v7"),
            ("M12 18v2", "M12 15v5"),
        ),
        (
            Listed(SHAPE, 2, "circle", "up ≈3"),
            Listed(SHAPE, 2, "line", "length ≈7 ≈10"),
            Listed(SHAPE, 3, "line", "length ≈5 ≈2"),
        ),
        units=24,
    ),
    Real(
        "orange, no level in the tube",
        WEATHER,
        (('stroke="currentColor"', 'stroke="#f76707"'), ('  <path d="M4 9h4" />\n', "")),
        (
            Listed(STYLE, 2, "", "orange black"),
            Listed(STRUCTURE, 3, "line left", "missing"),
        ),
        units=24,
    ),
    Real(
        "fuller battery",
        BATTERY,
        (("M2 6h5v4H2z", "M2 6h8v4H2z"),),
        (Listed(SHAPE, 2, "rectangle", "width ≈8 ≈5"),),
        units=16,
    ),
    Real(
        "first bar gone",
        BARS,
        (
            (
                "M1 11a1 1 0 0 1 1-1h2a1 1 0 0 1 1 1v3a1 1 0 0 1-1 1H2a1 1 0 0 1-1-1zm5-4a1 1",
                "M6 7a1 1",
            ),
        ),
        (Listed(STRUCTURE, 3, "left", "missing"),),
        units=16,
    ),
    Real(
        "frame as a stroke",
        ONE,
        (
            (
                """<path d="M0 2a2 2 0 0 1 2-2h12a2 2 0 0 1 2 2v12a2 2 0 0 1-2 2H2a2 2 0 0 1-2-2zm15 0a1 1 0 \
0 0-1-1H2a1
 1 0 0 0-1 1v12a1 1 0 0 0 1 1h12a1 1 0 0 0 1-1z"/>""",
                '<rect x=".5" y=".5" width="15" height="15" rx="1.5" fill="none" stroke="black"/>',
            ),
        ),
        units=16,
    ),
    Real(
        "crimson, blown to the left",
        FLAG,
        (
            ('fill="currentColor"', 'fill="crimson"'),
            ("<path d=", '<path transform="matrix(-1 0 0 1 17 0)" d='),
        ),
        (
            Listed(STYLE, 2, "", "red|crimson|pink|magenta black"),
            Listed(SHAPE, 2, "", "flipped horizontally"),
        ),
        units=16,
    ),
    Real(
        "three paths for one",
        RINGS,
        (
            ("6.031zm5.241-13.447c", '6.031z"/><path d="M16.584 4.584c'),
            ("7.416zM12 6.174c", '7.416z"/><path d="M12 6.174c'),
        ),
        units=24,
    ),
    Real(
        "Chile without a star, green below",
        CHILE,
        (
            (
                """    <path fill="#fff" d="M167.8 191.7 128.2 162l-39.5 30 14.7-48.8L64 113.1l48.7-.5L127.8 \
64l15.5
 48.5 48.7.1-39.2 30.4z"/>
""",
                "",
            ),
            ("#d52b1e", "#1e8f3e"),
        ),
        (
            Listed(STRUCTURE, 3, "star", "missing"),
            Listed(STYLE, 2, "bottom", "green red"),
        ),
        units=640,
    ),
    Real(
        "Laos by rectangle and circle",
        LAOS,
        (
            (
                '<path fill="#002868" d="M-40 119.3h720v241.4H-40z"/>',
                '<rect fill="#002868" y="119.3" width="640" height="241.4"/>',
            ),
            (
                '<path fill="#fff" d="M423.4 240a103.4 103.4 0 1 1-206.8 0 103.4 103.4 0 1 1 206.8 0"/>',
                '<circle fill="white" cx="320" cy="240" r="103.4"/>',
            ),
            (' clip-path="url(#la-a)"', ""),
        ),
        units=640,
    ),
    Real(
        "a smaller moon on a narrower band",
        LAOS,
        (
            (
                "M423.4 240a103.4 103.4 0 1 1-206.8 0 103.4 103.4 0 1 1 206.8 0",
                "M390 240a70 70 0 1 1-140 0 70 70 0 1 1 140 0",
            ),
            ("M-40 119.3h720v241.4H-40z", "M-40 160h720v160H-40z"),
        ),
        (
            Listed(SHAPE, 2, "circle", "size|diameter ≈140 ≈206.8"),
            Listed(SHAPE, 2, "rectangle", "height ≈160 ≈241.4"),
        ),
        units=640,
    ),
    Real(
        "colours go round",
        JULIA,
        (("#c62828", "#388e3c?"), ('"#388e3c"', '"#c62828"'), ("#388e3c?", "#388e3c")),
        (
            Listed(STYLE, 2, "circle bottom left", "green red"),
            Listed(STYLE, 2, "circle top", "red green"),
        ),
        units=50,
    ),
    Real(
        "darker petals",
        DOTS,
        (('fill-opacity=".604"', 'fill-opacity=".9"'),),
        (Listed(STYLE, 1, "ellipses|shapes|circles", "opacity"),),
        units=400,
    ),
    Real(
        "flat board, short card",
        BOARD,
        (
            ('fill="url(#a)"', 'fill="#0b68e5"'),
            (
                "M78.32 16.64h27.04c3.324 0 6 2.676 6 6v44c",
                "M78.32 36.64h27.04c3.324 0 6 2.676 6 6v24c",
            ),
            ("-6-2.676-6-6v-44c", "-6-2.676-6-6v-24c"),
            ("zm-55.68 0h", "zM22.64 16.64h"),
        ),
        (
            Listed(STYLE, 2, "gradient", "blue gradient"),
            Listed(SHAPE, 2, "", ""),
        ),
        units=128,
    ),
    Real(
        "green apple without a leaf",
        APPLE,
        (
            ("#DD2E44", "#5FA030"),
            ('<path fill="#77B255" d="M19 7s3-4 8-4c4 0 6 2 6 2s-4 3-7 3-7-1-7-1z"/>', ""),
        ),
        (
            Listed(STYLE, 2, "", "green red"),
            Listed(STRUCTURE, 3, "green top right", "missing"),
        ),
        units=36,
    ),
    Real(
        "two lights change places",
        LIGHTS,
        (
            ("M17.999 25a4", "M17.999 14?"),
            ("M17.999 14a4", "M17.999 25a4"),
            ("M17.999 14?", "M17.999 14a4"),
        ),
        (
            Listed(STYLE, 2, "circle bottom", "yellow|gold green"),
            Listed(STYLE, 2, "circle center", "green yellow|gold"),
        ),
        units=36,
    ),
    Real(
        "another day",
        CALENDAR,
        (("FEB", "MAR"), (">29<", ">28<"), ('font-size="64"', 'font-size="40"')),
        (
            Listed(TEXT, 3, "text", "'MAR' 'FEB'"),
            Listed(TEXT, 3, "text", "'28' '29'"),
            Listed(TEXT, 2, "text bottom", "size ≈40 ≈64"),
        ),
        units=512,
    ),
    Real(
        "owl by the right eye",
        OWL,
        (
            ('r="17" fill="#ef6a45"', 'r="28" fill="#ef6a45"'),
            ("#00b087", "#3b7dd8"),
        ),
        (
            Listed(SHAPE, 2, "orange|red|coral circle left", "size ≈56 ≈34"),
            Listed(STYLE, 2, "circle right", "blue teal|green"),
        ),
        units=512,
    ),
]
