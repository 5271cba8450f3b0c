"""Mixed precision: matrix products in bfloat16, weights and optimizer in float32."""

from __future__ import annotations

from typing import Any

import torch


def multiplies_bfloat16() -> bool:
    """Whether the device that trains multiplies bfloat16 matrices faster than float32 ones."""
    if torch.cuda.is_available():
        return bool(torch.cuda.is_bf16_supported())
    capabilities = torch.cpu.get_capabilities()
    return any(capabilities.get(name, False) for name in ("avx512_bf16", "amx_bf16"))


def without_fused_attention(model: Any) -> None:
    """Makes a model attend by plain matrix products.

    On a CPU the gradient of torch's fused attention takes four times as long in bfloat16 as in
    float32, and more than all matrix products of a small model.
    """
    model.set_attn_implementation("eager")
