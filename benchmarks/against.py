"""Times a program of the user's, such as a public evaluator, on pairs that ours scores in one run.

The program prints a line when it is ready; then each line on its standard input is a pair, a JSON
list of the reference's and the candidate's source. It answers each with a line on its standard
output, a JSON object of scores by our names, which is empty where it has none.

The sides take turns, pair by pair, so that a busy machine slows both. Times are from the one line
to the other, and on our side from the call to its result; starting the program and our workers is
not counted. Processor time is that of all processes of a side, and depends less on what else runs.
Start the benchmark with ``taskset -c 0`` where the program would use more cores than ours.
"""

from __future__ import annotations

import argparse
import json
import random
import shlex
import shutil
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from statistics import mean
from typing import Any, NamedTuple

import psutil
from pydantic import FiniteFloat, TypeAdapter, ValidationError

from erm.errors import ErmError

Pair = tuple[str, str]
Scores = Mapping[str, float]

PAIRS = 8
"""Pairs of the sample, unless the user gives their number."""

_ANSWER = TypeAdapter(dict[str, FiniteFloat])


class Timed(NamedTuple):
    """Scores of a pair, and seconds and processor seconds that they took."""

    scores: Scores
    seconds: float
    processor: float


class Program:
    """A running program that scores pairs; a context manager.

    Raises:
        ErmError: it ends before it is ready.
    """

    def __init__(self, command: Sequence[str]) -> None:
        self._name = shlex.join(command)
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        self._read()

    def __enter__(self) -> Program:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        with suppress(BrokenPipeError), self._process:  # it may not have read the last pair
            pass

    def score(self, reference: str, candidate: str) -> Scores:
        """Its scores of a pair, by name.

        Raises:
            ErmError: it ends, or its answer is no JSON object of numbers.
        """
        assert self._process.stdin is not None
        with suppress(BrokenPipeError):  # reading then says that it has ended
            self._process.stdin.write(json.dumps([reference, candidate]) + "\n")
            self._process.stdin.flush()
        line = self._read()
        try:
            return _ANSWER.validate_json(line)
        except ValidationError:
            raise ErmError(
                f"{self._name}: the answer {line[:80]!r} is not a JSON object of numbers."
            ) from None

    def _read(self) -> str:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise ErmError(f"{self._name}: ended with exit status {self._process.wait()}.")
        return line.strip()


def program_words(text: str) -> list[str]:
    """The words of ``--against COMMAND``.

    Raises:
        argparse.ArgumentTypeError: the command names no program that can run.
    """
    try:
        words = shlex.split(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{text!r}: {error}") from None
    if not words or shutil.which(words[0]) is None:
        raise argparse.ArgumentTypeError(f"{text!r} names no program that can run")
    return words


def check_options(parser: argparse.ArgumentParser, arguments: argparse.Namespace) -> None:
    """Ends with a sentence where ``--against-pairs`` means nothing."""
    if arguments.against_pairs is not None and arguments.against is None:
        parser.error("--against-pairs needs --against")
    if arguments.against_pairs is not None and arguments.against_pairs < 1:
        parser.error("--against-pairs must be 1 or more")


def sample_of(pairs: Sequence[Pair], count: int | None) -> list[Pair]:
    """`PAIRS` or so many of the pairs, the same ones each time."""
    return random.Random(0).sample(list(pairs), min(count or PAIRS, len(pairs)))


def timed(score: Callable[[str, str], Scores], pair: Pair) -> Timed:
    """A pair's scores and time."""
    others, own, begun = descendant_seconds(), time.process_time(), time.perf_counter()
    scores = score(*pair)
    seconds, own = time.perf_counter() - begun, time.process_time() - own
    return Timed(scores, seconds, own + descendant_seconds() - others)


def descendant_seconds() -> float:
    """Processor time of the processes that this one started, and those in turn, so far."""
    own = psutil.Process()
    total = sum(own.cpu_times()[2:4])  # of those that have ended
    for process in own.children(recursive=True):
        with suppress(psutil.NoSuchProcess):  # its parent has its time by now
            total += sum(process.cpu_times()[:4])
    return float(total)


def compare(pairs: Sequence[tuple[Timed, Timed]]) -> dict[str, Any]:
    """Both sides' means over the pairs that both have scores of.

    Args:
        pairs: what ours and theirs gave, in this order.

    Returns:
        Pairs; those that a side has no scores of; seconds and processor seconds a pair and their
        ratios, theirs / ours; the largest difference of each score.

    Raises:
        ErmError: there is no such pair, or the program gives a score that ours does not.
    """
    both = [(our, their) for our, their in pairs if our.scores and their.scores]
    if not both:
        raise ErmError("There is no pair that both sides have scores of.")
    differences: dict[str, float] = {}
    for our, their in both:
        for name, value in their.scores.items():
            if name not in our.scores:
                raise ErmError(f"There is no score '{name}'; known: {', '.join(our.scores)}.")
            difference = abs(our.scores[name] - value)
            differences[name] = max(differences.get(name, 0.0), difference)
    seconds, of_theirs = (mean(one.seconds for one in side) for side in zip(*both, strict=True))
    work, work_of_theirs = (mean(one.processor for one in side) for side in zip(*both, strict=True))
    return {
        "pairs": len(pairs),
        "pairs_without_scores": len(pairs) - len(both),
        "seconds_a_pair": seconds,
        "seconds_a_pair_theirs": of_theirs,
        "ratio": of_theirs / seconds,
        "processor_a_pair": work,
        "processor_a_pair_theirs": work_of_theirs,
        "ratio_of_processor": work_of_theirs / work,
        "largest_differences": differences,
    }


def measure(
    command: Sequence[str],
    count: int | None,
    pairs: Sequence[Pair],
    ours: Callable[[str, str], Scores],
) -> dict[str, Any]:
    """Ours and the program's of a sample of the pairs; see `compare`."""
    sample = sample_of(pairs, count)
    with Program(command) as program:
        return compare([(timed(ours, pair), timed(program.score, pair)) for pair in sample])


def show(result: Mapping[str, Any], indent: str = "") -> None:
    """Prints names and values, those of a dictionary indented below its name."""
    for name, value in result.items():
        if isinstance(value, Mapping):
            print(f"{indent}{name}")
            show(value, indent + "  ")
        else:
            text = f"{value:.4g}" if isinstance(value, float) else value
            print(f"{indent}{name:<26}{text}")
