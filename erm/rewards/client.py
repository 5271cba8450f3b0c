"""Rewards from reward servers (``erm serve``), with the face of `erm.rewards.reward.Reward`.

A batch is split into requests, which all servers work on at once. Lost connections, full queues and
servers that restart are waited for (`erm.endpoints.reward_servers`); a rollout that stays without
an answer has a failure and no value.
"""

from __future__ import annotations

import base64
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, cast

from erm.critics.base import read_reply
from erm.endpoints.errors import EndpointError
from erm.endpoints.reward_servers import RewardServers, spans
from erm.render import Rendered, RenderError
from erm.report import Replies
from erm.rewards.parts.critic import settle_batch
from erm.rewards.reward import weighted_sum
from erm.rewards.rollout import Drawn, Failure, FailureKind, PartScore, Rollout, Scored
from erm.rewards.settings import BATCH_CRITIC, RewardSettings

PATH = "/v1/reward"

CHUNK = 16
"""Rollouts in a request, unless the client is made with another number."""

_SENT = {"parts", "severity", "replies", "length_free", "length_most"}
"""What a request says of its reward; the rest is each server's own."""


class RewardClient:
    """A reward that servers compute.

    Args:
        servers: addresses, ``http://HOST:PORT`` each, or one text with commas in between; or the
            connection itself.
        settings: the reward. Its cache is not used: servers have their own.
        chunk: most rollouts in a request.

    Raises:
        ErmError: no address is given, or one of them is invalid.
    """

    def __init__(
        self,
        servers: str | Iterable[str] | RewardServers,
        settings: RewardSettings | None = None,
        *,
        chunk: int = CHUNK,
    ) -> None:
        if isinstance(servers, str):
            servers = [address.strip() for address in servers.split(",")]
        self._servers = servers if isinstance(servers, RewardServers) else RewardServers(servers)
        self._settings = settings or RewardSettings()
        self._chunk = chunk

    @property
    def weights(self) -> dict[str, float]:
        """Weight by name of the part."""
        return {each.part: each.weight for each in self._settings.parts}

    def score(self, rollouts: Sequence[Rollout]) -> list[Scored]:
        """What each rollout earned, in order.

        A rollout that the servers refuse, or that gets no answer, has a failure and no value.
        """
        requests = self._requests(rollouts)
        bodies = [body for _, body in requests]
        return self._read(rollouts, requests, self._servers.post_each(PATH, bodies))

    async def score_async(self, rollouts: Sequence[Rollout]) -> list[Scored]:
        """`score` without blocking the event loop."""
        requests = self._requests(rollouts)
        bodies = [body for _, body in requests]
        answers = await self._servers.post_each_async(PATH, bodies)
        return self._read(rollouts, requests, answers)

    def _requests(self, rollouts: Sequence[Rollout]) -> list[tuple[range, dict[str, Any]]]:
        images = {each.reference for each in rollouts}
        encoded = {image: base64.b64encode(image).decode() for image in images}
        items = [
            {
                "task": each.task,
                "reference": encoded[each.reference],
                "completion": each.completion,
                "reference_source": each.reference_source,
            }
            for each in rollouts
        ]
        reward = self._settings.model_dump(mode="json", include=_SENT)
        return [
            (span, {"items": [items[index] for index in span], "reward": reward})
            for span in spans(items, self._chunk)
        ]

    def _read(
        self,
        rollouts: Sequence[Rollout],
        requests: Sequence[tuple[range, dict[str, Any]]],
        answers: Sequence[dict[str, Any] | EndpointError],
    ) -> list[Scored]:
        scored: list[Scored] = []
        for (span, _), answer in zip(requests, answers, strict=True):
            if isinstance(answer, EndpointError):
                failed = Failure(answer.kind, str(answer))
                scored += [self._unjudged(rollouts[index], failed) for index in span]
            else:
                for index, result in zip(span, answer["results"], strict=True):
                    scored.append(self._one(rollouts[index], result))
        if BATCH_CRITIC in self.weights:
            scored = self._settled(scored)
        return scored

    def _one(self, rollout: Rollout, result: Mapping[str, Any]) -> Scored:
        error = result.get("error")
        if error:
            return self._unjudged(rollout, Failure("refused", str(error["message"])))
        drawn = Drawn(rollout, result["source"], _rendered(result["render"]))
        replies = self._settings.replies
        parts = {name: _part(rollout.task, part, replies) for name, part in result["parts"].items()}
        return Scored(result["reward"], parts, drawn)

    def _unjudged(self, rollout: Rollout, failure: Failure) -> Scored:
        parts = {name: PartScore(failure=failure) for name in self.weights}
        return Scored(None, parts, Drawn(rollout))

    def _settled(self, scored: Sequence[Scored]) -> list[Scored]:
        """With the part that compares a whole batch, of which each request saw only a piece."""
        drawn = [each.drawn for each in scored]
        own = settle_batch(drawn, [each.parts[BATCH_CRITIC] for each in scored])
        settled = []
        for each, part in zip(scored, own, strict=True):
            parts = {**each.parts, BATCH_CRITIC: part}
            settled.append(replace(each, value=weighted_sum(self.weights, parts), parts=parts))
        return settled


def _rendered(result: Mapping[str, Any] | None) -> Rendered | None:
    if result is None:
        return None
    failure = result["failure"]
    error = RenderError(failure["kind"], failure["message"]) if failure else None
    image = base64.b64decode(result["image"]) if result["image"] is not None else None
    return Rendered(image, None, error, bool(result["blank"]), float(result["seconds"]), 0)


def _part(task: str, result: Mapping[str, Any], replies: Replies) -> PartScore:
    failure, reply = result["failure"], result["reply"]
    critique = None
    if reply is not None:
        critique = read_reply(task, reply, replies)
        critique = replace(critique, expected_severity=result["expected"])
    return PartScore(
        result["value"],
        Failure(cast(FailureKind, failure["kind"]), failure["message"]) if failure else None,
        result["severity"],
        result["components"],
        critique,
    )
