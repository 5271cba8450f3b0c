"""The loop that writes tokens, without the rows of a batch that are finished.

Transformers' own loop computes each row until the longest one ends. Replies of a batch differ in
length, so that about half of its work is thrown away. This one is handed to `generate` of a model
as ``custom_generate``, which prepares prompts, cache, positions and logits processors as ever.

Not covered: beams, streaming, and loops of several processes in step.
"""

from __future__ import annotations

from typing import Any

import torch
from transformers import GenerationConfig, LogitsProcessorList, StoppingCriteriaList


def decode_unfinished(
    model: Any,
    input_ids: torch.Tensor,
    logits_processor: LogitsProcessorList,
    stopping_criteria: StoppingCriteriaList,
    generation_config: GenerationConfig,
    **inputs: Any,
) -> torch.Tensor:
    """The prompts with what the model wrote after them.

    A row leaves the cache and the model's inputs once a criterion stops it. Logits processors and
    criteria see all rows in their first order at each step; the logits of a finished row are 0.

    Args:
        input_ids: (rows, length) prompts, padded at their start.
        inputs: further inputs of the model, the cache and positions among them.

    Returns:
        (rows, length + tokens), finished rows padded at their end.
    """
    rows = torch.arange(len(input_ids), device=input_ids.device)
    step = model.prepare_inputs_for_generation(input_ids, is_first_iteration=True, **inputs)
    cache, mask, positions = (
        inputs["past_key_values"],
        inputs["attention_mask"],
        inputs["position_ids"],
    )
    while True:
        last = model(**step, return_dict=True).logits[:, -1].float()
        logits = last.new_zeros(len(input_ids), last.shape[-1])
        logits[rows] = last
        scores = logits_processor(input_ids, logits)[rows]
        if generation_config.do_sample:
            written = torch.multinomial(scores.softmax(dim=-1), num_samples=1)[:, 0]
        else:
            written = scores.argmax(dim=-1)
        tokens = input_ids.new_full((len(input_ids), 1), generation_config.pad_token_id)
        tokens[rows, 0] = written
        input_ids = torch.cat([input_ids, tokens], dim=1)
        going_on = (~stopping_criteria(input_ids, None)[rows]).nonzero()[:, 0]
        if not len(going_on):
            return input_ids
        positions = positions[..., -1:] + 1
        if mask is not None:  # no row is padded without it
            mask = torch.cat([mask, mask.new_ones(len(mask), 1)], dim=1)
        if len(going_on) < len(rows):
            rows = rows[going_on]
            mask = mask[going_on] if mask is not None else None
            positions = positions[..., going_on, :]
            cache.batch_select_indices(going_on)
        step = {
            "input_ids": input_ids[rows, -1:],
            "attention_mask": mask,
            "position_ids": positions,
            "past_key_values": cache,
            "use_cache": True,
        }
