"""Training examples as a dataset on disk, in the columns that TRL reads."""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Callable, Iterable
from multiprocessing.connection import Connection
from pathlib import Path

import numpy as np
import torch
from accelerate import PartialState
from accelerate.utils import gather_object
from datasets import Dataset, Features, Value, concatenate_datasets
from datasets.arrow_writer import ArrowWriter
from trl import apply_chat_template
from trl.data_utils import prepare_multimodal_messages

from erm.errors import ErmError
from erm.models.example import Example
from erm.models.launch import local_processes, local_rank, rank
from erm.models.processor import PairProcessor


def shared_samples(
    groups: Iterable[Iterable[Example]],
    processor: PairProcessor,
    max_target_tokens: int,
    folder: Path,
    forks: int | None = None,
) -> tuple[Dataset, int]:
    """A memory-mapped dataset in TRL's columns, made by the processes of this machine together.

    Each process iterates over every n-th group and writes a file (Arrow); then it reads the files
    of all. What costs time in an example should be computed while its group is iterated over.
    Where a GPU trains, each process has forks that share its groups: a pair with details takes
    30 ms of a core, and a training in one process would leave the other cores idle.

    What would otherwise be repeated in each epoch is done here: prompt and target are written as
    the conversation that the chat template makes of them, and images as `PairProcessor.prepared`
    leaves them. They stay encoded for the processor to decode, since `datasets` decodes the first
    of each sample twice. Column ``length`` holds the tokens of a sample's images, prompt and
    target.

    Args:
        folder: of the files, the same for all processes.
        forks: of each process; None is as many as it has cores where a GPU trains, otherwise one.

    Returns:
        The dataset, in the order of the groups whatever the number of processes, and the number of
        examples left out because their target is too long.

    Raises:
        ErmError: what a fork raised, or that it ended early.
    """
    process, processes = local_rank(), local_processes()
    on_gpu = torch.cuda.is_available()
    if forks is None:
        forks = max(1, len(os.sched_getaffinity(0)) // processes) if on_gpu else 1

    def write(fork: int) -> tuple[Path, int]:
        turn, turns = process * forks + fork, processes * forks
        own = (
            (number, example)
            for number, group in enumerate(groups)
            if number % turns == turn
            for example in group
        )
        path = folder / f"samples-{rank()}-{fork}.arrow"
        return path, _write(own, processor, max_target_tokens, path)

    written = [write(0)] if forks == 1 else _in_forks(write, forks)
    if processes > 1:
        PartialState(cpu=not on_gpu)
        first = (rank() - process) * forks
        # This waits for the files of the others, too.
        written = gather_object(written)[first : first + processes * forks]
    return _read([path for path, _ in written]), sum(rejected for _, rejected in written)


def _in_forks(write: Callable[[int], tuple[Path, int]], forks: int) -> list[tuple[Path, int]]:
    """What `write` returns for each fork; each runs in a copy of this process."""
    context = multiprocessing.get_context("fork")

    def run(fork: int, sender: Connection) -> None:
        try:
            sender.send(write(fork))
        except ErmError as error:
            sender.send(error)

    channels = [context.Pipe(duplex=False) for _ in range(forks)]
    started = [
        context.Process(target=run, args=(fork, sender), daemon=True)
        for fork, (_, sender) in enumerate(channels)
    ]
    for one in started:
        one.start()
    written = []
    for one, (receiver, sender) in zip(started, channels, strict=True):
        sender.close()
        try:
            found = receiver.recv()
        except EOFError:
            one.join()
            raise ErmError(f"Samples: a process ended early (exit {one.exitcode}).") from None
        if isinstance(found, ErmError):
            raise found
        written.append(found)
    return written


def _write(
    numbered: Iterable[tuple[int, Example]],
    processor: PairProcessor,
    max_target_tokens: int,
    path: Path,
) -> int:
    """Writes examples with the numbers of their groups, and returns how many are left out."""
    features = Features(
        {
            "images": [{"bytes": Value("binary"), "caption": Value("string")}],
            "prompt": Value("string"),
            "completion": Value("string"),
            "length": Value("int32"),
            "group": Value("int32"),
        }
    )
    rejected = 0
    path.parent.mkdir(parents=True, exist_ok=True)
    with ArrowWriter(path=str(path), features=features) as writer:
        for number, example in numbered:
            target = _tokens(processor, example.target)
            if target > max_target_tokens:
                rejected += 1
                continue
            images = processor.prepared(example.images, f"Example {number + 1}")
            length = processor.prepared_tokens(images) + _tokens(processor, example.prompt) + target
            writer.write(
                {
                    "images": images,
                    **_conversation(processor, example),
                    "length": length,
                    "group": number,
                }
            )
        writer.finalize()
    return rejected


def _read(paths: list[Path]) -> Dataset:
    """The samples of some files, in the order of their groups."""
    samples = concatenate_datasets([Dataset.from_file(str(path)) for path in paths])
    if len(paths) > 1:
        groups = samples.with_format("numpy", columns=["group"])["group"][:]
        samples = samples.select(np.argsort(groups, kind="stable"))
    return samples.remove_columns("group")


def _conversation(processor: PairProcessor, example: Example) -> dict[str, str]:
    """``prompt`` and ``completion`` as text, with a slot for each image."""
    slots = list(range(len(example.images)))
    asked = prepare_multimodal_messages([{"role": "user", "content": example.prompt}], images=slots)
    answered = [{"role": "assistant", "content": [{"type": "text", "text": example.target}]}]
    text: dict[str, str] = apply_chat_template({"prompt": asked, "completion": answered}, processor)
    return text


def _tokens(processor: PairProcessor, text: str) -> int:
    return len(processor.tokenizer(text)["input_ids"])
