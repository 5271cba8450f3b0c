"""What a critic and a policy are asked, task by task.

Pretrained models get full instructions; models trained from scratch get a two-word cue, which their
training gives a meaning.
"""

from __future__ import annotations

from typing import Any

from erm.report import CATEGORIES, CATEGORY_KEY

_SUBJECT = {
    "chart": "a chart drawn by matplotlib",
    "table": "a table",
    "svg": "an SVG icon or drawing",
}

_CATEGORY_MEANING = {
    "chart": {
        "structure_error": "a missing or extra axes, series, bar, legend; another type of chart",
        "data_error": "values, proportions, limits or scales that differ",
        "text_error": "titles, labels, tick labels, legend entries or annotations that differ",
        "style_error": "colours, line styles, markers, grid or fonts that differ",
    },
    "table": {
        "layout_error": "rows, columns, cells or spans missing, extra, moved; alignment",
        "text_error": "words that differ",
        "numeric_error": "numbers that differ",
    },
    "svg": {
        "structure_error": "shapes missing, extra, or in another order or arrangement",
        "shape_error": "a shape of another kind, size, place, rotation or proportion",
        "style_error": "fill, stroke, opacity or gradient that differs",
        "text_symbol_error": "letters, words or symbols that differ",
    },
}

_SOURCE = {
    "chart": "one matplotlib program in a ```python block",
    "table": "one HTML table in a ```html block",
    "svg": "one SVG document in a ```svg block",
}


def critic_prompt(task: str, *, brief: bool) -> str:
    """The question to a critic; `brief` for models trained from scratch."""
    if brief:
        return f"compare {task}"
    meanings = _CATEGORY_MEANING[task]
    lines = "\n".join(f"- {name}: {meanings[name]}" for name in CATEGORIES[task])
    return (
        f"The first image is the reference, {_SUBJECT[task]}. The second is a candidate that "
        "should look the same. List every difference that a person can see.\n"
        f"Categories:\n{lines}\n"
        "Severity: 1 hardly affects reading, 2 misleads in part, 3 breaks structure or misleads.\n"
        "Answer with one JSON object and nothing else: "
        '{"errors": [{"location": place in words, "description": the candidate\'s value instead of '
        f'the reference\'s, "{CATEGORY_KEY[task]}": category, "severity": 1-3}}]}}. '
        "An empty list means that the images are equivalent."
    )


def policy_prompt(task: str, *, brief: bool) -> str:
    """The request to a policy; `brief` for models trained from scratch."""
    if brief:
        return f"draw {task}"
    return f"The image shows {_SUBJECT[task]}. Reproduce it exactly. Answer with {_SOURCE[task]}."


def revision_prompt(task: str, completion: str, feedback: str) -> str:
    """The request for a corrected source, after the image."""
    return (
        f"{policy_prompt(task, brief=False)}\n\n"
        f"Your previous answer:\n{completion.strip()}\n\n"
        f"{feedback}\n\n"
        "Correct these points, keep what is right, and answer with the complete code."
    )


def conversation(prompt: str, images: int) -> list[dict[str, Any]]:
    """A chat of one user turn with `images` image slots before the text."""
    slots = [{"type": "image"} for _ in range(images)]
    return [{"role": "user", "content": [*slots, {"type": "text", "text": prompt}]}]
