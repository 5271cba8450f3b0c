"""Hostile sources: the kind of error, and that the harm did not happen."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from erm.render import Limits, Rendered, Renderer
from erm.tasks import get_task, task_names
from tests.drawing import AS_STATED
from tests.hostile.attack import Attack
from tests.hostile.documents import ICONS, TABLES
from tests.hostile.programs import BURNING_PROGRAMS, PROGRAMS, WAITING_PROGRAMS

pytestmark = pytest.mark.slow

SECRET = "b1a7e3-the-trainers-token"
GOOD = [
    (
        "chart",
        "import matplotlib.pyplot as plt\nplt.figure(figsize=(2, 2))\n"
        "plt.bar(['a', 'b'], [1, 2])\nplt.show()",
    ),
    (
        "svg",
        '<svg xmlns="http://www.w3.org/2000/svg" width="40" height="40">'
        '<circle cx="20" cy="20" r="9"/></svg>',
    ),
    ("table", "| a | b |\n|---|---|\n| 1 | 2 |\n"),
]
ATTACKS = [*PROGRAMS, *ICONS, *TABLES]


@pytest.fixture(scope="module")
def listener() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.setblocking(False)
        yield server


@pytest.fixture(scope="module")
def secret(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("home") / "token.png"
    path.write_text(SECRET)
    path.chmod(0o600)
    return path


@pytest.fixture(scope="module")
def canary(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("open")
    folder.chmod(0o777)
    return folder / "canary"


@pytest.fixture(scope="module")
def expected(renderer: Renderer) -> list[bytes | None]:
    """Pictures of the good items from a worker that no attack reaches."""
    return [result.image for result in renderer.render_batch(GOOD)]


def _below() -> set[int]:
    children = psutil.Process().children(recursive=True)
    return {child.pid for child in children if child.status() != psutil.STATUS_ZOMBIE}


def _render(
    attacks: list[Attack], limits: Limits, workers: int, replacements: dict[str, str]
) -> tuple[list[Rendered], list[Rendered], int]:
    """Results of the attacks, of the good items between them, and the number of processes left."""
    items = []
    for number, attack in enumerate(attacks):
        source = attack.source
        for mark, text in replacements.items():
            source = source.replace(mark, text)
        items += [(attack.task, source), GOOD[number % 3]]
    before = _below()
    with Renderer(workers=workers, limits=limits, drawing=AS_STATED) as renderer:
        results = renderer.render_batch(items)
        left = len(_below() - before)
    return results[::2], results[1::2], left


@pytest.fixture
def assert_harmless(
    listener: socket.socket,
    secret: Path,
    canary: Path,
    expected: list[bytes | None],
    monkeypatch: pytest.MonkeyPatch,
) -> Callable[[list[Attack], Limits, int], None]:
    monkeypatch.setenv("ERM_TEST_SECRET", SECRET)
    port = str(listener.getsockname()[1])
    replacements = {"@PORT@": port, "@SECRET@": str(secret), "@CANARY@": str(canary)}

    def check(attacks: list[Attack], limits: Limits, workers: int) -> None:
        results, good, left = _render(attacks, limits, workers, replacements)
        wrong = []
        for attack, result in zip(attacks, results, strict=True):
            kind = "" if result.error is None else result.error.kind
            if kind not in attack.kinds:
                wrong.append(f"{attack.task} {attack.name}: {kind or 'a picture'} {result.error}")
            assert SECRET not in str(result.error), attack.name
        assert not wrong, "\n".join(wrong)
        for number, result in enumerate(good):
            assert result.image == expected[number % 3], attacks[number].name
            assert result.image is not None
        assert not canary.exists()
        with pytest.raises(BlockingIOError):
            listener.accept()
        # a warden, a worker, and a process a task of documents each
        documents = sum(get_task(name).kind == "document" for name in task_names())
        assert left <= (2 + documents) * workers

    return check


Check = Callable[[list[Attack], Limits, int], None]


def test_hostile_sources_fail_with_their_kind_and_do_no_harm(assert_harmless: Check) -> None:
    assert len(ATTACKS) >= 40
    assert len({(attack.task, attack.name) for attack in ATTACKS}) == len(ATTACKS)
    assert_harmless(ATTACKS, Limits(), 2)


def test_sources_that_burn_the_processor_are_stopped(assert_harmless: Check) -> None:
    assert_harmless(BURNING_PROGRAMS, Limits(wall_seconds=60.0, cpu_seconds=1), 1)


def test_sources_that_wait_for_ever_are_stopped(assert_harmless: Check) -> None:
    assert_harmless(WAITING_PROGRAMS, Limits(wall_seconds=4.0), 1)
