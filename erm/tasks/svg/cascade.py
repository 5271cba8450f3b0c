"""CSS of a document as attributes of its elements: style sheets, ``style`` and ``var()``.

CairoSVG reads few values of CSS. With all declarations as attributes, each value can be rewritten
in one place (`prepare`). Custom properties follow CSS Custom Properties 1; media queries are
ignored.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from xml.etree.ElementTree import Element

import tinycss2
from cssselect2 import ElementWrapper, Matcher, SelectorError, compile_selector_list

from erm.sources.markup import drop, local_name

Declarations = list[tuple[str, str, bool]]
"""(name, value, whether it is important) in the order written."""

CSS_PREFIX = "css-"
"""Start of the attribute names that hold properties whose CSS values differ from the attribute's.

``css-transform`` holds what CSS says of ``transform``.
"""

_CSS_ONLY = frozenset(
    ("transform", "transform-box", "translate", "rotate", "scale", "background", "background-color")
)
_FONT = re.compile(
    r"(?P<words>(?:[a-z-]+\s+|\d+\s+)*?)"
    r"(?P<size>[\d.]+(?:%|[a-z]+)|(?:xx?-)?(?:small|large)|medium|larger|smaller)"
    r"(?:\s*/\s*[\w.%]+)?\s+(?P<family>.+)",
    re.IGNORECASE,
)
_LONGEST = 4096
"""Characters of a value after ``var()``; longer ones are invalid (a chain of doublings)."""


def apply_styles(root: Element) -> None:
    """Make every declaration that applies to an element its attribute, in place.

    A value whose ``var()`` can't be resolved is dropped, so that the property is inherited.
    """
    sheets = [element for element in root.iter() if local_name(element) == "style"]
    if not sheets and not any(_has_style(element) for element in root.iter()):
        return
    matcher = _matcher(sheets)
    wrapper = ElementWrapper.from_xml_root(root)
    variables: dict[Element, Mapping[str, str]] = {}
    for item in wrapper.iter_subtree():
        element = item.etree_element
        inherited = variables[item.parent.etree_element] if item.parent is not None else {}
        variables[element] = _apply(element, _declared(item, matcher), inherited)
    parents = {child: parent for parent in root.iter() for child in parent}
    for sheet in sheets:
        if sheet in parents:
            drop(parents[sheet], sheet)


def _has_style(element: Element) -> bool:
    return "style" in element.attrib or any("var(" in value for value in element.attrib.values())


def _matcher(sheets: list[Element]) -> Matcher:
    matcher = Matcher()
    for sheet in sheets:
        text = "".join(sheet.itertext())
        if sheet.get("type", "text/css") != "text/css":
            continue
        for rule in tinycss2.parse_stylesheet(text, skip_comments=True, skip_whitespace=True):
            if rule.type != "qualified-rule":
                continue
            declarations = _declarations(rule.content)
            try:
                selectors = compile_selector_list(rule.prelude)
            except SelectorError:
                continue
            for selector in selectors:
                if selector.pseudo_element is None and not selector.never_matches:
                    matcher.add_selector(selector, declarations)
    return matcher


def _declarations(content: Any) -> Declarations:
    """Declarations of a rule's content or of a ``style`` attribute."""
    found = []
    for item in tinycss2.parse_blocks_contents(content, skip_comments=True, skip_whitespace=True):
        if item.type == "declaration":
            name = item.name if item.name.startswith("--") else item.lower_name
            found.append((name, tinycss2.serialize(item.value).strip(), item.important))
    return found


def _declared(item: ElementWrapper, matcher: Matcher) -> dict[str, str]:
    """The declarations that win, by property."""
    lists: list[Declarations] = [match[-1] for match in matcher.match(item)]
    lists.append(_declarations(item.etree_element.get("style", "")))
    ordered = [entry for entries in lists for entry in entries]
    result: dict[str, str] = {}
    for wanted in (False, True):
        for name, value, important in ordered:
            if important == wanted:
                result.update(_font_parts(value) if name == "font" else {name: value})
    return result


def _font_parts(value: str) -> dict[str, str]:
    """The properties that a ``font`` shorthand sets; none for an invalid one."""
    match = _FONT.fullmatch(value.strip())
    if match is None:
        return {}
    words = match["words"].lower().split()
    styles = [word for word in words if word in ("italic", "oblique")]
    weights = [word for word in words if word in ("bold", "bolder", "lighter") or word.isdigit()]
    return {
        "font-style": styles[0] if styles else "normal",
        "font-weight": weights[0] if weights else "normal",
        "font-size": match["size"],
        "font-family": match["family"],
    }


def _apply(
    element: Element, declared: dict[str, str], inherited: Mapping[str, str]
) -> Mapping[str, str]:
    """Write declarations to an element; returns its custom properties."""
    own = {name: value for name, value in declared.items() if name.startswith("--")}
    variables = dict(inherited)
    for name, value in own.items():
        resolved = resolve(value, {**inherited, **own})
        if resolved is not None:
            variables[name] = resolved
    element.attrib.pop("style", None)
    for name, value in [*element.attrib.items(), *declared.items()]:
        if name.startswith("--") or (name not in declared and "var(" not in value):
            continue
        target = f"{CSS_PREFIX}{name}" if name in _CSS_ONLY and name in declared else name
        resolved = resolve(value, variables) if "var(" in value else value
        if resolved is None:
            element.attrib.pop(name, None)
        else:
            element.set(target, resolved)
    return variables


def resolve(value: str, variables: Mapping[str, str], depth: int = 0) -> str | None:
    """A value with its ``var()`` replaced; None where one has neither value nor fallback."""
    if "var(" not in value.lower():
        return value
    if depth > 16:
        return None
    tokens = tinycss2.parse_component_value_list(value)
    text = _resolve_tokens(tokens, variables, depth)
    return None if text is None or len(text) > _LONGEST else text


def _resolve_tokens(tokens: list[Any], variables: Mapping[str, str], depth: int) -> str | None:
    parts: list[str] = []
    for token in tokens:
        part: str | None
        if token.type != "function":
            part = token.serialize()
        elif token.lower_name == "var":
            part = _variable(token.arguments, variables, depth)
        else:
            inner = _resolve_tokens(token.arguments, variables, depth)
            part = None if inner is None else f"{token.name}({inner})"
        if part is None or sum(map(len, parts)) > _LONGEST:
            return None
        parts.append(part)
    return "".join(parts).strip()


def _variable(arguments: list[Any], variables: Mapping[str, str], depth: int) -> str | None:
    words = [token for token in arguments if token.type not in ("whitespace", "comment")]
    if not words or words[0].type != "ident":
        return None
    if words[0].value in variables:
        return resolve(variables[words[0].value], variables, depth + 1)
    commas = [i for i, token in enumerate(arguments) if token == ","]
    if not commas:
        return None
    return resolve(tinycss2.serialize(arguments[commas[0] + 1 :]).strip(), variables, depth + 1)
