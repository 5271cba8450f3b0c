"""Critics' replies on disk: kept by content, shared, bounded, and never kept without a report."""

from __future__ import annotations

import random
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from erm.critics.base import ImagePair, critique_each_with_retry
from erm.endpoints.errors import EndpointError
from erm.errors import ErmError
from erm.rewards.cache import CachedCritic
from tests.rewards.icons import Replying, style_errors

PAIRS = [ImagePair("svg", b"reference", candidate) for candidate in (b"1", b"2", b"3")]


def test_what_is_known_is_not_asked_again(tmp_path: Path) -> None:
    critic = Replying(lambda pair: style_errors(int(pair.candidate)))  # type: ignore[arg-type]
    first = CachedCritic(critic, tmp_path, 10)
    assert [one.severity for one in first.critique(PAIRS[:2])] == [1, 2]
    second = CachedCritic(critic, tmp_path, 10)
    assert [one.severity for one in second.critique(PAIRS)] == [1, 2, 3]
    assert (second.hits, second.misses) == (2, 1)
    assert len(critic.pairs) == 3


def test_another_critic_task_or_image_is_asked(tmp_path: Path) -> None:
    critic, other = Replying(lambda _: style_errors(1)), Replying(lambda _: style_errors(2))
    other.name = "other"
    CachedCritic(critic, tmp_path, 10).critique(PAIRS[:1])
    assert CachedCritic(other, tmp_path, 10).critique(PAIRS[:1])[0].severity == 2
    cached = CachedCritic(critic, tmp_path, 10)
    pair = PAIRS[0]
    cached.critique([pair._replace(task="chart"), pair._replace(reference=b"another")])
    assert cached.hits == 0


def test_failures_are_not_kept(tmp_path: Path) -> None:
    late_error = EndpointError("late", "late")
    replies: Iterator[str | EndpointError] = iter(
        ["nothing", late_error, style_errors(1), style_errors(2)]
    )
    cached = CachedCritic(Replying(lambda _: next(replies)), tmp_path, 10)
    unparsable, late = cached.critique_each(PAIRS[:2])
    assert not isinstance(unparsable, EndpointError)
    assert unparsable.parsed is None
    assert isinstance(late, EndpointError)
    again = critique_each_with_retry(cached, PAIRS[:2])
    assert [getattr(one, "severity", None) for one in again] == [1, 2]


def test_processes_share_it(tmp_path: Path) -> None:
    program = (
        "from pathlib import Path; from erm.rewards.cache import CachedCritic;"
        "from tests.rewards.icons import Replying, style_errors;"
        "from tests.rewards.test_cache import PAIRS;"
        "critic = CachedCritic(Replying(lambda _: style_errors(3)), Path(PATH), 10);"
        "critic.critique(PAIRS)"
    ).replace("PATH", repr(str(tmp_path)))
    root = Path(__file__).parents[2]
    subprocess.run([sys.executable, "-c", program], cwd=root, check=True)
    cached = CachedCritic(Replying(lambda _: style_errors(1)), tmp_path, 10)
    assert [one.severity for one in cached.critique(PAIRS)] == [3, 3, 3]


def test_it_stays_within_its_size(tmp_path: Path) -> None:
    noise = random.Random(0).randbytes(60_000).hex()
    cached = CachedCritic(Replying(lambda _: style_errors(1) + noise), tmp_path, 1)
    cached.critique([ImagePair("svg", b"reference", str(n).encode()) for n in range(60)])
    held = sum(file.stat().st_size for file in tmp_path.rglob("*.val"))
    assert held < 2 << 20


def test_a_folder_that_cant_be_used_is_named(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("")
    with pytest.raises(ErmError, match=r"file: can't be used as a cache"):
        CachedCritic(Replying(lambda _: ""), file, 10)
