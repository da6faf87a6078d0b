"""Many runs at once, made and looked at by one client with many requests under way."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from kubernetes.aio import config
from kubernetes.aio.client import ApiClient, Configuration

from tests.chaos import oracle
from tests.chaos.scripts import Script
from tests.e2e.kube import Kubectl, cluster_environment
from tests.e2e.runs import Run, finished, manifest
from tests.e2e.watch import Object, Watch

AT_ONCE = 32
LONGEST_SECONDS = 1200.0
#: So many share a namespace: dask-kubernetes lists its pods and Deployments over and over.
TEAM = 100
T = TypeVar("T")
RUNS = "/apis/flowrun.dev/v1alpha1/namespaces/{namespace}/flowruns"


class Client:
    """JSON in, JSON out, straight to the API server: what tests do meets no fault."""

    def __init__(self, at_once: int = AT_ONCE, kubeconfig: Path | None = None) -> None:
        """By ``kubeconfig`` it is somebody else than the administrator."""
        self._free = asyncio.Semaphore(at_once)
        self._kubeconfig = str(kubeconfig or cluster_environment()["KUBECONFIG"])

    async def __aenter__(self) -> "Client":
        loaded = Configuration(client_session_kwargs={"trust_env": False})
        await config.load_kube_config(
            config_file=self._kubeconfig,
            client_configuration=loaded,
            persist_config=False,
        )
        self._client = ApiClient(loaded)
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._client.close()

    async def ask(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        kind: str = "application/json",
        query: Mapping[str, str] | None = None,
    ) -> tuple[int, bytes]:
        """Status and content of the answer, whatever it is."""
        async with self._free:
            request = await self._client.param_serialize(
                method,
                path,
                query_params=list((query or {}).items()),
                header_params={"Accept": "application/json", "Content-Type": kind},
                body=body,
                auth_settings=["BearerToken"],
            )
            answer = await self._client.call_api(*request)
            return answer.status, await answer.read()

    async def must(self, method: str, path: str, body: Any = None, **more: Any) -> bytes:
        """The content of a good answer. Raises AssertionError with any other."""
        status, content = await self.ask(method, path, body, **more)
        assert status < 300, f"{method} {path}: {status} {content[:500]!r}"
        return content


def create_runs(namespace: str, bodies: Sequence[Mapping[str, Any]]) -> float:
    """FlowRuns, as fast as the API server takes them; returns in how many seconds."""
    return create_all(RUNS.format(namespace=namespace), bodies)


def create_all(path: str, bodies: Sequence[Mapping[str, Any]]) -> float:
    """Creates objects there, as fast as the API server takes them; returns in how many seconds."""

    async def create(client: Client) -> None:
        await asyncio.gather(*(client.must("POST", path, body) for body in bodies))

    return timed(create)


def timed(work: Callable[[Client], Awaitable[None]], kubeconfig: Path | None = None) -> float:
    """Runs the work with a client of its own; the seconds it took, without the client's start.

    Raises TimeoutError where it takes longer than anything here may.
    """

    async def whole() -> float:
        async with Client(kubeconfig=kubeconfig) as client, asyncio.timeout(LONGEST_SECONDS):
            start = time.monotonic()
            await work(client)
            return time.monotonic() - start

    return asyncio.run(whole())


@dataclass(frozen=True)
class Member:
    """One of many."""

    name: str
    script: Script

    @property
    def body(self) -> Object:
        """What is created."""
        return manifest(self.name, self.script.spec)


def crowd(count: int, scripts: Sequence[Script], prefix: str = "run") -> list[Member]:
    """So many runs, the scripts in turn."""
    return [Member(f"{prefix}-{n}", scripts[n % len(scripts)]) for n in range(count)]


def teams(many: Sequence[T]) -> list[Sequence[T]]:
    """Those that share a namespace."""
    return [many[first : first + TEAM] for first in range(0, len(many), TEAM)]


def until_ended(
    members: Iterable[Member], namespace: str, watch: Watch, seconds: float
) -> tuple[list[Object], list[str]]:
    """The last version of each run that ended in time, and what is wrong with any of them."""
    deadline = time.monotonic() + seconds
    ends, problems = [], []
    for member in members:
        run = Run(namespace, member.name, watch)
        try:
            end = run.until(finished, "end", timeout=max(0.1, deadline - time.monotonic()))
        except AssertionError as error:
            problems.append(f"{member.name}: {str(error).splitlines()[0]}")
            continue
        ends.append(end)
        problems += [f"{member.name}: {each}" for each in oracle.wrong_end(member.script, end)]
        problems += [f"{member.name}: {each}" for each in oracle.wrong_order(run.history)]
    return ends, problems


def may_stay(ends: Iterable[Object]) -> set[str]:
    """What all of them may keep."""
    return set[str]().union(*(oracle.may_stay(end) for end in ends))


def delete_all(namespace: str) -> None:
    """Every FlowRun there; what they own goes in the background."""
    Kubectl(namespace)("delete", "flowruns", "--all", "--wait=false")
