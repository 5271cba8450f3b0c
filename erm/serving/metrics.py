"""What the server counts, for Prometheus."""

from __future__ import annotations

from collections.abc import Callable

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    ProcessCollector,
    generate_latest,
)

_SECONDS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300)
_SIZES = (1, 2, 4, 8, 16, 32, 64, 128)


class Metrics:
    """Metrics of one server, in a registry of their own.

    Args:
        under_way: items that are accepted and whose work has not ended.
    """

    def __init__(self, under_way: Callable[[], float]) -> None:
        self._registry = CollectorRegistry()
        ProcessCollector(registry=self._registry)
        self._requests = Counter(
            "erm_requests", "Answered requests", ("path", "status"), registry=self._registry
        )
        self._seconds = Histogram(
            "erm_request_seconds",
            "From a request's last byte to its answer",
            ("path",),
            buckets=_SECONDS,
            registry=self._registry,
        )
        self._items = Counter(
            "erm_items",
            "Answered items by outcome; refused ones had bad input",
            ("path", "outcome"),
            registry=self._registry,
        )
        self._batches = Histogram(
            "erm_critic_batch_pairs",
            "Pairs that the critic judged together",
            buckets=_SIZES,
            registry=self._registry,
        )
        self._critic = Histogram(
            "erm_critic_seconds",
            "Time of a critic's batch",
            buckets=_SECONDS,
            registry=self._registry,
        )
        gauge = Gauge(
            "erm_items_under_way",
            "Items that are accepted and whose work has not ended",
            registry=self._registry,
        )
        gauge.set_function(under_way)

    def request(self, path: str, status: int, seconds: float) -> None:
        """Count an answered request."""
        self._requests.labels(path, str(status)).inc()
        self._seconds.labels(path).observe(seconds)

    def item(self, path: str, outcome: str) -> None:
        """Count an answered item."""
        self._items.labels(path, outcome).inc()

    def batch(self, pairs: int, seconds: float) -> None:
        """Count a batch of the critic."""
        self._batches.observe(pairs)
        self._critic.observe(seconds)

    def text(self) -> bytes:
        """All of them in Prometheus' text format."""
        return generate_latest(self._registry)
