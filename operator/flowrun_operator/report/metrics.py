"""Prometheus metrics: what is cheap to count."""

from collections import Counter as Tally
from collections.abc import Callable, Iterable, Iterator

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from flowrun_operator.api.status import Attempt

START_BUCKETS = (1, 2, 5, 10, 20, 30, 60, 120, 300, 600)


class Metrics:
    """All series of the operator, in a registry of their own."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.turns = Histogram(
            "flowrun_turn_seconds", "Time of a turn of a run.", registry=self.registry
        )
        self.start = Histogram(
            "flowrun_start_seconds",
            "From a FlowRun's creation to its flow's first task.",
            buckets=START_BUCKETS,
            registry=self.registry,
        )
        self.attempts = Counter(
            "flowrun_attempts", "Ended attempts.", ["phase", "reason"], registry=self.registry
        )
        self.used = Counter(
            "flowrun_used",
            "What ended attempts used: worker_seconds, cpu_seconds, memory_gibibyte_seconds.",
            ["what"],
            registry=self.registry,
        )
        self.pulls = Counter(
            "flowrun_progress_pulls",
            "Answers of runners to GET /progress.",
            ["result"],
            registry=self.registry,
        )
        self.api_errors = Counter(
            "flowrun_api_errors",
            "Requests to the API server that failed.",
            ["method", "resource", "status"],
            registry=self.registry,
        )

    def count_attempt(self, phase: str, row: Attempt) -> None:
        """One attempt that has ended, and the phase that its run has by then."""
        self.attempts.labels(phase, row.reason or "").inc()
        if row.usage is not None:
            for what in ("worker_seconds", "cpu_seconds", "memory_gibibyte_seconds"):
                self.used.labels(what).inc(getattr(row.usage, what))

    def count_api_error(self, method: str, resource: str, status: str) -> None:
        """One failed request."""
        self.api_errors.labels(method, resource, status).inc()

    def read_at_scrape(
        self, phases: Callable[[], Iterable[str]], depths: Callable[[], dict[str, int]]
    ) -> None:
        """Gauges that cost nothing until somebody asks."""
        self.registry.register(_AtScrape(phases, depths))

    def exposition(self) -> bytes:
        """The text that Prometheus scrapes."""
        return generate_latest(self.registry)


class _AtScrape(Collector):
    def __init__(
        self, phases: Callable[[], Iterable[str]], depths: Callable[[], dict[str, int]]
    ) -> None:
        self._phases = phases
        self._depths = depths

    def collect(self) -> Iterator[GaugeMetricFamily]:
        runs = GaugeMetricFamily("flowrun_runs", "FlowRuns by phase.", labels=["phase"])
        for phase, count in sorted(Tally(self._phases()).items()):
            runs.add_metric([phase], count)
        yield runs
        depth = GaugeMetricFamily(
            "flowrun_queue_depth", "Keys whose turn is due.", labels=["queue"]
        )
        for queue, length in self._depths().items():
            depth.add_metric([queue], length)
        yield depth
