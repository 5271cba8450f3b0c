"""The optimizer of from-scratch training, beside torch's own and in two processes."""

from __future__ import annotations

import copy
from pathlib import Path

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError
from torch import distributed, multiprocessing, nn

from erm.models.muon import Muon, orthogonalized
from erm.models.settings import LaunchSettings, OptimizationSettings, TrainingSettings


def network() -> nn.Module:
    torch.manual_seed(0)
    return nn.Sequential(
        nn.Embedding(16, 8), nn.Flatten(), nn.Linear(32, 24), nn.Tanh(), nn.Linear(24, 6)
    )


def muon(model: nn.Module, matrix_block: int | None = None) -> Muon:
    return Muon(
        model,
        learning_rate=1e-2,
        matrix_learning_rate=2e-2,
        weight_decay=0.1,
        beta2=0.95,
        matrix_block=matrix_block,
    )


def losses(model: nn.Module, optimizer: torch.optim.Optimizer, steps: int) -> list[float]:
    generator = torch.Generator().manual_seed(1)
    tokens = torch.randint(16, (64, 4), generator=generator)
    wanted = tokens.sum(dim=1) % 6
    found = []
    for _ in range(steps):
        loss = nn.functional.cross_entropy(model(tokens), wanted)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        found.append(loss.item())
    return found


@pytest.mark.parametrize("shape", [(16, 16), (16, 24), (16, 32), (16, 160)])
@pytest.mark.parametrize("rank", [1, 4, 16])
def test_every_shape_goes_through_the_published_iteration(
    shape: tuple[int, int], rank: int
) -> None:
    """Also where most singular values are tiny, as a gradient's are."""
    generator = torch.Generator().manual_seed(0)
    rows, columns = shape
    matrix = torch.randn(1, rows, rank, generator=generator) @ torch.randn(
        1, rank, columns, generator=generator
    ) + 1e-4 * torch.randn(1, rows, columns, generator=generator)
    x = matrix.double() / (matrix.double().norm() + 1e-7)
    for _ in range(5):
        gram = x @ x.mT
        x = 3.4445 * x - 4.7750 * gram @ x + 2.0315 * gram @ gram @ x
    torch.testing.assert_close(orthogonalized(matrix).double(), x, atol=1e-3, rtol=0)


@settings(max_examples=25, deadline=None, derandomize=True)
@given(st.integers(1, 12), st.integers(0, 20), st.integers(0, 10_000))
def test_singular_values_become_about_one(rows: int, more: int, seed: int) -> None:
    generator = torch.Generator().manual_seed(seed)
    matrices = torch.randn(3, rows, rows + more + 1, generator=generator)
    values = torch.linalg.svdvals(orthogonalized(matrices))
    assert values.min() > 0.2
    assert values.max() < 1.3
    halved = orthogonalized(matrices, bf16=True)
    assert halved.dtype == torch.bfloat16
    values = torch.linalg.svdvals(halved.float())
    assert values.min() > 0.2
    assert values.max() < 1.35


def test_matrices_move_as_torch_moves_them() -> None:
    ours, theirs = network(), network()
    weight = theirs[4].weight
    reference = torch.optim.Muon(
        [weight], lr=2e-2, weight_decay=0.1, momentum=0.95, adjust_lr_fn="match_rms_adamw"
    )
    losses(ours, muon(ours), 1)
    losses(theirs, reference, 1)
    step = (ours[4].weight - network()[4].weight).flatten()
    expected = (weight - network()[4].weight).flatten()
    assert (
        torch.nn.functional.cosine_similarity(step, expected, dim=0) > 0.97
    )  # it computes in bfloat16
    assert step.norm().item() == pytest.approx(expected.norm().item(), rel=0.05)


def test_wide_matrices_move_in_blocks_of_their_columns() -> None:
    """The first layer, 24 × 32, moves as four of 24 × 8 do; the last, 6 × 24, as a whole."""
    model, whole = network(), network()
    optimizer = muon(model, matrix_block=8)
    losses(model, optimizer, 1)
    losses(whole, muon(whole), 1)
    assert torch.equal(model[4].weight, whole[4].weight)
    moved = model[2].weight - network()[2].weight * (1 - 2e-2 * 0.1)
    gradient = optimizer.state[model[2].weight]["momentum"] / 0.05
    for columns in range(0, 32, 8):
        direction = orthogonalized(gradient[None, :, columns : columns + 8].mT)[0].T
        expected = -2e-2 * 0.2 * 24**0.5 * direction
        torch.testing.assert_close(moved[:, columns : columns + 8], expected, rtol=1e-3, atol=1e-5)


def test_learns_and_goes_on_from_its_saved_state() -> None:
    model = network()
    optimizer = muon(model)
    first = losses(model, optimizer, 10)
    again = copy.deepcopy(model)
    resumed = muon(again)
    resumed.load_state_dict(copy.deepcopy(optimizer.state_dict()))
    after = losses(model, optimizer, 30)
    assert losses(again, resumed, 30) == after
    assert after[-1] < 0.5 * first[0]


def _train(rank: int, folder: Path) -> None:
    distributed.init_process_group(
        "gloo", init_method=f"file://{folder / 'meeting'}", rank=rank, world_size=2
    )
    model = network()
    found = losses(model, muon(model), 8)
    torch.save(found, folder / f"{rank}.pt")
    distributed.destroy_process_group()


def test_processes_share_the_work_and_agree(tmp_path: Path) -> None:
    multiprocessing.spawn(_train, (tmp_path,), nprocs=2)
    model = network()
    alone = losses(model, muon(model), 8)
    for rank in (0, 1):
        assert torch.load(tmp_path / f"{rank}.pt") == pytest.approx(alone, rel=1e-5)


def test_deepspeed_is_refused() -> None:
    with pytest.raises(ValidationError, match="use 'adamw'"):
        TrainingSettings(
            optimization=OptimizationSettings(optimizer="muon"),
            launch=LaunchSettings(deepspeed="conf/deepspeed/zero2.json"),
        )
