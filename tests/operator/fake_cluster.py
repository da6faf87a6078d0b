"""A cluster in memory: the fake API, an operator before it, and hands that play the rest."""

from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any

from flowrun_operator.observe import dask, key
from flowrun_operator.observe.echoes import Echoes
from flowrun_operator.observe.indices import Indices, index_run
from flowrun_operator.observe.key import RunKey
from flowrun_operator.observe.memory import Memories
from flowrun_operator.observe.pods import read_pod
from flowrun_operator.perform.errors import ApiError
from flowrun_operator.perform.events import Emitter
from flowrun_operator.reconcile import Reconciler
from flowrun_operator.report.metrics import Metrics
from tests.operator.build import NOW, UID, a_testimony
from tests.operator.fake_api import FakeApi, as_json, serving
from tests.operator.plan.build import SETTINGS

KEY = RunKey("data", "diamond", UID)


class Cluster:
    """The fake API, an operator in front of it, and the hands that play Kubernetes and Dask."""

    def __init__(
        self, fake: FakeApi, watch: "Watch", operator: Callable[[], Reconciler], echoes: Echoes
    ) -> None:
        self.fake = fake
        self.watch = watch
        self._start = operator
        self.operator = operator()
        self.now = NOW
        self.echoes = echoes

    def restart(self) -> None:
        """Another process, which remembers nothing."""
        self.operator = self._start()

    async def settle(self) -> None:
        """Turns until one finds nothing to do at once, as the queue gives them."""
        for _ in range(20):
            try:
                again = await self.operator.turn(KEY)
            except ApiError:
                continue
            if again != 0.0:
                return
        raise AssertionError("the run never comes to rest")

    def run(self) -> dict[str, Any]:
        """The FlowRun's status."""
        [body] = self.fake.of("flowruns")
        found: dict[str, Any] = body.get("status", {})
        return found

    def runner(self, **state: Any) -> None:
        """The kubelet tells of the runner's container."""
        pod = self.fake.of("pods")[-1]  # of the last attempt
        phase = "Succeeded" if "terminated" in state else "Running"
        pod["status"] = {
            "phase": phase,
            "containerStatuses": [{"name": "runner", "state": state}],
        }

    def scheduler(self) -> None:
        """dask-kubernetes makes the scheduler's pod, which has not started."""
        [made] = self.fake.of("daskclusters")
        meta = made["metadata"]
        dask = {"dask.org/cluster-name": meta["name"], "dask.org/component": "scheduler"}
        labels = meta["labels"] | dask
        name = f"{meta['name']}-scheduler-0"
        pod = {"namespace": meta["namespace"], "name": name, "labels": labels}
        self.fake.store("pods", {"metadata": pod})

    def succeeds(self) -> None:
        """The runner leaves its verdict."""
        verdict = a_testimony(startedAt="2026-11-22T05:00:58Z", result=9900)
        self.runner(terminated={"exitCode": 0, "reason": "Completed", "message": verdict})

    def fails(self, reason: str) -> None:
        """The runner leaves a verdict of failure."""
        verdict = a_testimony("Failed", reason=reason, startedAt="2026-11-22T05:00:58Z")
        self.runner(terminated={"exitCode": 3, "reason": "Error", "message": verdict})

    def is_stopped(self) -> None:
        """The kubelet has done as it was told, and the runner as well."""
        assert self.fake.of("pods")[-1]["spec"]["activeDeadlineSeconds"] == 1
        verdict = a_testimony("Stopped", message="stopped", startedAt="2026-11-22T05:00:58Z")
        self.runner(terminated={"exitCode": 143, "reason": "Error", "message": verdict})

    def wants(self, **spec: Any) -> None:
        """Somebody patches the FlowRun."""
        [body] = self.fake.of("flowruns")
        self.fake.store("flowruns", body | {"spec": body["spec"] | spec})


class Watch:
    """What the watches have delivered of a fake's store: all of it, or all up to a moment."""

    def __init__(self, fake: FakeApi) -> None:
        self._fake = fake
        self._shown: dict[tuple[str, str, str], dict[str, Any]] | None = None

    def falls_behind(self) -> None:
        """From now on it shows what there is now, until it is told again."""
        self._shown = {key: as_json(body) for key, body in self._fake.objects.items()}

    def catches_up(self) -> None:
        """It shows everything at once again."""
        self._shown = None

    def of(self, resource: str) -> list[dict[str, Any]]:
        """All objects of a kind that it shows."""
        objects = self._fake.objects if self._shown is None else self._shown
        return [body for (kind, _, _), body in objects.items() if kind == resource]


class Live(Mapping[RunKey, list[Any]]):
    """An index that shows what the watches have delivered."""

    def __init__(self, watch: Watch, resource: str, of: Callable[..., Any], read: Any) -> None:
        self._bodies = lambda: watch.of(resource)
        self._of = of
        self._read = read

    def __getitem__(self, wanted: RunKey) -> list[Any]:
        found = [self._read(body) for body in self._bodies() if self._of(body) == wanted]
        if not found:
            raise KeyError(wanted)
        return found

    def __iter__(self) -> Iterator[RunKey]:
        return iter({self._of(body) for body in self._bodies()})

    def __len__(self) -> int:
        return len(self._bodies())


@asynccontextmanager
async def a_cluster_with_a_run(**spec: Any) -> AsyncIterator[Cluster]:
    fake = FakeApi()
    meta = {"name": "diamond", "namespace": "data", "uid": UID}
    flow = {"flow": {"entrypoint": "flows.diamond:flow"}}
    fake.store("flowruns", {"metadata": meta, "spec": {**flow, **spec}})
    watch = Watch(fake)
    indices = Indices(
        runs=Live(watch, "flowruns", key.of_run, index_run),
        pods=Live(watch, "pods", key.of_child, read_pod),
        clusters=Live(watch, "daskclusters", key.of_child, dask.read_cluster),
    )
    echoes = Echoes()
    async with serving(fake) as api:
        cluster: Cluster

        def clock() -> datetime:
            return cluster.now

        def operator() -> Reconciler:
            return Reconciler(
                api=api,
                indices=indices,
                memories=Memories(),
                settings=SETTINGS,
                emitter=Emitter(api),
                metrics=Metrics(),
                clock=clock,
                after_turn=lambda _: None,
                echoes=echoes,
            )

        cluster = Cluster(fake, watch, operator, echoes)
        yield cluster
