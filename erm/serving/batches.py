"""Micro-batches: pairs of images from many requests, judged by one critic together.

While a batch is judged, further pairs wait; they become the next batch. So batches grow with the
load, and a single pair waits for `wait` seconds at most before it is judged alone.
"""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from typing import NamedTuple

from erm.critics.base import Critic, Critique, ImagePair
from erm.endpoints.errors import EndpointError
from erm.errors import ErmError

Observe = Callable[[int, float], None]
"""Gets the size of a judged batch and the seconds that it took."""


Answer = Critique | EndpointError
"""A critique, or why there is none for this pair alone."""


class _Waiting(NamedTuple):
    pair: ImagePair
    answer: Future[Answer]


class MicroBatches:
    """Judges pairs of any number of threads; a context manager.

    A pair that the critic refuses does not hurt the others of its batch: a batch that fails is
    halved until the pair is alone.

    Args:
        critic: judges; as many batches at a time as it takes calls (`Critic.parallel`).
        size: most pairs in a batch; by default what the critic judges best.
        wait: seconds for which a batch that is not full waits for further pairs.
        observe: is called after each batch.
    """

    def __init__(
        self,
        critic: Critic,
        *,
        wait: float,
        size: int | None = None,
        observe: Observe | None = None,
    ) -> None:
        self.critic = critic
        self._size, self._wait = size or critic.batch_size, wait
        self._observe = observe
        self._waiting: queue.SimpleQueue[_Waiting | None] = queue.SimpleQueue()
        self._threads = [
            threading.Thread(target=self._work, name=f"erm-critic-{number}", daemon=True)
            for number in range(critic.parallel)
        ]
        for thread in self._threads:
            thread.start()

    def until(self, deadline: float) -> Critic:
        """The critic for one request, which ends at `deadline` (`time.monotonic`)."""
        return _UntilDeadline(self, deadline)

    def submit(self, pairs: Sequence[ImagePair]) -> list[Future[Answer]]:
        """Futures of the critiques, in order."""
        waiting = [_Waiting(pair, Future()) for pair in pairs]
        for one in waiting:
            self._waiting.put(one)
        return [one.answer for one in waiting]

    def close(self) -> None:
        """Judge what waits, then end."""
        for _ in self._threads:
            self._waiting.put(None)
        for thread in self._threads:
            thread.join()

    def __enter__(self) -> MicroBatches:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _work(self) -> None:
        while (first := self._waiting.get()) is not None:
            batch, over = [first], False
            until = time.monotonic() + self._wait
            while len(batch) < self._size and not over:
                try:
                    further = self._waiting.get(timeout=max(0.0, until - time.monotonic()))
                except queue.Empty:
                    break
                if further is None:
                    over = True
                else:
                    batch.append(further)
            # nobody waits any more for those whose request missed its deadline
            wanted = [one for one in batch if one.answer.set_running_or_notify_cancel()]
            if wanted:
                began = time.monotonic()
                self._judge(wanted)
                if self._observe is not None:
                    self._observe(len(wanted), time.monotonic() - began)
            if over:
                return

    def _judge(self, batch: Sequence[_Waiting]) -> None:
        try:
            answers = self.critic.critique_each([one.pair for one in batch])
        except Exception as error:
            if len(batch) > 1:
                middle = len(batch) // 2
                self._judge(batch[:middle])
                self._judge(batch[middle:])
            else:
                for one in batch:
                    one.answer.set_exception(error)
            return
        for one, answer in zip(batch, answers, strict=True):
            one.answer.set_result(answer)


class _UntilDeadline(Critic):
    """What one request sees of the shared critic."""

    def __init__(self, batches: MicroBatches, deadline: float) -> None:
        critic = batches.critic
        self.name, self.varies = critic.name, critic.varies
        # its calls only wait: while one batch is judged, the next pairs have to be there
        self.batch_size, self.parallel = critic.batch_size, max(2, critic.parallel)
        self._identity = critic.identity
        self._batches, self._deadline = batches, deadline

    @property
    def identity(self) -> str:
        return self._identity

    def critique(self, pairs: Sequence[ImagePair], *, progress: bool = False) -> list[Critique]:
        """Critiques in order.

        Raises:
            EndpointError: a pair has none.
        """
        answers = self.critique_each(pairs)
        for answer in answers:
            if isinstance(answer, EndpointError):
                raise answer
        return [answer for answer in answers if isinstance(answer, Critique)]

    def critique_each(self, pairs: Sequence[ImagePair]) -> list[Answer]:
        """As `critique`; a pair that was refused, or not judged in time, has its error."""
        futures = self._batches.submit(pairs)
        try:
            return [self._answer(future) for future in futures]
        finally:
            for future in futures:
                future.cancel()

    def _answer(self, future: Future[Answer]) -> Answer:
        try:
            return future.result(max(0.0, self._deadline - time.monotonic()))
        except ErmError as error:
            return EndpointError(str(error), "refused")
        except TimeoutError:
            return EndpointError("The critic was not asked in time.", "late", common=True)
