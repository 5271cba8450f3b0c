"""Muon: orthogonalised momentum for the matrices of a model, AdamW for everything else.

A small model in a short training learns from half the samples that AdamW needs (docs/critic.md).
`torch.optim.Muon` computes in bfloat16, a matrix at a time, which on a CPU takes longer than the
training itself; here matrices of one shape go through the iteration together, in float32 on a CPU,
and processes share them out. Not covered: DeepSpeed, which cuts matrices into pieces.
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
"""Numbers in one stack of matrices, at most, unless one matrix alone has more."""


def orthogonalized(matrices: Tensor) -> Tensor:
    """The nearest matrices whose singular values are all about 1 (0.7 to 1.2).

    Five steps of the quintic Newton-Schulz iteration with the coefficients of Jordan et al.,
    "Muon: An optimizer for hidden layers in neural networks" (2024).

    Args:
        matrices: (number, rows, columns) with rows ≤ columns.
    """
    x = matrices.bfloat16() if matrices.is_cuda else matrices.float()
    x = x / (x.flatten(1).norm(dim=1)[:, None, None] + 1e-7)
    if x.dtype == torch.float32 and 2 * x.shape[1] <= x.shape[2]:
        return _collected(x @ x.mT) @ x
    for _ in range(_ITERATIONS):
        gram = x @ x.mT
        x = torch.baddbmm(x, _polynomial(gram), x, beta=_COEFFICIENTS[0])
    return x


def _collected(gram: Tensor) -> Tensor:
    """The product of all steps' polynomials, from the Gram matrix that the first one begins with.

    Steps are polynomials of one symmetric matrix, so they commute, and the Gram matrix of the next
    step follows from that of the last: wide matrices are multiplied twice instead of ten times.
    Squares of singular values need float32.
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

    A matrix moves by its orthogonalised Nesterov momentum, scaled so that the update is as large as
    AdamW's usually is: 0.2 · √max(rows, columns) (Liu et al., "Muon is scalable for LLM training",
    2025). Gradients must be the same in all processes, as data parallelism leaves them.

    Args:
        model: the weights of its linear layers, but for the one that yields logits, are the
            matrices.
        learning_rate: of AdamW.
        matrix_learning_rate: of the matrices.
        weight_decay: of everything but vectors.
        matrix_block: a matrix with more rows and more columns than this is orthogonalised in blocks
            of so many columns, if they divide it, at a fraction of the cost (Khaled et al.,
            "MuonBP: Faster Muon via block-periodic orthogonalization", 2025; no period here).
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
    ) -> None:
        self._block = matrix_block
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
            for weights in self._alike([one for one in group["params"] if one.grad is not None])
        ]
        owners = _shares([directions for _, directions in stacks])
        # All of one's own share first: nobody waits for a broadcast with work left to do.
        stacks = [
            (weights, orthogonalized(directions).to(directions.dtype))
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
            # AdamW's loading looks for a step in every state
            state.update(step=torch.tensor(0.0), momentum=torch.zeros_like(weight))
        state["step"] += 1
        assert weight.grad is not None
        state["momentum"].lerp_(weight.grad, 1 - group["momentum"])
        return _folded(weight.grad.lerp(state["momentum"], group["momentum"]), self._block)

    def _alike(self, weights: list[Tensor]) -> list[list[Tensor]]:
        """The weights in lists of one folded shape, none much larger than `_LARGEST_STACK`."""
        shapes: dict[tuple[int, ...], list[Tensor]] = defaultdict(list)
        for weight in weights:
            shapes[tuple(_folded(weight, self._block).shape)].append(weight)
        stacks = []
        for members in shapes.values():
            size = max(1, _LARGEST_STACK // members[0].numel())
            stacks += [members[start : start + size] for start in range(0, len(members), size)]
        return stacks


def _folded(matrix: Tensor, block: int | None) -> Tensor:
    """A matrix as (blocks, rows, columns) with rows ≤ columns: cut and laid on its side."""
    rows, columns = matrix.shape
    width = block if block and min(rows, columns) > block and columns % block == 0 else columns
    blocks = matrix.view(rows, -1, width).transpose(0, 1)
    return blocks.mT if rows > width else blocks


def _unfolded(blocks: Tensor, shape: torch.Size) -> Tensor:
    """The matrix of a shape that `_folded` made blocks of."""
    rows = shape[0]
    upright = blocks if blocks.shape[1] == rows else blocks.mT
    return upright.transpose(0, 1).reshape(shape)


def _rank() -> int:
    return int(distributed.get_rank()) if distributed.is_initialized() else 0


def _shares(stacks: list[Tensor]) -> list[int]:
    """The process that computes each stack, so that all have about the same work."""
    busy = [0] * (distributed.get_world_size() if distributed.is_initialized() else 1)
    owners = [0] * len(stacks)
    costs = [stack.numel() * stack.shape[1] for stack in stacks]
    for index in sorted(range(len(stacks)), key=lambda index: -costs[index]):
        owners[index] = busy.index(min(busy))
        busy[owners[index]] += costs[index]
    return owners
