"""Critics' replies on disk, by what they depend on.

A reply's key is the hash of the task, both images, the critic (a local one by the content of its
folder), its sampling, and this package's code. The folder may be used by several processes at once.
It is trusted: whoever can write to it decides rewards.
"""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from threading import Lock

from diskcache import Cache, JSONDisk, Timeout

from erm.critics.base import Critic, Critique, ImagePair, read_reply
from erm.endpoints.errors import EndpointError
from erm.errors import ErmError
from erm.fingerprint import fingerprint
from erm.images import encode_png, open_image

_MEBIBYTE = 1 << 20


class CachedCritic(Critic):
    """A critic that is asked only for what the cache does not hold.

    A reply without a report is not kept, so that the pair is judged anew the next time. A critic
    that samples gives each pair the reply that it gave first.

    Args:
        critic: is asked.
        folder: of the cache; made where it is missing.
        size_mb: size up to which the cache grows; the replies used least recently go first.

    Attributes:
        hits, misses: pairs that the cache held, and pairs that the critic was asked for.

    Raises:
        ErmError: the folder can't be used.
    """

    def __init__(self, critic: Critic, folder: Path, size_mb: int) -> None:
        self.name = critic.name
        self.varies = critic.varies
        self.batch_size = critic.batch_size
        self.parallel = critic.parallel
        self.hits = 0
        self.misses = 0
        self._counting = Lock()
        self._critic = critic
        self._folder = folder
        self._judge = fingerprint({"critic": critic.identity})
        try:
            self._cache = Cache(
                str(folder),
                disk=JSONDisk,
                size_limit=size_mb * _MEBIBYTE,
                eviction_policy="least-recently-used",
            )
        except (OSError, sqlite3.Error, Timeout) as error:
            raise ErmError(f"{folder}: can't be used as a cache ({error}).") from error

    @property
    def identity(self) -> str:
        return self._critic.identity

    def critique(self, pairs: Sequence[ImagePair], *, progress: bool = False) -> list[Critique]:
        answers = self._through(pairs, partial(self._critic.critique, progress=progress))
        return [answer for answer in answers if isinstance(answer, Critique)]

    def critique_each(self, pairs: Sequence[ImagePair]) -> list[Critique | EndpointError]:
        return self._through(pairs, self._critic.critique_each)

    def _through(
        self,
        pairs: Sequence[ImagePair],
        ask: Callable[[Sequence[ImagePair]], Sequence[Critique | EndpointError]],
    ) -> list[Critique | EndpointError]:
        keys = [self._key(pair) for pair in pairs]
        answers: list[Critique | EndpointError | None] = [
            self._read(key, pair) for key, pair in zip(keys, pairs, strict=True)
        ]
        missing = [index for index, answer in enumerate(answers) if answer is None]
        with self._counting:
            self.hits += len(pairs) - len(missing)
            self.misses += len(missing)
        if missing:
            found = ask([pairs[index] for index in missing])
            for index, answer in zip(missing, found, strict=True):
                answers[index] = answer
                self._keep(keys[index], answer)
        return [answer for answer in answers if answer is not None]

    def _key(self, pair: ImagePair) -> str:
        digest = hashlib.sha256(f"{self._judge}\0{pair.task}\0".encode())
        for image in (pair.reference, pair.candidate):
            data = image if isinstance(image, bytes) else encode_png(open_image(image))
            digest.update(hashlib.sha256(data).digest())
        return digest.hexdigest()

    def _read(self, key: str, pair: ImagePair) -> Critique | None:
        kept = self._cache.get(key, retry=True)
        if kept is None:
            return None
        read = read_reply(pair.task, kept["reply"])
        return replace(read, expected_severity=kept["expected"])

    def _keep(self, key: str, answer: Critique | EndpointError) -> None:
        if isinstance(answer, EndpointError) or answer.parsed is None:
            return
        kept = {"reply": answer.reply, "expected": answer.expected_severity}
        try:
            self._cache.set(key, kept, retry=True)
        except (OSError, sqlite3.Error) as error:
            raise ErmError(f"{self._folder}: the cache can't be written ({error}).") from error
