"""The page at ``/docs``: the server's OpenAPI description as plain HTML.

The usual pages load their scripts from other machines, which a server without a network can't. This
one is made here and loads nothing.
"""

from __future__ import annotations

from html import escape
from typing import Any

_STYLE = (
    "body{font:16px/1.5 sans-serif;max-width:60em;margin:2em auto;padding:0 1em}"
    "table{border-collapse:collapse}td{vertical-align:top;padding:.2em 1em .2em 0}"
    "code{background:#f2f2f2;padding:0 .2em}"
)


def page(description: dict[str, Any]) -> str:
    """HTML of an OpenAPI description: each path with its answers, each schema with its fields."""
    about = description["info"]
    title = f"{about['title']} {about['version']}"
    parts = [f"<h1>{escape(title)}</h1>", f"<p>{escape(about['description'])}</p>"]
    parts.append('<p>For programs: <a href="openapi.json">openapi.json</a>.</p>')
    for path, methods in description["paths"].items():
        for method, operation in methods.items():
            parts += _operation(f"{method.upper()} {path}", operation)
    schemas = description.get("components", {}).get("schemas", {})
    for name, schema in schemas.items():
        parts += _schema(name, schema)
    return (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{escape(title)}</title>'
        f"<style>{_STYLE}</style>{''.join(parts)}</html>"
    )


def _operation(name: str, operation: dict[str, Any]) -> list[str]:
    parts = [f"<h2><code>{escape(name)}</code></h2>"]
    parts.append(f"<p>{escape(operation.get('description', ''))}</p>")
    fields = [
        (f"?{each['name']}", _kind(each["schema"]), each.get("description", ""))
        for each in operation.get("parameters", ())
    ]
    if "requestBody" in operation:
        fields.append(("body", _body(operation["requestBody"]), ""))
    fields += [
        (status, _body(answer), answer["description"])
        for status, answer in operation["responses"].items()
    ]
    return [*parts, _table(fields)]


def _schema(name: str, schema: dict[str, Any]) -> list[str]:
    required = schema.get("required", ())
    fields = [
        (
            field if field in required else f"{field}?",
            _kind(kind),
            kind.get("description", ""),
        )
        for field, kind in schema.get("properties", {}).items()
    ]
    heading = f'<h3 id="{escape(name)}">{escape(name)}</h3>'
    return [heading, f"<p>{escape(schema.get('description', ''))}</p>", _table(fields)]


def _body(holder: dict[str, Any]) -> str:
    """The kind of a request's or an answer's JSON; empty where it is none."""
    schema = holder.get("content", {}).get("application/json", {}).get("schema", {})
    return _kind(schema) if schema else ""


def _kind(schema: dict[str, Any]) -> str:
    """HTML that names the kind of a value, with links to schemas."""
    if "$ref" in schema:
        name = escape(schema["$ref"].rpartition("/")[2])
        return f'<a href="#{name}">{name}</a>'
    if "anyOf" in schema:
        return " or ".join(_kind(each) for each in schema["anyOf"])
    if "enum" in schema or "const" in schema:
        values = schema.get("enum", [schema.get("const")])
        return " or ".join(f"<code>{escape(str(value))}</code>" for value in values)
    if schema.get("type") == "array":
        return f"list of {_kind(schema.get('items', {}))}"
    return escape(str(schema.get("type", "any")))


def _table(rows: list[tuple[str, str, str]]) -> str:
    """A table of names, kinds (HTML) and descriptions."""
    cells = "".join(
        f"<tr><td><code>{escape(name)}</code><td>{kind}<td>{escape(text)}"
        for name, kind, text in rows
    )
    return f"<table>{cells}</table>" if cells else ""
