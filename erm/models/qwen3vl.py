"""Qwen3-VL models: from-scratch sizes and pretrained checkpoints."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from transformers import AutoConfig, Qwen3VLConfig, Qwen3VLForConditionalGeneration
from transformers.models.qwen3_vl.modeling_qwen3_vl import Qwen3VLVisionPatchEmbed

from erm.errors import ErmError
from erm.models.location import model_folder
from erm.models.processor import PairProcessor
from erm.models.settings import SCRATCH_SIZES, DetailSettings, LoraSettings, ModelSettings
from erm.models.tokenizer import IMAGE_TOKEN, train_tokenizer


def build_processor(
    settings: ModelSettings, texts: Iterable[str], *, vocabulary: int, max_side: int
) -> PairProcessor:
    """The processor of a model.

    From scratch, its tokenizer of at most `vocabulary` tokens is learnt from `texts`, the prompts
    and targets; a checkpoint and a model to start from have their own. Images are scaled to at most
    `max_side` pixels a side.

    Raises:
        ErmError: the model to start from can't be found or sees pairs in another way.
    """
    if settings.start is not None:
        return _processor_to_start_from(settings, settings.start, max_side)
    shown = _shown(settings.details)
    if settings.from_scratch:
        return PairProcessor.from_scratch(
            train_tokenizer(texts, vocabulary),
            patch_size=SCRATCH_SIZES[settings.name]["patch_size"],
            max_side=max_side,
            pair_encoding=settings.pair_encoding or "difference",
            **shown,
        )
    return PairProcessor.from_checkpoint(settings.name, max_side=max_side, **shown)


def _processor_to_start_from(settings: ModelSettings, start: str, max_side: int) -> PairProcessor:
    processor: PairProcessor = PairProcessor.from_pretrained(model_folder(start, "model"))
    wanted = settings.pair_encoding or processor.pair_encoding
    if wanted != processor.pair_encoding:
        raise ErmError(f"{start}: sees pairs as {processor.pair_encoding}, not as {wanted}.")
    processor.max_side = max_side
    for name, value in _shown(settings.details).items():
        setattr(processor, name, value)
    return processor


def _shown(details: DetailSettings | None) -> dict[str, Any]:
    """What a processor shows of details, by its own names."""
    if details is None:
        return {"details": 0}
    return {
        "details": details.most,
        "detail_side": details.side,
        "detail_margins": details.margins,
        "detail_totals": details.totals,
    }


def build_model(settings: ModelSettings, processor: PairProcessor) -> Any:
    """A model with random weights or of a pretrained checkpoint; with LoRA adapters, if set.

    Raises:
        ErmError: the checkpoint can't be found, or is of another architecture or size.
    """
    dtype = getattr(torch, settings.dtype)
    if settings.start is not None:
        folder = model_folder(settings.start, "model")
        model = load_model(folder, dtype=settings.dtype, attention=settings.attention)
        width = model.config.text_config.hidden_size
        if settings.from_scratch and width != SCRATCH_SIZES[settings.name]["text"]["hidden_size"]:
            raise ErmError(f"{settings.start}: is not a model of size {settings.name}.")
    elif settings.from_scratch:
        config = scratch_config(settings.name, processor)
        config._attn_implementation = settings.attention
        model = random_weights(config).to(dtype)
        model.generation_config.eos_token_id = processor.tokenizer.eos_token_id
        model.generation_config.pad_token_id = processor.tokenizer.pad_token_id
    else:
        model = load_model(settings.name, dtype=settings.dtype, attention=settings.attention)
    if settings.lora is not None:
        from peft import get_peft_model

        model = get_peft_model(model, lora_config(settings.lora))
    return model


def lora_config(settings: LoraSettings) -> Any:
    """PEFT's configuration: adapters of all linear layers."""
    from peft import LoraConfig

    return LoraConfig(
        r=settings.rank,
        lora_alpha=settings.alpha,
        lora_dropout=settings.dropout,
        target_modules="all-linear",
        task_type="CAUSAL_LM",
    )


def random_weights(config: Qwen3VLConfig) -> Any:
    """A model to train from scratch; its weights depend on torch's seed."""
    model = _with_linear_patches(Qwen3VLForConditionalGeneration(config))
    _separate_colors(model.model.visual.patch_embed.proj)
    _initialise_positions(model.model.visual.pos_embed)
    return model


def load_model(name: str | Path, *, dtype: str = "float32", attention: str = "sdpa") -> Any:
    """A Qwen3-VL model from a folder or hub name.

    Raises:
        ErmError: there is no model, it has another architecture, or weights are missing.
    """
    try:
        # The model's class alone would accept a configuration of any architecture.
        config = AutoConfig.from_pretrained(name)
        if not isinstance(config, Qwen3VLConfig):
            raise ValueError(f"its architecture is {config.model_type}")
        model, found = Qwen3VLForConditionalGeneration.from_pretrained(
            name,
            config=config,
            dtype=getattr(torch, dtype),
            attn_implementation=attention,
            output_loading_info=True,
        )
        if found["missing_keys"]:  # transformers gives these random values
            raise ValueError(f"weights are missing, such as {min(found['missing_keys'])}")
    except (OSError, ValueError, RuntimeError, SafetensorError) as error:
        reason = str(error).splitlines()[0].rstrip(".")
        raise ErmError(f"{name}: no Qwen3-VL model can be loaded from here ({reason}).") from error
    return _with_linear_patches(model)


class _LinearPatchEmbed(Qwen3VLVisionPatchEmbed):  # type: ignore[misc]
    """The patch embedding as a matrix product instead of a convolution.

    The stride equals the kernel, so both compute the same sum. On a CPU the backward pass of the
    convolution takes an eighth of a training step of size ``tiny``, that of the product a fiftieth.
    """

    def forward(self, hidden_states: torch.Tensor) -> torch.Tensor:
        weight = self.proj.weight.flatten(1)
        patches = hidden_states.reshape(-1, weight.shape[1]).to(weight.dtype)
        return torch.nn.functional.linear(patches, weight, self.proj.bias)


def _with_linear_patches(model: Any) -> Any:
    model.model.visual.patch_embed.__class__ = _LinearPatchEmbed
    return model


def _separate_colors(patches: torch.nn.Conv3d) -> None:
    """Initialise the patch embedding so that colours have different features.

    White is 0, so all colours are mostly darkness: random features of red and black are almost
    parallel, and a short training does not learn to distinguish them. A weight minus its mean over
    the channels responds to hue alone; that part is multiplied by 4.
    """
    with torch.no_grad():
        lightness = patches.weight.mean(1, keepdim=True)
        patches.weight.copy_(lightness + 4.0 * (patches.weight - lightness))


def _initialise_positions(embedding: torch.nn.Embedding) -> None:
    """Initialise the learnt position grid with sines and cosines of row and column.

    Small random positions are much weaker than the patches at first; a critic would spend most of a
    short training on learning where things are.
    """
    side = round(embedding.num_embeddings**0.5)
    quarter = embedding.embedding_dim // 4
    rates = 100.0 ** -(torch.arange(quarter) / quarter)
    angles = torch.arange(side)[:, None] * rates
    waves = torch.cat([angles.sin(), angles.cos()], dim=1)
    rows = waves[:, None].expand(side, side, -1)
    columns = waves[None, :].expand(side, side, -1)
    grid = 2.0 * torch.cat([rows, columns], dim=2).reshape(side * side, -1)
    with torch.no_grad():
        embedding.weight.copy_(grid)


def scratch_config(size: str, processor: PairProcessor) -> Qwen3VLConfig:
    """The configuration of a from-scratch size, for a processor's vocabulary and image side."""
    spec = SCRATCH_SIZES[size]
    tokenizer = processor.tokenizer
    token = tokenizer.convert_tokens_to_ids
    heads = spec["heads"]
    head_dim = spec["text"]["hidden_size"] // heads
    half = head_dim // 2
    height = width = half // 3
    side = -(-processor.max_side // spec["patch_size"])
    return Qwen3VLConfig(
        text_config={
            **spec["text"],
            "vocab_size": len(tokenizer),
            "num_attention_heads": heads,
            "num_key_value_heads": heads // 2,
            "head_dim": head_dim,
            "max_position_embeddings": 4096,
            "initializer_range": spec["initializer_range"],
            "rope_parameters": {
                "rope_type": "default",
                "rope_theta": 10_000.0,
                "mrope_section": [half - height - width, height, width],
                "mrope_interleaved": True,
            },
            "tie_word_embeddings": True,
            "pad_token_id": tokenizer.pad_token_id,
            "eos_token_id": tokenizer.eos_token_id,
        },
        vision_config={
            **spec["vision"],
            "num_heads": heads,
            "patch_size": spec["patch_size"],
            "temporal_patch_size": 2,
            "spatial_merge_size": 2,
            "initializer_range": spec["initializer_range"],
            "out_hidden_size": spec["text"]["hidden_size"],
            "num_position_embeddings": side * side,
            "deepstack_visual_indexes": spec["deepstack"],
        },
        image_token_id=token(IMAGE_TOKEN),
        video_token_id=token("<|video_pad|>"),
        vision_start_token_id=token("<|vision_start|>"),
        vision_end_token_id=token("<|vision_end|>"),
        tie_word_embeddings=True,
    )
