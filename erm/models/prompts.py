"""What a critic and a policy are asked, task by task.

Pretrained models get full instructions; models trained from scratch get a two-word cue, which their
training gives a meaning.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from erm.errors import ErmError
from erm.report import OVERALL
from erm.tasks import get_task

_DETAILS = (
    "The images after them are details: regions in which the two differ, the reference's part "
    "first and the candidate's to its right or below. After each stands its place: left, top, "
    "right and bottom in hundredths of the longer side. Where labels to the left of and below a "
    "plot follow in the same picture, the place is in hundredths of the plot, from its lower left "
    "corner; inside a table's rules the numbers of its row and column follow. "
)


def critic_prompt(task: str, *, brief: bool, details: bool = False, graded: bool = False) -> str:
    """The question to a critic; `brief` for models trained from scratch.

    Args:
        details: whether pictures of the differing regions follow the pair (`erm.models.details`).
        graded: whether the reply begins with the overall grade (`erm.report.overall`), as that of
            a critic that is trained on our reports.
    """
    if brief:
        return f"compare {task}"
    return (
        f"The first image is the reference, {get_task(task).subject}. The second is a candidate "
        f"that should look the same. {_DETAILS if details else ''}{_asked(task, graded)}"
    )


def detail_prompt(task: str, place: str, *, brief: bool, margins: bool = False) -> str:
    """The question to a critic about one detail alone, whose place it follows.

    The answer has the form of a whole report, so that what is learnt from details serves there.

    Args:
        margins: whether the detail is shown with the margins of its plot, by which its mark can be
            named.
    """
    if brief:
        return f"{place}{critic_prompt(task, brief=True)}"
    labels = (
        "Labels to the left of and below the plot follow; the place is in hundredths of the plot, "
        "from its lower left corner. "
    )
    return (
        f"{place}\nThe image is a detail of {get_task(task).subject}: the reference's part first, "
        f"and to its right or below that of a candidate that should look the same. "
        f"{labels if margins else ''}{_asked(task, graded=True)}"
    )


def _asked(task: str, graded: bool) -> str:
    """What a critic is to write."""
    asked = get_task(task)
    lines = "\n".join(f"- {name}: {meaning}" for name, meaning in asked.categories.items())
    overall = f'"{OVERALL}": 0-9, how much differs in all, ' if graded else ""
    return (
        "List every difference that a person can see.\n"
        f"Categories:\n{lines}\n"
        "Severity: 1 hardly affects reading, 2 misleads in part, 3 breaks structure or misleads.\n"
        f"Answer with one JSON object and nothing else: {{{overall}"
        '"errors": [{"location": place in words, "description": the candidate\'s value instead of '
        f'the reference\'s, "{asked.category_key}": category, "severity": 1-3}}]}}. '
        "An empty list means that the images are equivalent."
    )


def policy_prompt(task: str, *, brief: bool) -> str:
    """The request to a policy; `brief` for models trained from scratch."""
    if brief:
        return f"draw {task}"
    asked = get_task(task)
    return f"The image shows {asked.subject}. Reproduce it exactly. Answer with {asked.answer}."


def follows_instructions(prompts: Mapping[str, str]) -> bool:
    """Whether a policy with these prompts, by task, was trained on more than brief cues."""
    return all(prompts[task] != policy_prompt(task, brief=True) for task in prompts)


def revision_prompt(task: str, completion: str, feedback: str, *, brief: bool = False) -> str:
    """The request for a corrected source, after the image; `brief` for models trained from
    scratch."""
    if brief:
        return f"{policy_prompt(task, brief=True)}\n{completion.strip()}\n{feedback}"
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


def read_prompts(path: Path) -> dict[str, str]:
    """Prompts of a model that others trained, by task, from a JSON or YAML file.

    Raises:
        ErmError: the file can't be read, or `check_prompts` refuses its content.
    """
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ErmError(f"{path}: the prompts can't be read ({error.strerror}).") from error
    except (UnicodeDecodeError, yaml.YAMLError) as error:
        reason = " ".join(str(error).split())
        raise ErmError(f"{path}: the prompts are neither JSON nor YAML ({reason}).") from error
    return check_prompts(content, str(path))


def check_prompts(content: Any, name: str) -> dict[str, str]:
    """Prompts by task.

    Args:
        name: of their file or setting, for messages.

    Raises:
        ErmError: there is none, a task is unknown, or a prompt is no text.
    """
    if not isinstance(content, Mapping) or not content:
        raise ErmError(f"{name}: holds no prompts; write one a task, such as {{svg: text}}.")
    for task, text in content.items():
        try:
            get_task(str(task))
        except ErmError as error:
            raise ErmError(f"{name}: {error}") from error
        if not isinstance(text, str) or not text.strip():
            raise ErmError(f"{name}: the prompt of task {task} is no text.")
    return {str(task): text for task, text in content.items()}
