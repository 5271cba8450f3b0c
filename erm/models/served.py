"""How a model that a server runs was trained to be asked: its folder, without the weights.

A server such as vLLM scales no image to the side that the model was trained on, knows no details of
a pair (`erm.models.details`) and no prompts. The client sends them, so that the model gets the same
tokens and patches as in this process.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal, NamedTuple

from PIL import Image

from erm.endpoints.client import Question
from erm.errors import ErmError
from erm.images import encode_png
from erm.models.checkpoint import load_processor
from erm.models.location import model_folder
from erm.models.processor import PairProcessor
from erm.models.role import Role, read_role


class ServedModel(NamedTuple):
    """The role and the processor of a model on a server."""

    role: Role
    processor: PairProcessor

    @property
    def request(self) -> dict[str, Any]:
        """Fields of a request for what the model writes in this process: greedy, as long."""
        return {"temperature": 0.0, "max_tokens": self.role.max_new_tokens}

    @property
    def identity(self) -> str:
        """A hash of all that decides the questions."""
        shown = self.processor
        details = shown.details, shown.detail_side, shown.detail_margins, shown.detail_totals
        state = self.role.model_dump_json(), shown.max_side, details
        return hashlib.sha256(repr(state).encode()).hexdigest()[:16]

    def question(self, task: str, images: Sequence[Image.Image]) -> Question:
        """The question about one image or a pair.

        Raises:
            ErmError: the model was not trained on the task.
        """
        self.role.check_tasks([task])
        pictures, captions = self.processor.pictures(images)
        return Question(
            self.role.prompts[task],
            images=tuple(encode_png(picture) for picture in pictures),
            captions=tuple(captions),
        )


def served_model(spec: str, expected: Literal["critic", "policy"]) -> ServedModel:
    """Read a model folder, or a copy of it without the weights.

    Args:
        spec: a path or an MLflow URI.

    Raises:
        ErmError: there is no such folder, it holds no model of the expected role, or it holds a
            critic that sees a pair as one image and its difference, which no server can be sent.
    """
    folder: Path = model_folder(spec, expected)
    role = read_role(folder, expected)
    processor = load_processor(folder, role)
    if expected == "critic" and processor.pair_encoding == "difference":
        raise ErmError(
            f"{spec}: sees a pair of images as an image and a difference, which no server can be "
            "sent; train the critic with model.pair_encoding 'two_images'."
        )
    return ServedModel(role, processor)
