"""The commands of the reward server and of other people's models."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from erm.cli import main


def _run(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int | str | None:
    monkeypatch.setattr(sys, "argv", ["erm", *arguments])
    with pytest.raises(SystemExit) as stop:
        main()
    return stop.value.code


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (["--host", "0.0.0.0"], "Other machines can reach 0.0.0.0; set ERM_SERVE_TOKEN"),
        (["--part", "magic=1"], "--part: unknown part 'magic'; parts: critic, "),
        (["--part", "ssim=x"], "--part: Input should be a valid number"),
        (["--part", "ssim=1", "--part", "ssim=2"], "--part: the part 'ssim' is listed twice."),
        (["--backend", "cairo"], "'cairo' is no back end of a task; write --backend TASK=NAME."),
        (["--backend", "svg=paint"], "--backend: task svg has no back end 'paint'"),
        (["--endpoint", "timeout=3"], "--endpoint is for models behind endpoints"),
        (["--free"], "--constrained and --free are for models"),
        (["--host", "no such host"], "no such host:8111 can't be used"),
    ],
)
def test_a_server_that_cannot_be_had_is_one_sentence(
    options: list[str], sentence: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("ERM_SERVE_TOKEN", raising=False)
    if "no such host" in options:
        monkeypatch.setenv("ERM_SERVE_TOKEN", "x")
    status = _run(monkeypatch, "serve", "--critic", "pixel", *options)
    assert str(status).startswith(f"erm: {sentence}")


def test_adopt_says_what_the_folder_is_now(
    tiny_critic: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    prompts = tmp_path / "prompts.json"
    prompts.write_text(json.dumps({"svg": "Compare."}))
    folder = tmp_path / "plain"
    folder.mkdir()
    for path in tiny_critic.iterdir():
        if path.name not in ("erm.json", "processor_config.json"):
            (folder / path.name).write_bytes(path.read_bytes())
    images = json.loads((tiny_critic / "processor_config.json").read_text())["image_processor"]
    (folder / "preprocessor_config.json").write_text(json.dumps(images))
    options = ["--role", "critic", "--prompts", str(prompts), "--json"]
    assert not _run(monkeypatch, "adopt", str(folder), *options)
    assert json.loads(capsys.readouterr().out) == {
        "role": "critic",
        "prompts": {"svg": "Compare."},
        "max_new_tokens": 4096,
        "max_sides": {"svg": 1024},
    }
    status = _run(monkeypatch, "adopt", str(folder), *options)
    assert (
        str(status) == f"erm: {folder / 'erm.json'}: the model has a role already; delete it first."
    )
