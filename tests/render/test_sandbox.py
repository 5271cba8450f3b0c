"""Drawing where the machine's files lie or are protected in another way than usual."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import venv
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import erm
from erm.render.pool import _unseen

PACKAGE = Path(erm.__file__).parent
ISOLATED = "from erm.render import Renderer\nRenderer(workers=1, isolation='required')"
DRAW = """
import sys

from erm.render import Renderer

task = sys.argv[1]
with Renderer(workers=1) as renderer:
    for source in sys.argv[2:]:
        (result,) = renderer.render_batch([(task, source)])
        print(result.error.message if result.error else f"drawn {len(result.pixels)}")
"""
BARS = "import matplotlib.pyplot as plt\nplt.figure(figsize=(1, 1))\nplt.bar(['a'], [1])\n"
ICON = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1 1"/>'
LEAVES = BARS + "open('/tmp/left.txt', 'w').write('x')\nplt.savefig('/tmp/chart.png')"
FINDS = BARS + "import os\nassert not os.path.exists('/tmp/left.txt'), 'found what another left'"
LOOKS = BARS + "import os\nassert False, sorted(os.listdir('/tmp'))"

pytestmark = pytest.mark.slow
as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root draws as another user")


@pytest.fixture
def below(request: pytest.FixtureRequest) -> Iterator[Callable[[str], Path]]:
    """Copies the package into a fresh folder below the given one."""
    made: list[Path] = []

    def copy(parent: str) -> Path:
        folder = Path(tempfile.mkdtemp(dir=parent))
        made.append(folder)
        folder.chmod(0o755)
        shutil.copytree(PACKAGE, folder / "erm", ignore=shutil.ignore_patterns("__pycache__"))
        return folder

    yield copy
    for folder in made:
        shutil.rmtree(folder)


def run(
    code: str, *arguments: str, path: str, python: str = sys.executable, umask: int = 0o022
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [python, "-P", "-c", code, *arguments],
        env={**os.environ, "PYTHONPATH": path},
        umask=umask,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("parent", ["/tmp", "/var/tmp"])
def test_programs_write_to_tmp_wherever_the_packages_lie(
    below: Callable[[str], Path], parent: str
) -> None:
    folder = below(parent)
    done = run(DRAW, "chart", LEAVES, FINDS, LOOKS, path=str(folder))
    drawn, again, listed = done.stdout.splitlines()
    assert (drawn, again) == ("drawn 100", "drawn 100"), done.stdout
    # what other programs keep there is as invisible as everywhere else
    shown = {part for part in (folder, *Path(sys.prefix).parents) if part.parent == Path("/tmp")}
    assert listed.startswith(f"AssertionError: {sorted(path.name for path in shown)}"), listed


@as_root
def test_a_private_umask_changes_nothing_where_the_packages_are_open(
    below: Callable[[str], Path],
) -> None:
    package = below("/var/tmp") / "erm"
    (package / "__pycache__").mkdir(0o700)
    done = run(DRAW, "svg", ICON, path=str(package.parent), umask=0o077)
    assert (done.stdout, done.stderr) == ("drawn 336\n", "")


@as_root
@pytest.mark.parametrize(
    ("name", "mode"), [("", 0o700), ("", 0o750), ("tasks/chart/draw.py", 0o600)]
)
def test_private_packages_are_drawn_with_and_named(
    name: str, mode: int, below: Callable[[str], Path]
) -> None:
    package = below("/var/tmp") / "erm"
    (package / name).chmod(mode)
    path = str(package.parent)
    sentence = (
        f"separate user (other users can't read {package / name}; "
        f"`chmod -R go+rX {package}` lets them)."
    )
    done = run(DRAW, "svg", ICON, path=path)
    assert done.stdout == "drawn 336\n", done.stderr
    assert done.stderr.strip().endswith(sentence)
    refused = run(ISOLATED, path=path)
    assert refused.stderr.strip().endswith(sentence)
    (package / name).chmod(0o755)
    assert run(ISOLATED, path=path).stderr == ""


@as_root
def test_private_packages_of_another_user_are_drawn_with(below: Callable[[str], Path]) -> None:
    package = below("/var/tmp") / "erm"
    package.chmod(0o700)
    os.chown(package, 1234, 1234)
    done = run(DRAW, "svg", ICON, path=str(package.parent))
    assert done.stdout == "drawn 336\n", done.stderr
    assert "separate user (other users can't read" in done.stderr


@pytest.fixture(scope="module")
def empty_environment(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("environment")
    venv.create(folder, symlinks=True)
    return folder


def installed() -> str:
    import matplotlib

    return str(Path(matplotlib.__file__).parents[1])


def test_packages_of_a_pth_file_are_seen(empty_environment: Path) -> None:
    (packages,) = empty_environment.glob("lib/*/site-packages")
    (packages / "other.pth").write_text(installed())
    python = str(empty_environment / "bin" / "python")
    done = run(DRAW, "svg", ICON, path=str(PACKAGE.parent), python=python)
    (packages / "other.pth").unlink()
    assert done.stdout == "drawn 336\n", done.stderr


def test_packages_of_pythonpath_are_seen(empty_environment: Path) -> None:
    python = str(empty_environment / "bin" / "python")
    path = os.pathsep.join([str(PACKAGE.parent), installed()])
    done = run(DRAW, "svg", ICON, path=path, python=python)
    assert done.stdout == "drawn 336\n", done.stderr


def test_a_package_that_workers_do_not_see_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Such as one that an editable installation leads to."""
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "__init__.py").touch()
    monkeypatch.syspath_prepend(tmp_path)
    assert str(tmp_path / "elsewhere" / "__init__.py") in _unseen("elsewhere.part")
    assert _unseen("nowhere") == _unseen(None) == ""
