# ruff: noqa: E501 (a source reads best in one piece)
"""Hostile icons and tables."""

from __future__ import annotations

from tests.hostile.attack import Attack

_PNG = "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAQAAAC1HAwCAAAAC0lEQVR42mNk+A8AAQUBAScY42YAAAAASUVORK5CYII="
_LOL = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))


def _svg(name: str, body: str, *kinds: str, head: str = "", attributes: str = "") -> Attack:
    source = (
        f'{head}<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"'
        f' width="50" height="50" {attributes}>{body}</svg>'
    )
    return Attack(name, "svg", source, kinds)


def _table(name: str, body: str, *kinds: str) -> Attack:
    return Attack(name, "table", f"{body}<table><tr><td>1</td></tr></table>", kinds)


ICONS = [
    _svg(
        "external entity",
        "<text>&x;</text>",
        "invalid_markup",
        "external_refused",
        head='<!DOCTYPE svg [<!ENTITY x SYSTEM "file://@SECRET@">]>',
    ),
    _svg(
        "entity bomb",
        "<text>&l9;</text>",
        "invalid_markup",
        head=f'<!DOCTYPE svg [<!ENTITY l0 "l">{_LOL}]>',
    ),
    _svg(
        "parameter entity",
        "",
        "invalid_markup",
        "external_refused",
        head='<!DOCTYPE svg [<!ENTITY % x SYSTEM "http://127.0.0.1:@PORT@/">%x;]>',
    ),
    _svg(
        "remote image",
        '<image href="http://127.0.0.1:@PORT@/x.png" width="9" height="9"/>',
        "raster_refused",
    ),
    _svg(
        "file image", '<image xlink:href="file://@SECRET@" width="9" height="9"/>', "raster_refused"
    ),
    _svg("embedded image", f'<image href="{_PNG}" width="50" height="50"/>', "raster_refused"),
    _svg("filter image", f'<filter id="f"><feImage href="{_PNG}"/></filter>', "raster_refused"),
    _svg("remote use", '<use href="http://127.0.0.1:@PORT@/x.svg#a"/>', "external_refused"),
    _svg("embedded use", '<use href="data:image/svg+xml,&lt;svg/>#a"/>', "raster_refused"),
    _svg("file use", '<use href="@SECRET@#a"/>', "external_refused"),
    _svg("import", '<style>@import "http://127.0.0.1:@PORT@/x.css";</style>', "external_refused"),
    _svg(
        "escaped import",
        "<style>@\\69mport url(http://127.0.0.1:@PORT@/);</style>",
        "external_refused",
    ),
    _svg(
        "remote fill",
        '<rect fill="url(http://127.0.0.1:@PORT@/#a)" width="9" height="9"/>',
        "external_refused",
    ),
    _svg(
        "escaped url",
        '<rect style="fill: u\\72l(file://@SECRET@)" width="9" height="9"/>',
        "external_refused",
    ),
    _svg(
        "font",
        "<style>@font-face {font-family: x; src: url(http://127.0.0.1:@PORT@/)}</style>",
        "external_refused",
    ),
    _svg(
        "style sheet instruction",
        '<rect width="9" height="9"/>',
        "",
        head='<?xml-stylesheet href="http://127.0.0.1:@PORT@/x.css"?>',
    ),
    _svg("base", '<g xml:base="http://127.0.0.1:@PORT@/"><rect width="9" height="9"/></g>', ""),
    _svg(
        "script",
        '<script>fetch("http://127.0.0.1:@PORT@/")</script><rect width="9" height="9" onload="x()"/>',
        "",
    ),
    _svg(
        "foreign object",
        '<foreignObject><img xmlns="http://www.w3.org/1999/xhtml" src="http://127.0.0.1:@PORT@/"/></foreignObject><rect width="9" height="9"/>',
        "",
    ),
    _svg("use of itself", '<g id="a"><use href="#a"/></g>', "invalid_markup"),
    _svg(
        "use in a ring",
        '<g id="a"><use href="#b"/></g><g id="b"><use href="#a"/></g>',
        "invalid_markup",
    ),
    _svg(
        "use bomb",
        "".join(
            f'<g id="g{n + 1}">{f"<use href=@#g{n}@/>".replace("@", chr(34)) * 10}</g>'
            for n in range(9)
        )
        + '<rect id="g0" width="1" height="1"/>',
        "too_many_elements",
    ),
    _svg(
        "pattern in a ring",
        '<pattern id="p" width="1" height="1"><rect width="9" height="9" fill="url(#p)"/></pattern><rect width="9" height="9" fill="url(#p)"/>',
        "",
        "invalid_markup",
        "too_many_elements",
        "runtime_error",
        "worker_died",
    ),
    _svg(
        "huge pattern",
        '<pattern id="p" patternUnits="userSpaceOnUse" width="99999" height="99999"><rect width="9" height="9"/></pattern><rect width="9" height="9" fill="url(#p)"/>',
        "",
        "runtime_error",
        "memory",
        "invalid_markup",
        "too_many_pixels",
    ),
    _svg("deep nesting", "<g>" * 3000 + "</g>" * 3000, "too_many_elements"),
    _svg("many elements", '<rect width="1" height="1"/>' * 30000, "too_many_elements"),
    _svg(
        "numbers beyond all bounds",
        '<rect x="1e999" y="nan" width="inf" height="-1e308" stroke-dasharray="1e-300 1e-300"/>',
        "",
        "runtime_error",
    ),
    _svg("broken path", '<path d="M0 0 L nan inf Z A 1 2 3"/>', "", "runtime_error"),
    Attack(
        "giant icon",
        "svg",
        '<svg xmlns="http://www.w3.org/2000/svg" width="1e9" height="1e9"/>',
        ("too_many_pixels",),
    ),
    Attack("not an icon", "svg", "<html/>", ("invalid_markup",)),
    Attack("not XML", "svg", "import os", ("invalid_markup",)),
    Attack("empty icon", "svg", "", ("no_source",)),
]

TABLES = [
    _table("remote image", '<img src="http://127.0.0.1:@PORT@/x.png">', "raster_refused"),
    _table("file image", '<img src="file://@SECRET@">', "raster_refused"),
    _table("embedded image", f'<img src="{_PNG}">', "raster_refused"),
    _table("background", f'<p style="background: url({_PNG})">x</p>', "raster_refused"),
    _table(
        "remote background",
        '<p style="background: url(http://127.0.0.1:@PORT@/)">x</p>',
        "external_refused",
    ),
    _table(
        "background attribute",
        '<table background="http://127.0.0.1:@PORT@/"></table>',
        "raster_refused",
    ),
    _table(
        "linked sheet",
        '<link rel="stylesheet" href="http://127.0.0.1:@PORT@/">',
        "external_refused",
    ),
    _table("import", '<style>@import url("http://127.0.0.1:@PORT@/");</style>', "external_refused"),
    _table(
        "font",
        "<style>@font-face{font-family:x;src:url(file://@SECRET@)}</style>",
        "external_refused",
    ),
    _table(
        "list image",
        '<ul style="list-style-image: url(file://@SECRET@)"><li>x</ul>',
        "external_refused",
    ),
    _table(
        "content", '<style>td::before{content: url("file://@SECRET@")}</style>', "external_refused"
    ),
    _table("frame", '<iframe src="file://@SECRET@"></iframe>', "raster_refused"),
    _table("object", '<object data="file://@SECRET@"></object>', "raster_refused"),
    _table("inline svg", f'<svg><image href="{_PNG}"/></svg>', "raster_refused"),
    _table("script", '<script>new Image().src="http://127.0.0.1:@PORT@/"</script>', ""),
    _table("base", '<base href="http://127.0.0.1:@PORT@/"><a href="x">y</a>', ""),
    _table("refresh", '<meta http-equiv="refresh" content="0;url=http://127.0.0.1:@PORT@/">', ""),
    _table(
        "endless table", "<table>" + "<tr><td>x</td></tr>" * 30000 + "</table>", "too_many_elements"
    ),
    _table("deep nesting", "<div>" * 2000, "too_many_elements"),
    # HTML caps a span at 1,000 columns, so that this is a table of one cell.
    _table("giant span", '<table><tr><td colspan="999999999">x</td></tr></table>', ""),
    _table(
        "giant size",
        '<div style="width: 1e9px; height: 1e9px">x</div><table style="width: 1e9px; height: 1e9px"><tr><td>x</td></tr></table>',
        "too_many_pixels",
        "runtime_error",
    ),
    _table(
        "page rule", "<style>@page { size: 1px 1px } td { page-break-after: always }</style>", ""
    ),
    Attack(
        "markdown image",
        "table",
        "| a |\n|---|\n| ![x](http://127.0.0.1:@PORT@/x.png) |\n",
        ("raster_refused",),
    ),
    Attack(
        "markdown html",
        "table",
        '| a |\n|---|\n| <img src="file://@SECRET@"> |\n',
        ("raster_refused",),
    ),
    Attack("not a table", "table", "import os", ("invalid_markup",)),
    Attack("empty table", "table", "<table></table>", ("nothing_drawn",)),
]
