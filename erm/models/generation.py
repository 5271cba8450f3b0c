"""Batched text generation from images, for critics and policies in this process."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import torch
from PIL import Image
from tqdm import tqdm
from transformers import LogitsProcessor, LogitsProcessorList

from erm.models.decoding import decode_unfinished
from erm.models.processor import PairProcessor
from erm.models.prompts import conversation
from erm.models.settings import SamplingSettings

GREEDY = SamplingSettings()


class VisualPrompt(NamedTuple):
    """A user's turn: images and a text.

    Attributes:
        text: without the images.
        images: whatever `erm.images.open_image` accepts. They are decoded batch by batch, so that
            memory holds only the encoded images of all prompts.
        area: number of pixels of the largest image.
    """

    text: str
    images: Sequence[Any]
    area: int


def visual_prompt(text: str, images: Sequence[Any], opened: Sequence[Image.Image]) -> VisualPrompt:
    """A prompt about `images`; `opened` are the same images, which the caller has checked."""
    return VisualPrompt(text, images, max(image.width * image.height for image in opened))


def generate(
    model: Any,
    processor: PairProcessor,
    requests: Sequence[VisualPrompt],
    *,
    max_new_tokens: int,
    batch_size: int,
    sampling: SamplingSettings = GREEDY,
    draw: int = 0,
    constrain: Callable[[Sequence[int]], LogitsProcessor] | None = None,
    progress: str | None = None,
) -> list[str]:
    """Answers to the prompts, in order.

    Batches hold images of similar size, so that there is little padding. Prompts are padded at
    their start.

    Args:
        draw: number of the call; with one seed, each number gives other samples.
        constrain: makes the logits processor of a batch from the indices of its prompts.
        progress: label of a progress bar on standard error; None shows none.
    """
    order = sorted(range(len(requests)), key=lambda index: requests[index].area)
    answers = [""] * len(requests)
    options: dict[str, Any] = {
        "max_new_tokens": max_new_tokens,
        "do_sample": False,
        "pad_token_id": processor.tokenizer.pad_token_id,
        "custom_generate": decode_unfinished,
    }
    if sampling.temperature > 0:
        options |= {
            "do_sample": True,
            "temperature": sampling.temperature,
            "top_p": sampling.top_p,
            "top_k": sampling.top_k,
        }
    with tqdm(total=len(requests), desc=progress, disable=progress is None, unit="item") as bar:
        for start in range(0, len(order), batch_size):
            chosen = order[start : start + batch_size]
            batch = [requests[index] for index in chosen]
            inputs = prompt_inputs(model, processor, batch)
            drawn = sampling.temperature > 0
            # Sampling for a reward must not change the random state of the training around it.
            with torch.inference_mode(), torch.random.fork_rng(enabled=drawn):
                if drawn:
                    torch.manual_seed(sampling.seed + start + draw * len(order))
                filters = LogitsProcessorList([constrain(chosen)] if constrain else [])
                ids = model.generate(**inputs, **options, logits_processor=filters)
            written = ids[:, inputs["input_ids"].shape[1] :]
            for index, text in zip(
                chosen,
                processor.tokenizer.batch_decode(written, skip_special_tokens=True),
                strict=True,
            ):
                answers[index] = text
            bar.update(len(chosen))
    return answers


def next_logits(
    model: Any,
    processor: PairProcessor,
    requests: Sequence[VisualPrompt],
    beginning: str,
    *,
    batch_size: int,
) -> list[torch.Tensor]:
    """The logits of the token that follows `beginning` in the answer to each prompt, in order.

    It takes one forward pass a batch.

    Returns:
        (vocabulary,) float32 on the CPU each.
    """
    order = sorted(range(len(requests)), key=lambda index: requests[index].area)
    found: dict[int, torch.Tensor] = {}
    for start in range(0, len(order), batch_size):
        chosen = order[start : start + batch_size]
        inputs = prompt_inputs(model, processor, [requests[index] for index in chosen], beginning)
        with torch.inference_mode():
            logits = model(**inputs, use_cache=False, logits_to_keep=1).logits[:, -1]
        found |= dict(zip(chosen, logits.float().cpu(), strict=True))
    return [found[index] for index in range(len(requests))]


def prompt_inputs(
    model: Any, processor: PairProcessor, batch: Sequence[VisualPrompt], beginning: str = ""
) -> Any:
    """The model's inputs: prompts, padded at their start, and the beginning of each answer.

    Returns:
        what the processor gives, on the model's device and with pixels of its dtype.
    """
    texts = [
        processor.apply_chat_template(
            conversation(request.text, len(request.images)),
            add_generation_prompt=True,
            tokenize=False,
        )
        + beginning
        for request in batch
    ]
    inputs = processor(
        images=[list(request.images) for request in batch],
        text=texts,
        padding=True,
        padding_side="left",
        return_tensors="pt",
    ).to(model.device)
    inputs["pixel_values"] = inputs["pixel_values"].to(model.dtype)
    return inputs
