"""Single rollouts that arrive at the same time are scored together."""

from __future__ import annotations

import asyncio
import os
import threading
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeoutError

from erm.errors import ErmError
from erm.rewards.adapters.scorer import Scorer
from erm.rewards.rollout import Rollout, Scored
from erm.rewards.settings import BATCH_CRITIC


class MicroBatches:
    """Scores rollouts of many callers: what waits while a batch is scored makes the next one.

    Args:
        scorer: scores the batches, one at a time.

    Raises:
        ErmError: a part compares the rollouts of a batch, and these batches are arbitrary.
    """

    def __init__(self, scorer: Scorer) -> None:
        if BATCH_CRITIC in scorer.weights:
            raise ErmError(
                f"The part '{BATCH_CRITIC}' compares the rollouts of a batch; this trainer asks "
                "for one at a time."
            )
        self._scorer = scorer
        self._waiting: list[tuple[Rollout, Future[Scored]]] = []
        self._changed = threading.Condition()
        threading.Thread(target=self._run, name="erm-rewards", daemon=True).start()

    def score(self, rollout: Rollout, timeout: float | None = None) -> Scored:
        """What a rollout earned; from any thread.

        Args:
            timeout: seconds to wait; None waits for ever.

        Raises:
            ErmError: the rollout can't be scored, or not in time.
        """
        try:
            return self._submit(rollout).result(timeout)
        except FutureTimeoutError as error:
            raise ErmError(f"A completion got no reward in {timeout:g} s.") from error

    async def score_async(self, rollout: Rollout, timeout: float | None = None) -> Scored:
        """`score` without blocking the event loop."""
        future = asyncio.wrap_future(self._submit(rollout))
        try:
            return await asyncio.wait_for(future, timeout)
        except TimeoutError as error:
            raise ErmError(f"A completion got no reward in {timeout:g} s.") from error

    def _submit(self, rollout: Rollout) -> Future[Scored]:
        future: Future[Scored] = Future()
        with self._changed:
            self._waiting.append((rollout, future))
            self._changed.notify()
        return future

    def _run(self) -> None:
        while True:
            with self._changed:
                while not self._waiting:
                    self._changed.wait()
                batch, self._waiting = self._waiting, []
            self._score(
                [
                    (rollout, future)
                    for rollout, future in batch
                    if future.set_running_or_notify_cancel()
                ]
            )

    def _score(self, batch: list[tuple[Rollout, Future[Scored]]]) -> None:
        if not batch:
            return
        try:
            scored = self._scorer.score([rollout for rollout, _ in batch])
        except Exception as error:
            # Bad input of one caller must not hurt the others.
            if isinstance(error, ErmError) and len(batch) > 1:
                for each in batch:
                    self._score([each])
                return
            for _, future in batch:
                future.set_exception(error)
        else:
            for (_, future), result in zip(batch, scored, strict=True):
                future.set_result(result)


_batches: dict[tuple[int, int], MicroBatches] = {}
_making = threading.Lock()


def micro_batches(scorer: Scorer) -> MicroBatches:
    """The batches of a scorer in this process."""
    key = (os.getpid(), id(scorer))
    with _making:
        if key not in _batches:
            _batches[key] = MicroBatches(scorer)
        return _batches[key]
