"""Options of TRL's GRPO trainer that parameters may pass on, and when each has an effect.

An option that the trainer would ignore is refused, as is one that other parameters decide. The
names are those of TRL's `GRPOConfig`; TRL itself is not imported.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from erm.models.settings import GrpoSettings

CLIPPED_LOSSES = ("grpo", "bnpo", "dr_grpo", "dapo", "luspo")
"""Losses that clip the ratio of probabilities on both sides."""

UNCLIPPED_LOSSES = ("sapo", "vespo")
"""Losses that have no clip range; the others, ``cispo`` among them, have one."""


class Condition(NamedTuple):
    """When an option has an effect.

    Attributes:
        words: the end of "has an effect only with …".
        holds: whether settings fulfil it.
    """

    words: str
    holds: Callable[[GrpoSettings], bool]


def _with_option(name: str) -> Condition:
    return Condition(f"trl.{name}", lambda settings: bool(settings.trl.get(name)))


_VLLM = Condition("vllm", lambda settings: settings.vllm is not None)
_NO_VLLM = Condition("vllm null", lambda settings: settings.vllm is None)
_COLOCATE = Condition("vllm 'colocate'", lambda settings: settings.vllm == "colocate")
_SERVER = Condition("vllm 'server'", lambda settings: settings.vllm == "server")
_KL = Condition("a kl_coefficient above 0", lambda settings: settings.kl_coefficient > 0)
_CLIPPED = Condition(
    f"one of the losses {', '.join(CLIPPED_LOSSES)}",
    lambda settings: settings.loss in CLIPPED_LOSSES,
)
_SAPO = Condition("the loss sapo", lambda settings: settings.loss == "sapo")
_VESPO = Condition("the loss vespo", lambda settings: settings.loss == "vespo")
_ADAPTIVE = _with_option("use_adaptive_entropy")
_REFERENCE = _with_option("sync_ref_model")

OPTIONS: dict[str, Condition | None] = {
    # Sampling.
    "top_p": None,
    "top_k": None,
    "min_p": None,
    "repetition_penalty": None,
    "generation_kwargs": None,
    "cache_implementation": _NO_VLLM,
    # Advantages and loss.
    "scale_rewards": None,
    "mask_truncated_completions": None,
    "importance_sampling_level": None,
    "delta": _CLIPPED,
    "top_entropy_quantile": None,
    "off_policy_mask_threshold": None,
    "use_bias_correction_kl": _KL,
    "sapo_temperature_neg": _SAPO,
    "sapo_temperature_pos": _SAPO,
    "vespo_k_pos": _VESPO,
    "vespo_lambda_pos": _VESPO,
    "vespo_k_neg": _VESPO,
    "vespo_lambda_neg": _VESPO,
    "entropy_coef": None,
    "use_adaptive_entropy": None,
    "entropy_coef_min": _ADAPTIVE,
    "entropy_coef_max": _ADAPTIVE,
    "entropy_coef_delta": _ADAPTIVE,
    "entropy_target": _ADAPTIVE,
    "sync_ref_model": _KL,
    "ref_model_mixup_alpha": _REFERENCE,
    "ref_model_sync_steps": _REFERENCE,
    "disable_dropout": None,
    "cast_lm_head_to_fp32": None,
    # Optimizer.
    "optim": None,
    "weight_decay": None,
    "adam_beta1": None,
    "adam_beta2": None,
    "adam_epsilon": None,
    "max_grad_norm": None,
    "warmup_steps": None,
    "lr_scheduler_type": None,
    # vLLM.
    "vllm_model_impl": _COLOCATE,
    "vllm_enable_sleep_mode": _COLOCATE,
    "vllm_gpu_memory_utilization": _COLOCATE,
    "vllm_max_model_length": _COLOCATE,
    "vllm_tensor_parallel_size": _COLOCATE,
    "vllm_server_base_url": _SERVER,
    "vllm_server_host": _SERVER,
    "vllm_server_port": _SERVER,
    "vllm_server_timeout": _SERVER,
    "vllm_group_port": _SERVER,
    "vllm_importance_sampling_correction": _VLLM,
    "vllm_importance_sampling_mode": _VLLM,
    "vllm_importance_sampling_clip_max": _VLLM,
    "vllm_importance_sampling_clip_min": _VLLM,
}
"""Options by name; None where one always has an effect."""


def check_options(settings: GrpoSettings) -> None:
    """Raise ValueError for an option of ``trl`` that is unknown or would be ignored."""
    for name in settings.trl:
        if name not in OPTIONS:
            raise ValueError(
                f"trl.{name} is no option that is passed on; options: {', '.join(sorted(OPTIONS))}"
            )
        condition = OPTIONS[name]
        if condition is not None and not condition.holds(settings):
            raise ValueError(f"trl.{name} has an effect only with {condition.words}")
    clip = (settings.clip_range, settings.clip_range_high)
    if settings.loss in UNCLIPPED_LOSSES and clip != (None, None):
        raise ValueError(f"the loss {settings.loss} has no clip range")
