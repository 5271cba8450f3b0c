"""Muon: orthogonalised momentum for the matrices of a model, AdamW for everything else.

In a short training, a small model needs half the samples that it needs with AdamW
(docs/critic.md). `torch.optim.Muon` computes in bfloat16, one matrix at a time; on a CPU that takes
longer than the rest of the training. Here all matrices of one shape are processed together, and
processes share the work. DeepSpeed is not supported: it splits matrices.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, distributed, nn

_COEFFICIENTS = (3.4445, -4.7750, 2.0315)
_ITERATIONS = 5
_LARGEST_STACK = 1 << 18
"""Most numbers in one stack of matrices, unless a single matrix has more."""


def orthogonalized(matrices: Tensor, *, bf16: bool = False) -> Tensor:
    """The nearest matrices with all singular values near 1 (0.7 to 1.2).

    Five steps of the quintic Newton-Schulz iteration with the coefficients of Jordan et al.,
    "Muon: An optimizer for hidden layers in neural networks" (2024).

    Args:
        matrices: (number, rows, columns) with rows ≤ columns.
        bf16: computes in bfloat16 (singular values 0.6 to 1.3), otherwise in float32.
    """
    x = matrices.bfloat16() if bf16 else matrices.float()
    x = x / (x.flatten(1).norm(dim=1)[:, None, None] + 1e-7)
    if x.dtype == torch.float32 and 2 * x.shape[1] <= x.shape[2]:
        return _combined_steps(x @ x.mT) @ x
    for _ in range(_ITERATIONS):
        gram = x @ x.mT
        x = torch.baddbmm(x, _polynomial(gram), x, beta=_COEFFICIENTS[0])
    return x


def _combined_steps(gram: Tensor) -> Tensor:
    """The product of the polynomials of all steps, from the Gram matrix of the first step.

    All steps are polynomials of one symmetric matrix, so they commute, and the Gram matrix of each
    step follows from the previous one. Wide matrices are multiplied twice instead of ten times. The
    squares of singular values need float32.
    """
    product = step = _whole_polynomial(gram)
    for _ in range(_ITERATIONS - 1):
        gram = step @ gram @ step
        step = _whole_polynomial(gram)
        product = step @ product
    return product


def _whole_polynomial(gram: Tensor) -> Tensor:
    """``a · 1 + b · gram + c · gram²`` of each matrix."""
    result = _polynomial(gram)
    result.diagonal(dim1=1, dim2=2).add_(_COEFFICIENTS[0])
    return result


def _polynomial(gram: Tensor) -> Tensor:
    """``b · gram + c · gram²`` of each matrix."""
    _, b, c = _COEFFICIENTS
    return torch.baddbmm(gram, gram, gram, beta=b, alpha=c)


class Muon(torch.optim.AdamW):  # type: ignore[misc]
    """An optimizer for a whole model.

    A matrix is updated by its orthogonalised Nesterov momentum, times 0.2 · √max(rows, columns), so
    that the update is about as large as AdamW's (Liu et al., "Muon is scalable for LLM training",
    2025). Gradients must be equal in all processes, as with data parallelism.

    Args:
        model: its matrices are the weights of linear layers, except the output layer.
        learning_rate: for all other weights, with AdamW.
        matrix_learning_rate: for the matrices.
        weight_decay: for everything but vectors.
        matrix_block: a matrix with more rows and more columns than this is orthogonalised in blocks
            of so many columns, if they divide it. This is much faster (Khaled et al., "MuonBP:
            Faster Muon via block-periodic orthogonalization", 2025; without their period).
        bf16: orthogonalises in bfloat16, which is faster where the device multiplies it faster.
    """

    param_groups: list[dict[str, Any]]

    def __init__(
        self,
        model: nn.Module,
        *,
        learning_rate: float,
        matrix_learning_rate: float,
        weight_decay: float,
        beta2: float,
        momentum: float = 0.95,
        matrix_block: int | None = None,
        bf16: bool = False,
    ) -> None:
        self._block, self._bf16 = matrix_block, bf16
        output = getattr(model, "get_output_embeddings", lambda: None)()
        linear = [module for module in model.modules() if isinstance(module, nn.Linear)]
        matrices = [one.weight for one in linear if one is not output and one.weight.requires_grad]
        taken = {id(weight) for weight in matrices}
        rest = [one for one in model.parameters() if one.requires_grad and id(one) not in taken]
        plain = {"lr": learning_rate, "momentum": None}
        groups: list[dict[str, Any]] = [
            {"params": [one for one in rest if one.ndim > 1], **plain},
            {"params": [one for one in rest if one.ndim <= 1], **plain, "weight_decay": 0.0},
            {"params": matrices, "lr": matrix_learning_rate, "momentum": momentum},
        ]
        super().__init__(
            [group for group in groups if group["params"]],
            betas=(0.9, beta2),
            weight_decay=weight_decay,
            fused=True,
        )

    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """One update of all weights."""
        groups = self.param_groups
        self.param_groups = [group for group in groups if group["momentum"] is None]
        try:
            loss = super().step(closure)
        finally:
            self.param_groups = groups
        for group in groups:
            if group["momentum"] is not None:
                with torch.no_grad():
                    self._move(group)
        return loss

    def _move(self, group: dict[str, Any]) -> None:
        """Update a group of matrices."""
        stacks = [
            (weights, torch.cat([self._direction(weight, group) for weight in weights]))
            for weights in self._stacks([one for one in group["params"] if one.grad is not None])
        ]
        owners = _shares([directions for _, directions in stacks])
        # Each process computes its whole share first, so that none waits while it has work.
        stacks = [
            (weights, orthogonalized(directions, bf16=self._bf16).to(directions.dtype))
            if owner == _rank()
            else (weights, directions)
            for (weights, directions), owner in zip(stacks, owners, strict=True)
        ]
        for (weights, directions), owner in zip(stacks, owners, strict=True):
            if len(set(owners)) > 1:
                distributed.broadcast(directions, owner)
            pace = group["lr"] * 0.2 * max(directions.shape[1:]) ** 0.5
            for weight, direction in zip(weights, directions.chunk(len(weights)), strict=True):
                weight.mul_(1 - group["lr"] * group["weight_decay"])
                weight.add_(_unfolded(direction, weight.shape), alpha=-pace)

    def _direction(self, weight: Tensor, group: dict[str, Any]) -> Tensor:
        """Nesterov momentum of a matrix, folded."""
        state = self.state[weight]
        if not state:
            # AdamW reads a step from each state when it is loaded.
            state.update(step=torch.tensor(0.0), momentum=torch.zeros_like(weight))
        state["step"] += 1
        assert weight.grad is not None
        state["momentum"].lerp_(weight.grad, 1 - group["momentum"])
        return _folded(weight.grad.lerp(state["momentum"], group["momentum"]), self._block)

    def _stacks(self, weights: list[Tensor]) -> list[list[Tensor]]:
        """The weights grouped by folded shape, in lists of about `_LARGEST_STACK` numbers."""
        shapes: dict[tuple[int, ...], list[Tensor]] = defaultdict(list)
        for weight in weights:
            shapes[tuple(_folded(weight, self._block).shape)].append(weight)
        stacks = []
        for members in shapes.values():
            size = max(1, _LARGEST_STACK // members[0].numel())
            stacks += [members[start : start + size] for start in range(0, len(members), size)]
        return stacks


def _folded(matrix: Tensor, block: int | None) -> Tensor:
    """A matrix as (blocks, rows, columns) with rows ≤ columns: cut into blocks and transposed."""
    rows, columns = matrix.shape
    width = block if block and min(rows, columns) > block and columns % block == 0 else columns
    blocks = matrix.view(rows, -1, width).transpose(0, 1)
    return blocks.mT if rows > width else blocks


def _unfolded(blocks: Tensor, shape: torch.Size) -> Tensor:
    """The inverse of `_folded`: a matrix of the given shape."""
    rows = shape[0]
    upright = blocks if blocks.shape[1] == rows else blocks.mT
    return upright.transpose(0, 1).reshape(shape)


def _rank() -> int:
    return int(distributed.get_rank()) if distributed.is_initialized() else 0


def _shares(stacks: list[Tensor]) -> list[int]:
    """For each stack the rank of the process that computes it; all have about the same work."""
    busy = [0] * (distributed.get_world_size() if distributed.is_initialized() else 1)
    owners = [0] * len(stacks)
    costs = [stack.numel() * stack.shape[1] for stack in stacks]
    for index in sorted(range(len(stacks)), key=lambda index: -costs[index]):
        owners[index] = busy.index(min(busy))
        busy[owners[index]] += costs[index]
    return owners
