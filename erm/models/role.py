"""What a model folder is for: ``erm.json`` holds its role, prompts and longest answer."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Literal

from pydantic import Field, ValidationError

from erm.errors import ErmError, reason_of
from erm.models.prompts import follows_instructions
from erm.settings import Settings

CARD = "erm.json"


class Role(Settings):
    """What a model folder is for.

    Attributes:
        role: a critic scores pairs of images, a policy writes source code for one image.
        prompts: task → prompt, for each task that the model was trained on.
        max_new_tokens: tokens of the longest answer.
        single_details: whether a critic was also trained on single details, which it can then be
            asked about (`erm.models.details`).
        revises: whether a policy was trained to correct an answer by feedback on it
            (`erm.models.prompts.revision_prompt`).
        graded: whether a critic's replies begin with the overall grade (`erm.report.overall`).
        max_sides: task → longest side in pixels of the images that the model was trained on; only
            of a folder that others wrote (`erm.models.adoption`), whose processor does not say.
    """

    role: Literal["critic", "policy"]
    prompts: dict[str, str] = Field(min_length=1)
    max_new_tokens: int = Field(ge=1)
    single_details: bool = False
    revises: bool = False
    graded: bool = False
    max_sides: dict[str, int] | None = None

    @property
    def adopted(self) -> bool:
        """Whether others trained the model: its processor is Qwen3-VL's own, and a critic writes
        replies of another form than `erm.critics.base.write_reply`."""
        return self.max_sides is not None

    @property
    def instructed(self) -> bool:
        """Whether a policy follows instructions: it was trained on more than brief cues."""
        return follows_instructions(self.prompts)

    @property
    def can_revise(self) -> bool:
        """Whether a policy can correct its answer by feedback."""
        return self.revises or self.instructed

    def check_tasks(self, tasks: Iterable[str]) -> None:
        """Raise `ErmError` if the model was not trained on one of the tasks."""
        unknown = sorted(set(tasks) - set(self.prompts))
        if unknown:
            known = ", ".join(self.prompts)
            raise ErmError(f"The {self.role} knows the tasks {known}, not {', '.join(unknown)}.")


def write_role(role: Role, folder: Path) -> None:
    """Write ``erm.json`` into a model folder."""
    (folder / CARD).write_text(
        role.model_dump_json(indent=1, exclude_defaults=True) + "\n", encoding="utf-8"
    )


def read_role(folder: Path, expected: Literal["critic", "policy"]) -> Role:
    """The role of a model folder.

    Raises:
        ErmError: the folder holds no model of this project, or one of the other role.
    """
    path = folder / CARD
    try:
        role = Role.model_validate(json.loads(path.read_text(encoding="utf-8")))
    except OSError as error:
        raise ErmError(f"{folder}: not a {expected}'s folder (no {CARD}).") from error
    except ValidationError as error:
        first = error.errors()[0]
        reason = f"{'.'.join(map(str, first['loc'])) or 'content'}: {reason_of(first)}"
        raise ErmError(f"{path}: not a valid description of a model ({reason}).") from error
    except ValueError as error:
        raise ErmError(f"{path}: not a valid description of a model ({error}).") from error
    if role.role != expected:
        raise ErmError(f"{folder}: holds a {role.role}, not a {expected}.")
    return role
