"""What a training shows while it runs."""

from __future__ import annotations

import warnings

import pytest
from transformers import TrainerControl, TrainerState, TrainingArguments

from erm.models.progress import StepBar, hide_renamed_options


@pytest.mark.parametrize(("process_zero", "shows"), [(True, True), (False, False)])
def test_a_bar_goes_on_where_an_earlier_run_stopped(
    process_zero: bool, shows: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    bar = StepBar("train", ("loss", "reward"))
    arguments, control = TrainingArguments(report_to=[]), TrainerControl()
    state = TrainerState(global_step=4, max_steps=6, is_world_process_zero=process_zero)
    bar.on_train_begin(arguments, state, control)
    for step, loss in ((5, 0.25), (6, 0.125)):
        state.global_step = step
        bar.on_step_end(arguments, state, control)
        bar.on_log(arguments, state, control, logs={"loss": loss, "grad_norm": 1.5})
    bar.on_train_end(arguments, state, control)
    captured = capsys.readouterr()
    assert captured.out == ""
    assert ("train:  67%" in captured.err) is shows
    assert ("6/6" in captured.err) is shows
    assert ("loss=0.125" in captured.err) is shows
    assert "grad_norm" not in captured.err


def test_what_is_not_logged_is_not_shown(capsys: pytest.CaptureFixture[str]) -> None:
    bar = StepBar("train", ("loss", "reward"))
    arguments, control = TrainingArguments(report_to=[]), TrainerControl()
    state = TrainerState(global_step=0, max_steps=2, is_world_process_zero=True)
    bar.on_train_begin(arguments, state, control)
    bar.on_log(arguments, state, control, logs={"train_runtime": 3.0})
    bar.on_train_end(arguments, state, control)
    assert "=" not in capsys.readouterr().err


def test_a_renamed_option_is_not_printed() -> None:
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always")
        TrainingArguments(report_to=[], gradient_checkpointing=False)
        assert "is deprecated" in str(seen[-1].message)
        seen.clear()
        hide_renamed_options()
        TrainingArguments(report_to=[], gradient_checkpointing=False)
        assert [one for one in seen if "checkpointing" in str(one.message)] == []
