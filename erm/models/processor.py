"""From image pairs and prompts to model inputs, for every Qwen3-VL size.

One processor serves critics and policies of all sizes, without torchvision. A pair of images enters
a model in one of two ways:

* ``difference``: the reference and (candidate − reference) are the two frames of one temporal
  patch. The first layer sees what changed, and the pair takes as many tokens as a single image. For
  models trained from scratch.
* ``two_images``: one image after the other, as pretrained checkpoints expect.

After the pair may come details, pictures of the regions in which its images differ, each followed
by a caption, which says its place (`erm.models.details`). A single image fills both frames: a
policy's input or a detail.
"""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal, NamedTuple, TypedDict, get_args

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from transformers import AutoTokenizer, BatchFeature, PreTrainedTokenizerFast, ProcessorMixin
from transformers.image_utils import SizeDict
from transformers.models.qwen2_vl.image_processing_pil_qwen2_vl import Qwen2VLImageProcessorPil
from transformers.utils import VIDEO_PROCESSOR_NAME

from erm.images import encode_png, image_size, open_image
from erm.models.details import Detail, details_of, details_of_files
from erm.models.tokenizer import IMAGE_TOKEN

PairEncoding = Literal["difference", "two_images"]

_THINNEST = 100
"""Largest ratio of an image's sides with ``two_images``."""

_VISION_END = "<|vision_end|>"

_SHARED_WITH_VIDEOS = (
    "patch_size",
    "merge_size",
    "temporal_patch_size",
    "image_mean",
    "image_std",
)

_CHAT_TEMPLATE = (
    "{%- for message in messages -%}"
    "<|im_start|>{{ message['role'] }}"
    "{%- if message['content'] is string -%}{{ message['content'] }}"
    "{%- else -%}"
    "{%- set seen = namespace(image=false) -%}"
    "{%- for part in message['content'] -%}"
    "{%- if part['type'] == 'image' -%}"
    "{%- if not seen.image -%}<|vision_start|><|image_pad|><|vision_end|>{%- endif -%}"
    "{%- set seen.image = SHARED -%}"
    "{%- else -%}{{ part['text'] }}{%- endif -%}"
    "{%- endfor -%}"
    "{%- endif -%}"
    "<|im_end|>"
    "{%- endfor -%}"
    "{%- if add_generation_prompt -%}<|im_start|>assistant{%- endif -%}"
)
"""The Qwen chat format; if SHARED is true, all images of a message share one slot."""


class Prepared(TypedDict):
    """An encoded image of a sample as `PairProcessor.prepared` leaves it.

    Attributes:
        caption: of a detail, the text that follows it; otherwise empty.
    """

    bytes: bytes
    caption: str


class _Slot(NamedTuple):
    """What stands in one image slot.

    Attributes:
        patches: (patches, channels · frames · patch²).
        grid: frames, rows and columns of patches.
        caption: of a detail, the text that follows it.
    """

    patches: NDArray[np.float32]
    grid: tuple[int, int, int]
    caption: str = ""


class PairProcessor(ProcessorMixin):  # type: ignore[misc]
    """Tokenizes prompts and turns one or two images a sample into Qwen3-VL's patches.

    Args:
        image_processor: normalises images and cuts them into patches of `patch_size`.
        tokenizer: of the model.
        chat_template: Jinja template of a conversation.
        pair_encoding: how the two images of a sample enter; see the module's docstring.
        max_side: both images of a sample are scaled down by one factor, so that no side is longer
            than this many pixels. Images are never enlarged.
        details: pictures of differing regions that follow a pair of images, at most.
        detail_side: side of a detail's square crop in pixels; it is rounded to merged patches.
        detail_margins: whether details inside a frame are shown with its margins.
        detail_totals: whether the caption of the last detail says how much differs in all.
        padded: images get a white canvas of whole merged patches and are cut without the image
            processor's resizing. By default so if the image processor doesn't resize.

    Raises:
        ValueError: `pair_encoding` or `max_side` is invalid.
    """

    def __init__(
        self,
        image_processor: Qwen2VLImageProcessorPil,
        tokenizer: PreTrainedTokenizerFast,
        chat_template: str | None = None,
        pair_encoding: PairEncoding = "difference",
        max_side: int = 168,
        details: int = 0,
        detail_side: int = 56,
        detail_margins: bool = False,
        detail_totals: bool = False,
        padded: bool | None = None,
    ) -> None:
        if pair_encoding not in get_args(PairEncoding):
            raise ValueError(f"unknown pair_encoding {pair_encoding!r}")
        if not isinstance(max_side, int) or max_side < 1:
            raise ValueError(f"max_side is {max_side!r}, not a number of pixels")
        self.pair_encoding = pair_encoding
        self.max_side = max_side
        self.details = details
        self.detail_side = detail_side
        self.detail_margins = detail_margins
        self.detail_totals = detail_totals
        self.padded = not image_processor.do_resize if padded is None else padded
        self.image_token = IMAGE_TOKEN
        super().__init__(image_processor, tokenizer, chat_template=chat_template)

    @classmethod
    def from_scratch(
        cls,
        tokenizer: PreTrainedTokenizerFast,
        *,
        patch_size: int,
        max_side: int,
        pair_encoding: PairEncoding = "difference",
        **details: Any,
    ) -> PairProcessor:
        """The processor of a model trained from random weights; `details` as of the class."""
        images = Qwen2VLImageProcessorPil(
            patch_size=patch_size,
            merge_size=2,
            temporal_patch_size=2,
            # White, the background of every render, becomes 0.
            image_mean=[1.0, 1.0, 1.0],
            image_std=[0.5, 0.5, 0.5],
        )
        shared = "true" if pair_encoding == "difference" else "false"
        template = _CHAT_TEMPLATE.replace("SHARED", shared)
        return cls(images, tokenizer, template, pair_encoding, max_side, padded=True, **details)

    @classmethod
    def from_checkpoint(cls, name: str, *, max_side: int, **details: Any) -> PairProcessor:
        """The processor of a pretrained Qwen3-VL checkpoint, by hub name or folder."""
        tokenizer = AutoTokenizer.from_pretrained(name, padding_side="left")
        images = Qwen2VLImageProcessorPil.from_pretrained(name)
        return cls(images, tokenizer, tokenizer.chat_template, "two_images", max_side, **details)

    def save_pretrained(self, save_directory: Any, **kwargs: Any) -> list[str]:
        """Write the processor so that vLLM can use it too.

        vLLM builds transformers' own Qwen3-VL processor. That needs settings for videos even if
        there are none. It knows no canvas, so it must resize images to whole merged patches, and
        to no other size: the smallest and largest area are those of our canvases.
        """
        if self.padded:
            unit = self._unit
            longest = -(-self.max_side // unit) * unit
            areas = [longest**2]
            if self.details:
                crops = 4 if self.detail_margins else 2
                areas.append(crops * self._detail_options()["side"] ** 2)
            size = {"shortest_edge": unit**2, "longest_edge": max(areas)}
            self.image_processor.do_resize, self.image_processor.size = True, SizeDict(**size)
        written: list[str] = super().save_pretrained(save_directory, **kwargs)
        settings = {"video_processor_type": "Qwen3VLVideoProcessor"}
        settings |= {name: getattr(self.image_processor, name) for name in _SHARED_WITH_VIDEOS}
        file = Path(save_directory) / VIDEO_PROCESSOR_NAME
        file.write_text(json.dumps(settings, indent=1) + "\n")
        return [*written, str(file)]

    @property
    def model_input_names(self) -> list[str]:
        return [
            "input_ids",
            "attention_mask",
            "mm_token_type_ids",
            "pixel_values",
            "image_grid_thw",
        ]

    def __call__(
        self,
        images: Any = None,
        text: str | Sequence[str] | None = None,
        return_tensors: str | None = None,
        **kwargs: Any,
    ) -> BatchFeature:
        """Encode a batch.

        Args:
            images: a list of one or two images per sample, or None for text alone; whatever
                `open_image` accepts, encoded images of `datasets`, or what `prepared` returns.
            text: one prompt per sample, with one image token per image slot.
            return_tensors: ``"pt"`` for padded tensors, None for lists of ids.
            **kwargs: passed to the tokenizer (``padding``, ``padding_side``, …).

        Returns:
            ``input_ids``, ``attention_mask``, ``mm_token_type_ids`` (batch, length); with images
            also ``pixel_values`` (patches, channels · frames · patch²) float32 and
            ``image_grid_thw`` (slots, 3): frames, rows and columns of patches of each slot.

        Raises:
            ErmError: an image can't be read.
            ValueError: a prompt has more or fewer image tokens than images.
        """
        texts = [text] if isinstance(text, str) else list(text or [])
        features: dict[str, Any] = {}
        if images is not None:
            shown = [self._slots(sample) for sample in _by_sample(images, len(texts))]
            slots = [slot for sample in shown for slot in sample]
            features["pixel_values"] = torch.from_numpy(np.concatenate([s.patches for s in slots]))
            features["image_grid_thw"] = torch.tensor([slot.grid for slot in slots])
            texts = self._expand(texts, shown)
        encoded = self.tokenizer(texts, return_tensors=return_tensors, **kwargs)
        image_id = self.tokenizer.convert_tokens_to_ids(IMAGE_TOKEN)
        ids = encoded["input_ids"]
        if isinstance(ids, torch.Tensor):
            kinds: Any = (ids == image_id).long()
        else:
            kinds = [[int(token == image_id) for token in row] for row in ids]
        features |= {**encoded, "mm_token_type_ids": kinds}
        return BatchFeature(features)

    def prepared(self, images: Sequence[bytes], name: str = "image") -> list[Prepared]:
        """What `__call__` may be given instead of the images of one sample, with the same result.

        The images are scaled, and the details of a pair follow them, so that none of this is
        computed again each time that training sees the sample.

        Args:
            name: of the sample in error messages.

        Raises:
            ErmError: an image can't be read.
        """
        opened = [open_image(image, name) for image in images]
        layout = self._layout([image.size for image in opened])
        result = [
            Prepared(
                bytes=encoded if image.size == size else encode_png(_resized(image, size)),
                caption="",
            )
            for encoded, image, (size, _) in zip(images, opened, layout, strict=True)
        ]
        if self._detailed(images):
            details = details_of_files(images[0], images[1], **self._detail_options())
            result += [
                Prepared(bytes=encode_png(one.picture), caption=one.caption) for one in details
            ]
        return result

    def _slots(self, images: Sequence[Any]) -> list[_Slot]:
        """The image slots of one sample."""
        captions = [image.get("caption") if isinstance(image, dict) else None for image in images]
        opened = [open_image(_encoded(image)) for image in images]
        if None in captions:
            details = [(detail.picture, detail.caption) for detail in self.details_between(opened)]
        else:
            details = [(image, text) for image, text in zip(opened, captions, strict=True) if text]
            opened = opened[: len(opened) - len(details)]
        cut = [self._patches(image) for image in self._scaled(opened)]
        if self._as_difference(opened):
            (reference, grid), (candidate, _) = cut
            slots = [_Slot(_frames(reference, candidate - reference), grid)]
        else:
            slots = [_Slot(_frames(patches, patches), grid) for patches, grid in cut]
        for picture, caption in details:
            patches, grid = self._patches(picture)
            slots.append(_Slot(_frames(patches, patches), grid, caption))
        return slots

    def pictures(self, images: Sequence[Any]) -> tuple[list[Image.Image], list[str]]:
        """What a server must be sent so that its own Qwen3-VL processor sees the same sample.

        Args:
            images: of one sample, one or two; with ``difference`` only one.

        Returns:
            The images as they are cut into patches, followed by the details of a pair; and the
            details' captions, each a text that follows its picture.

        Raises:
            ErmError: an image can't be read.
        """
        opened = [open_image(_encoded(image)) for image in images]
        details = self.details_between(opened)
        pictures = [*self._scaled(opened), *(detail.picture for detail in details)]
        return pictures, [detail.caption for detail in details]

    def details_between(self, opened: Sequence[Image.Image]) -> list[Detail]:
        """The details of a sample that follow its RGB images: none but of a pair."""
        if not self._detailed(opened):
            return []
        return details_of(opened[0], opened[1], **self._detail_options())

    @property
    def _unit(self) -> int:
        """Side of a merged patch in pixels."""
        return int(self.image_processor.patch_size * self.image_processor.merge_size)

    def _detailed(self, images: Sequence[Any]) -> bool:
        return len(images) == 2 and self.details > 0

    def _as_difference(self, images: Sequence[Any]) -> bool:
        return len(images) == 2 and self.pair_encoding == "difference"

    def _detail_options(self) -> dict[str, Any]:
        # Half a side, the breadth of a long crop, consists of whole merged patches too.
        unit = 2 * self._unit
        side = max(1, round(self.detail_side / unit)) * unit
        return {
            "most": self.details,
            "side": side,
            "margins": self.detail_margins,
            "totals": self.detail_totals,
        }

    def _patches(self, image: Image.Image) -> tuple[NDArray[np.float32], tuple[int, int, int]]:
        """(patches, channels, patch, patch) and the grid of one image."""
        cut = self.image_processor
        side, merge = cut.patch_size, cut.merge_size
        if not self.padded:
            features = cut(images=[image], return_tensors="np")
            patches = np.asarray(features["pixel_values"], dtype=np.float32)
            _, rows, columns = (int(value) for value in features["image_grid_thw"][0])
            return patches.reshape(len(patches), 3, -1, side, side)[:, :, 0], (1, rows, columns)
        # The image consists of whole patches; the image processor would take three times as long.
        rows, columns = image.height // side, image.width // side
        pixels = np.asarray(image).reshape(
            rows // merge, merge, side, columns // merge, merge, side, 3
        )
        patches = pixels.transpose(0, 3, 1, 4, 6, 2, 5).reshape(-1, 3, side, side)
        channels = (1, 3, 1, 1)
        deviation = np.asarray(cut.image_std, dtype=np.float32).reshape(channels)
        mean = np.asarray(cut.image_mean, dtype=np.float32).reshape(channels)
        scale = np.float32(cut.rescale_factor) / deviation
        return patches.astype(np.float32) * scale - mean / deviation, (1, rows, columns)

    def image_tokens(self, sizes: Sequence[tuple[int, int]]) -> int:
        """Number of tokens of the images of one sample, given their (width, height) in pixels."""
        cut = self.image_processor
        laid = [canvas for _, canvas in self._layout(sizes)]
        if len(laid) == 2 and self.pair_encoding == "difference":
            laid = laid[:1]
        patches: int = sum(
            (height // cut.patch_size) * (width // cut.patch_size)
            if self.padded
            else cut.get_number_of_image_patches(height, width)
            for width, height in laid
        )
        return patches // int(cut.merge_size) ** 2

    def prepared_tokens(self, images: Sequence[Prepared]) -> int:
        """Number of tokens of the images of one prepared sample, with the captions of details."""
        sizes = [image_size(image["bytes"], "prepared image") for image in images]
        pair = [size for size, image in zip(sizes, images, strict=True) if not image["caption"]]
        return self.image_tokens(pair) + sum(
            self.image_tokens([size])
            + len(self.tokenizer(_slot("") + image["caption"])["input_ids"])
            for size, image in zip(sizes, images, strict=True)
            if image["caption"]
        )

    def _layout(
        self, sizes: Sequence[tuple[int, int]]
    ) -> list[tuple[tuple[int, int], tuple[int, int]]]:
        """For each image of a sample, its scaled (width, height) and that of its canvas.

        All images are scaled by one factor. With ``difference`` both have the same canvas of whole
        patches. With ``two_images`` the canvas is larger than the image only if the image is too
        thin: the image processor refuses ratios above 200 : 1.
        """
        factor = min(1.0, self.max_side / max(map(max, sizes)))
        scaled = [
            (max(1, round(width * factor)), max(1, round(height * factor)))
            for width, height in sizes
        ]
        if self.pair_encoding == "two_images":
            canvases = [
                (max(width, -(-height // _THINNEST)), max(height, -(-width // _THINNEST)))
                for width, height in scaled
            ]
        else:
            canvases = [(max(w for w, _ in scaled), max(h for _, h in scaled))] * len(scaled)
        unit = self._unit if self.padded else 1
        return [
            (size, (-(-width // unit) * unit, -(-height // unit) * unit))
            for size, (width, height) in zip(scaled, canvases, strict=True)
        ]

    def _scaled(self, images: list[Image.Image]) -> list[Image.Image]:
        """The images of a sample, scaled, each at the top left corner of its white canvas."""
        result = []
        layout = self._layout([image.size for image in images])
        for image, (size, canvas) in zip(images, layout, strict=True):
            result.append(_on_canvas(_resized(image, size), canvas))
        return result

    def _expand(self, texts: list[str], shown: list[list[_Slot]]) -> list[str]:
        """Repeat each image token once for each merged patch of its slot.

        The details of a sample, for which its text has no slots, follow its last image.
        """
        merge = self.image_processor.merge_size**2
        expanded = []
        for text, slots in zip(texts, shown, strict=True):
            *pieces, rest = text.split(IMAGE_TOKEN)
            tokens = [IMAGE_TOKEN * (math.prod(slot.grid) // merge) for slot in slots]
            details = [
                _slot(image) + slot.caption
                for image, slot in zip(tokens, slots, strict=True)
                if slot.caption
            ]
            images = tokens[: len(tokens) - len(details)]
            if len(pieces) != len(images):
                raise ValueError(
                    f"{len(pieces)} image tokens in a prompt with {len(images)} images"
                )
            if details:
                end = rest.index(_VISION_END) + len(_VISION_END)
                rest = rest[:end] + "".join(details) + rest[end:]
            filled = (piece + image for piece, image in zip(pieces, images, strict=True))
            expanded.append("".join(filled) + rest)
        return expanded


def _slot(image: str) -> str:
    """An image slot of the chat format."""
    return f"<|vision_start|>{image}{_VISION_END}"


def _resized(image: Image.Image, size: tuple[int, int]) -> Image.Image:
    return image if image.size == size else image.resize(size, Image.Resampling.LANCZOS)


def _on_canvas(image: Image.Image, size: tuple[int, int]) -> Image.Image:
    """The image at the top left corner of a white canvas."""
    if image.size == size:
        return image
    ground = Image.new("RGB", size, (255, 255, 255))
    ground.paste(image, (0, 0))
    return ground


def _frames(first: NDArray[np.float32], second: NDArray[np.float32]) -> NDArray[np.float32]:
    """(patches, channels · 2 · patch²): the patches of two frames."""
    return np.stack([first, second], axis=2).reshape(len(first), -1)


def _encoded(image: Any) -> Any:
    """The bytes of an encoded image of `datasets`; anything else unchanged."""
    return image["bytes"] if isinstance(image, dict) else image


def _by_sample(images: Any, samples: int) -> list[list[Any]]:
    """Images grouped by sample: nested lists unchanged, a flat list as one image per sample."""
    if not isinstance(images, (list, tuple)):
        return [[images]]
    if images and isinstance(images[0], (list, tuple)):
        return [list(group) for group in images]
    if samples == 1:
        return [list(images)]
    return [[image] for image in images]
