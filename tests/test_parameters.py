"""Parameters: the committed file, its profiles, and what is wrong with others."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import get_type_hints

import pytest
import yaml

from erm.errors import ErmError
from erm.parameters import (
    PARAMS,
    STAGES,
    Params,
    check_profile,
    check_run,
    compose_params,
    read_params,
)
from tests.flows.scratch import compose

ROOT = Path(__file__).parents[1]
PROFILES = ("all-tasks", "gpu", "laptop", "smoke", "study", "wide")


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with the committed parameters, as current directory."""
    (tmp_path / "conf").symlink_to(ROOT / "conf")
    (tmp_path / PARAMS).write_text(compose(ROOT / "conf", "laptop"))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def change(checkout: Path, **sections: object) -> None:
    content = yaml.safe_load((checkout / PARAMS).read_text())
    (checkout / PARAMS).write_text(yaml.safe_dump({**content, **sections}))


def test_committed_parameters_are_the_default_profile() -> None:
    committed = (ROOT / PARAMS).read_text()
    assert committed == compose(ROOT / "conf") == compose(ROOT / "conf", "laptop")


@pytest.mark.parametrize("profile", PROFILES)
def test_every_profile_is_valid(profile: str, checkout: Path) -> None:
    (checkout / PARAMS).write_text(compose(ROOT / "conf", profile))
    params = read_params()
    assert params.profile == profile
    check_profile(profile)


def test_stages_of_dvc_are_the_sections_and_the_modules() -> None:
    stages = yaml.safe_load((ROOT / "dvc.yaml").read_text())["stages"]
    assert tuple(stages) == STAGES
    for name, stage in stages.items():
        assert stage["cmd"] == f"python -m flows.{name}"
        assert name in stage["params"]
        assert (ROOT / "flows" / f"{name}.py").is_file()


@pytest.mark.parametrize(
    ("sections", "sentence"),
    [
        ({"promote": {"critic_metric": "a", "policy_metric": "b", "pears": 1}}, "'promote.pears'"),
        ({"promote": {"critic_metric": "a", "policy_metric": "b", "margin": "x"}}, "'x'"),
        ({"promote": None}, "'promote'"),
        ({"pomote": {}}, "unknown section 'pomote'"),
        (
            {"render": {"backends": {"svg": "paint"}}},
            "no back end 'paint'; it has: cairosvg, resvg",
        ),
        ({"render": {"fonts": ["no/folder"]}}, "there is no folder of fonts 'no/folder'"),
        ({"render": {"backends": {"table": "chromium"}}}, "names chromium, which gives no scenes"),
        ({"render": {"raster_sid": 9}}, "unknown parameter 'render.raster_sid'"),
        ({"evaluate": {"drawing": {}}}, "unknown parameter 'evaluate.drawing'"),
        (
            {"train_critic": {"reinforce": {"pears": 1}}},
            "unknown parameter 'train_critic.reinforce.pears'",
        ),
        (
            {
                "render": {"backends": {"svg": "resvg"}},
                "synthesize": {"second_backends": {"svg": "resvg"}},
            },
            "'resvg' draws task svg already",
        ),
        (
            {"reinforce": {"tasks": ["chart"], "sources": {"svg": 5}}},
            "'reinforce': sources names svg, but tasks names chart.",
        ),
        (
            {"profile": "nope"},
            "unknown profile 'nope'; known profiles: all-tasks, gpu, laptop, smoke, study, wide",
        ),
    ],
)
def test_bad_parameters_are_named(
    sections: dict[str, object], sentence: str, checkout: Path
) -> None:
    change(checkout, **sections)
    with pytest.raises(ErmError, match=r"^params\.yaml: [^\n]*\.$") as raised:
        read_params()
    assert sentence in str(raised.value)


def test_all_stages_draw_as_one_section_says(checkout: Path) -> None:
    change(checkout, render={"raster_side": 96, "older_libraries": False})
    params = read_params()
    stages = [getattr(params, stage) for stage in STAGES]
    drawing = [stage.drawing for stage in stages if "drawing" in type(stage).model_fields]
    assert len(drawing) == 6
    assert {(one.raster_side, one.older_libraries) for one in drawing} == {(96, False)}


def test_what_decides_pictures_is_a_parameter_of_each_stage_that_draws() -> None:
    kinds = get_type_hints(Params)
    stages = yaml.safe_load((ROOT / "dvc.yaml").read_text())["stages"]
    for name, stage in stages.items():
        drawn = [one for one in stage["params"] if "drawing" in kinds[one].model_fields]
        assert bool(drawn) == ("render" in stage["params"]), name


def test_a_missing_section_is_named(checkout: Path) -> None:
    content = yaml.safe_load((checkout / PARAMS).read_text())
    del content["promote"]
    (checkout / PARAMS).write_text(yaml.safe_dump(content))
    with pytest.raises(ErmError, match=r"^params\.yaml: section 'promote' is missing\.$"):
        read_params()


@pytest.mark.parametrize("content", [b"a: [", b"\xff\xfe", b"- 1\n- 2\n", b"", None])
def test_unreadable_parameters_are_one_sentence(content: bytes | None, checkout: Path) -> None:
    (checkout / PARAMS).unlink()
    if content is not None:
        (checkout / PARAMS).write_bytes(content)
    with pytest.raises(ErmError, match=r"^params\.yaml [^\n]*\.$"):
        read_params()


def test_an_unknown_profile_names_the_known_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    with pytest.raises(
        ErmError, match="unknown profile 'nope'; known profiles: all-tasks, gpu, laptop"
    ):
        check_profile("nope")


@pytest.mark.parametrize(
    ("profile", "stages", "changes", "sentence"),
    [
        ("nope", [], [], "unknown profile 'nope'; known profiles: all-tasks"),
        (None, ["critic"], [], "unknown stage 'critic'; stages: synthesize, validate"),
        ("smoke", [], ["train_critic.pears=1"], "Could not override 'train_critic.pears'"),
        (None, [], ["+train_critic.pears=1"], "unknown parameter 'train_critic.pears'"),
        (None, [], ["reinforce.steps=many"], "'reinforce.steps' is 'many'"),
        (None, [], ["reinforce steps"], "reinforce steps"),
    ],
)
def test_a_run_is_refused_in_one_sentence(
    profile: str | None, stages: list[str], changes: list[str], sentence: str, checkout: Path
) -> None:
    with pytest.raises(ErmError, match=r"^[^\n]*$") as raised:
        check_run(profile, stages, changes)
    assert sentence in str(raised.value)


def test_changes_make_an_experiment_of_the_profile(checkout: Path) -> None:
    check_run("smoke", ["reinforce"], ["reinforce.steps=9"])
    params = compose_params(["profile=smoke", "reinforce.steps=9"])
    assert (params.profile, params.reinforce.steps) == ("smoke", 9)


def test_checking_parameters_is_quick() -> None:
    """A stage checks all sections, so that must not import what only other stages need."""
    code = "import sys, erm.parameters as p; p.read_params(); print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    heavy = {"torch", "transformers", "mlflow", "prefect", "matplotlib", "great_expectations"}
    assert not heavy & set(done.stdout.split())
