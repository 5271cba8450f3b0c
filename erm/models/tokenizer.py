"""A byte-level BPE tokenizer for models trained from scratch, learnt from their target texts.

Pretrained checkpoints use their own tokenizer.
"""

from __future__ import annotations

from collections.abc import Iterable

from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import PreTrainedTokenizerFast

IMAGE_TOKEN = "<|image_pad|>"
SPECIAL_TOKENS = (
    "<|endoftext|>",
    "<|im_start|>",
    "<|im_end|>",
    "<|vision_start|>",
    "<|vision_end|>",
    IMAGE_TOKEN,
    "<|video_pad|>",
)
"""The Qwen3-VL special tokens that the architecture and its chat format refer to."""

_PIECES = "|".join(
    (
        # The report syntax between two values is one piece, so that a small model spends its tokens
        # on the values.
        r'(?:[\[\]{}",:]*(?:errors|category|type|severity|location|description)"[:\["{]*)+',
        r"\d",
        # An attribute of markup, with the closing quote of the previous attribute.
        r'"? [a-zA-Z:-]+="',
        r" ?[\p{L}_]+",
        r" ?[^\s\p{L}\d_]+",
        r"\s+",
    )
)


def train_tokenizer(texts: Iterable[str], vocabulary: int) -> PreTrainedTokenizerFast:
    """Learn a tokenizer from target texts.

    Args:
        texts: prompts and targets of the models that will use the tokenizer.
        vocabulary: largest number of tokens, including 256 bytes and the special tokens.

    Returns:
        A tokenizer that decodes to exactly the encoded text. Each digit is a token.
    """
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(_PIECES), behavior="isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=vocabulary,
        min_frequency=8,
        special_tokens=list(SPECIAL_TOKENS),
        initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()),
        show_progress=False,
    )
    tokenizer.train_from_iterator(texts, trainer=trainer)
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        eos_token="<|im_end|>",
        pad_token="<|endoftext|>",
        additional_special_tokens=list(SPECIAL_TOKENS[1:]),
        padding_side="left",
        clean_up_tokenization_spaces=False,
        model_input_names=["input_ids", "attention_mask"],
    )
