"""Settings of models, of their training and of sampling."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field, model_validator

from erm.models.trl_options import check_options
from erm.settings import Settings

Loss = Literal["grpo", "bnpo", "dr_grpo", "dapo", "cispo", "sapo", "luspo", "vespo"]
"""Losses of TRL's GRPO trainer."""

SCRATCH_SIZES: dict[str, dict[str, Any]] = {
    "micro": {
        "patch_size": 14,
        "text": {"hidden_size": 64, "intermediate_size": 192, "num_hidden_layers": 2},
        "vision": {"hidden_size": 64, "intermediate_size": 192, "depth": 2},
        "heads": 2,
        "deepstack": [0],
        "initializer_range": 0.08,
    },
    "tiny": {
        "patch_size": 14,
        "text": {"hidden_size": 128, "intermediate_size": 384, "num_hidden_layers": 3},
        "vision": {"hidden_size": 128, "intermediate_size": 384, "depth": 3},
        "heads": 4,
        "deepstack": [0, 1],
        "initializer_range": 0.06,
    },
    "mini": {
        "patch_size": 14,
        "text": {"hidden_size": 256, "intermediate_size": 768, "num_hidden_layers": 4},
        "vision": {"hidden_size": 256, "intermediate_size": 768, "depth": 4},
        "heads": 4,
        "deepstack": [1, 2],
        "initializer_range": 0.04,
    },
    "medium": {
        "patch_size": 14,
        "text": {"hidden_size": 384, "intermediate_size": 1152, "num_hidden_layers": 6},
        "vision": {"hidden_size": 384, "intermediate_size": 1152, "depth": 6},
        "heads": 6,
        "deepstack": [1, 3],
        "initializer_range": 0.035,
    },
    "small": {
        "patch_size": 14,
        "text": {"hidden_size": 512, "intermediate_size": 1536, "num_hidden_layers": 8},
        "vision": {"hidden_size": 384, "intermediate_size": 1536, "depth": 8},
        "heads": 8,
        "deepstack": [2, 4, 6],
        "initializer_range": 0.03,
    },
}
"""Architectures trained from random weights, with about 0.5, 2, 10, 29 and 53 M parameters."""


class LoraSettings(Settings):
    """Low-rank adapters instead of full fine-tuning."""

    rank: int = Field(16, ge=1)
    alpha: float = Field(32, gt=0)
    dropout: float = Field(0.0, ge=0, lt=1)


class DetailSettings(Settings):
    """Pictures of the regions in which a pair of images differs (`erm.models.details`)."""

    most: int = Field(4, ge=1, le=16, description="regions of a pair, at most")
    side: int = Field(56, ge=28, le=1024, description="of a square crop in pixels")
    margins: bool = Field(
        False,
        description="also what stands left of and below a plot's frame, and the cell in a table",
    )
    totals: bool = Field(
        False,
        description="also in how many regions a pair differs, and in how many of its pixels",
    )


class ModelSettings(Settings):
    """Which model, and how it computes."""

    name: str = "tiny"
    """One of `SCRATCH_SIZES` from random weights, otherwise a checkpoint by hub name or folder."""
    dtype: Literal["float32", "bfloat16"] = "float32"
    attention: str = "sdpa"
    pair_encoding: Literal["difference", "two_images"] | None = None
    """How a pair of images enters a model (`erm.models.processor`). None is ``difference`` for a
    model from random weights and ``two_images`` for a checkpoint."""
    details: DetailSettings | None = None
    start: str | None = Field(
        None, description="folder or MLflow URI of a model of this size, to train on from"
    )
    lora: LoraSettings | None = None

    @property
    def from_scratch(self) -> bool:
        return self.name in SCRATCH_SIZES

    @model_validator(mode="after")
    def _check_pair_encoding(self) -> ModelSettings:
        if self.pair_encoding == "difference" and not self.from_scratch:
            raise ValueError(f"pair_encoding 'difference' is not how {self.name} sees two images")
        return self

    @model_validator(mode="after")
    def _check_start(self) -> ModelSettings:
        if self.start is not None and not self.from_scratch:
            raise ValueError(f"start is for models trained from scratch; {self.name} has weights")
        return self


class OptimizationSettings(Settings):
    """How long and how a model is trained."""

    epochs: float = Field(1.0, gt=0)
    batch_size: int = Field(16, ge=1, description="samples an optimizer step, over all processes")
    micro_batch_size: int | None = Field(None, ge=1, description="samples a forward pass")
    optimizer: Literal["adamw", "muon"] = "adamw"
    """``muon`` learns faster from random weights (`erm.models.muon`); DeepSpeed needs ``adamw``."""
    learning_rate: float = Field(4e-4, gt=0)
    matrix_learning_rate: float = Field(4e-3, gt=0, description="of Muon's matrices")
    matrix_block: int | None = Field(
        None, ge=1, description="Muon takes matrices in blocks of so many columns"
    )
    warmup: float = Field(0.03, ge=0, lt=1, description="share of the steps")
    weight_decay: float = Field(0.01, ge=0)
    beta2: float = Field(0.95, gt=0, lt=1, description="decay of AdamW's second moment")
    schedule: Literal["stable", "cosine", "linear", "constant"] = "stable"
    """``stable`` keeps the rate constant after warm-up; over the last 30 % it falls to 0."""
    seed: int = 0
    checkpoint_every: int | None = Field(
        200, ge=1, description="steps between resumable checkpoints; null keeps none"
    )
    log_every: int = Field(20, ge=1, description="steps between logged losses")
    activation_checkpointing: bool = False
    bf16: bool | None = None
    """Multiplies matrices in bfloat16, weights stay as they are. None does so on GPUs and CPUs that
    are faster with it, but not with DeepSpeed on a CPU (`erm.models.precision`)."""

    def samples_of_each(self, processes: int) -> int:
        """Samples of one process in a step.

        Raises:
            ValueError: the samples of a step can't be shared out equally.
        """
        if self.batch_size % processes:
            raise ValueError(
                f"a batch_size of {self.batch_size} can't be shared out equally to {processes} "
                "processes"
            )
        return self.batch_size // processes


class ValidationSettings(Settings):
    """Scoring the critic on held-out pairs during training, so that its best weights are kept."""

    every: int | None = Field(
        None, ge=1, description="steps between validations; null validates at the last step only"
    )
    pairs: int = Field(32, ge=1, description="of each task in the validation split, at most")
    batch_size: int = Field(32, ge=1, description="pairs in a batch of one process")


class LaunchSettings(Settings):
    """How many processes train a model, and under which engine.

    Attributes:
        processes: on each machine, one per device.
        nodes: machines that train together. The others run ``erm train-node`` in the same folder.
        rendezvous: ``HOST:PORT``, a free port of the machine that runs the stage, where the others
            find it.
        join_timeout: seconds to wait for the other machines.
    """

    processes: int = Field(1, ge=1)
    nodes: int = Field(1, ge=1)
    rendezvous: str | None = Field(None, pattern=r"^\S+:\d{1,5}$")
    join_timeout: int = Field(600, ge=1)
    deepspeed: str | None = Field(None, description="path of a DeepSpeed configuration (ZeRO)")

    @model_validator(mode="after")
    def _check_rendezvous(self) -> LaunchSettings:
        if self.nodes > 1 and self.rendezvous is None:
            raise ValueError(
                f"{self.nodes} nodes need rendezvous, HOST:PORT of the one that runs the stage"
            )
        return self

    @property
    def world_size(self) -> int:
        """Processes of all machines together."""
        return self.processes * self.nodes


class GrpoSettings(Settings):
    """Reinforcement of a policy or a critic; the defaults are for a laptop, not as published.

    Attributes:
        steps: updates of the weights.
        prompts_per_step, generations: an update learns from `prompts_per_step` × `generations`
            completions, over all processes.
        iterations: updates with each set of completions.
        steps_per_generation: updates that share what is sampled at one time, each with its own
            part of it.
        loss: how the loss of tokens is added up.
        clip_range, clip_range_high: of the ratio of a token's new and old probability, below and
            above 1; null is TRL's 0.2, and as below. The ratio differs from 1 only where
            `iterations` or `steps_per_generation` is above 1.
        vllm: generate with vLLM in the training processes (``colocate``), on a server
            (``server``), or not at all.
        trl: further options of TRL's trainer (`erm.models.trl_options`).
    """

    steps: int = Field(20, ge=1)
    prompts_per_step: int = Field(8, ge=1)
    generations: int = Field(8, ge=2)
    micro_batch_size: int = Field(
        64, ge=1, description="completions in a forward pass of one process, at most"
    )
    learning_rate: float = Field(5e-5, gt=0)
    kl_coefficient: float = Field(0.01, ge=0)
    temperature: float = Field(1.0, gt=0)
    iterations: int = Field(1, ge=1)
    steps_per_generation: int = Field(1, ge=1)
    loss: Loss = "dapo"
    clip_range: float | None = Field(None, gt=0, lt=1)
    clip_range_high: float | None = Field(None, gt=0)
    checkpoint_every: int | None = Field(
        5, ge=1, description="steps between resumable checkpoints; null keeps none"
    )
    seed: int = 0
    vllm: Literal["colocate", "server"] | None = None
    trl: dict[str, Any] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _check_options(self) -> GrpoSettings:
        check_options(self)
        return self

    @model_validator(mode="after")
    def _check_checkpoints(self) -> GrpoSettings:
        shared = self.iterations * self.steps_per_generation
        if self.checkpoint_every is not None and self.checkpoint_every % shared:
            raise ValueError(
                f"checkpoint_every must be a multiple of iterations × steps_per_generation "
                f"({shared}): a run resumes where completions are sampled anew"
            )
        return self

    @property
    def prompts(self) -> int:
        """Prompts of all steps."""
        shared = self.iterations * self.steps_per_generation
        return -(-self.steps // shared) * self.steps_per_generation * self.prompts_per_step

    def completions_of_each(self, processes: int) -> int:
        """Completions of one process in a step.

        Raises:
            ValueError: the completions of a step can't be shared out equally.
        """
        completions = self.prompts_per_step * self.generations
        if completions % processes:
            raise ValueError(
                f"{self.prompts_per_step} prompts a step with {self.generations} completions each "
                f"can't be shared out equally to {processes} processes"
            )
        return completions // processes


class SamplingSettings(Settings):
    """How tokens are drawn; a temperature of 0 takes the likeliest."""

    temperature: float = Field(0.0, ge=0)
    top_p: float = Field(1.0, gt=0, le=1)
    top_k: int = Field(0, ge=0)
    seed: int = 0


class TrainingSettings(Settings):
    """Settings that the training of critics and of policies share."""

    model: ModelSettings = ModelSettings()
    optimization: OptimizationSettings = OptimizationSettings()
    launch: LaunchSettings = LaunchSettings()
    max_side: int = Field(168, ge=28, description="longest side of an image in pixels")
    max_target_tokens: int = Field(256, ge=16, description="longer targets are left out")
    vocabulary: int = Field(1024, ge=300, description="tokens of a from-scratch tokenizer")

    @model_validator(mode="after")
    def _check_optimizer(self) -> TrainingSettings:
        if self.optimization.optimizer == "muon" and self.launch.deepspeed is not None:
            raise ValueError("optimizer 'muon' can't be used with launch.deepspeed; use 'adamw'")
        return self

    @model_validator(mode="after")
    def _check_batch(self) -> TrainingSettings:
        self.optimization.samples_of_each(self.launch.world_size)
        return self
