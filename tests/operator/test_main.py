"""The process: its own settings, and its end."""

import asyncio
import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from datetime import UTC, datetime
from pathlib import Path

import pytest

from flowrun_operator.main import Operator, hold
from flowrun_operator.observe.pull import Puller
from flowrun_operator.perform.api import Api
from flowrun_operator.perform.lease import Claim, Elector, LeaseLost
from flowrun_operator.process import Process
from flowrun_operator.report.metrics import Metrics
from tests.operator.fake_api import FakeApi, serving, status

DEPTH = 9_999  # the API server's JSON decoder stops at 10,000 levels


def reads_deep_json(limit: str) -> int:
    program = (
        "import json, sys\n"
        "from flowrun_operator import main\n"
        f"sys.setrecursionlimit({limit})\n"
        f"json.loads('[' * {DEPTH} + ']' * {DEPTH})\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, check=False)
    return done.returncode


def test_json_as_deep_as_the_api_server_takes_it_is_read() -> None:
    assert reads_deep_json("main.RECURSION_LIMIT") == 0
    assert reads_deep_json("1000") == 1  # Python's default would not do


LEAST = {"FLOWRUN_RUNTIME_IMAGE": "runtime:1", "FLOWRUN_OPERATOR_NAMESPACE": "flowrun-system"}


def test_by_default_every_namespace_is_watched_and_the_machine_is_the_replica() -> None:
    process = Process.from_environment(LEAST)
    assert process.namespaces == ()
    assert process.lease == Claim("flowrun-system", "flowrun-operator", socket.gethostname())
    assert (process.kubeconfig, process.port) == (None, 8080)


def test_what_the_chart_says_to_the_process() -> None:
    process = Process.from_environment(
        {
            **LEAST,
            "FLOWRUN_WATCH_NAMESPACES": "team-a,team-b",
            "FLOWRUN_LEASE_NAME": "other-operator",
            "FLOWRUN_POD_NAME": "other-operator-x7k2p",
        }
    )
    assert process.namespaces == ("team-a", "team-b")
    assert process.lease == Claim("flowrun-system", "other-operator", "other-operator-x7k2p")


class Leading(Elector):
    """Leads when it is told to."""

    def __init__(self) -> None:
        self.told = False
        self.error = ""

    @property
    def leads(self) -> bool:
        return self.told

    @property
    def silence(self) -> float:
        return 0.0


async def test_a_standby_that_can_list_is_ready_and_a_leader_with_nothing_to_list() -> None:
    elector, puller = Leading(), Puller()
    async with serving(FakeApi()) as api, contextlib.AsyncExitStack() as closing:
        closing.push_async_callback(puller.close)
        process = Process.from_environment(LEAST)
        operator = Operator(api, Metrics(), puller, process, elector)
        await one_look(operator, api)
        assert operator.health.listable.is_set()
        assert operator.health.obstacle() == ""
        elector.told = True
        assert "not listed" in operator.health.obstacle()
        await one_look(operator, api)
        assert operator.health.obstacle() == ""


async def test_a_replica_that_may_not_list_does_not_take_the_lease() -> None:
    fake, puller = FakeApi(), Puller()
    async with serving(fake) as api, contextlib.AsyncExitStack() as closing:
        closing.push_async_callback(puller.close)
        process = Process.from_environment(LEAST)
        clock = asyncio.get_running_loop().time
        elector = Elector(api, process.lease, clock=clock, now=lambda: datetime.now(UTC))
        operator = Operator(api, Metrics(), puller, process, elector)
        standing = asyncio.create_task(operator.stand_for(elector.acquire))
        fake.before = lambda _, what: status(403, "forbidden") if what == "flowruns" else None
        await one_look(operator, api)
        assert fake.of("leases") == []
        assert elector.silence == 0.0  # that it waits is no fault
        fake.before = lambda _, what: None
        await one_look(operator, api)
        await standing
        assert elector.leads


async def one_look(operator: Operator, api: Api) -> None:
    """It looks once a second."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(0.9):
            await operator.become_ready(api)


class Losing(Elector):
    """Loses the Lease at once."""

    def __init__(self) -> None:
        pass

    async def keep(self) -> None:
        raise LeaseLost("held by pod-b")


async def test_a_lost_lease_ends_the_process_on_the_spot(monkeypatch: pytest.MonkeyPatch) -> None:
    codes: list[int] = []
    monkeypatch.setattr(os, "_exit", codes.append)
    await hold(Losing())
    assert codes == [1]


def test_a_standby_answers_its_probes_and_ends_at_sigterm(tmp_path: Path) -> None:
    """A whole process, before an API server that answers nothing."""
    with socket.socket() as silent, socket.socket() as free:
        for each in (silent, free):
            each.bind(("127.0.0.1", 0))
        silent.listen()
        port = free.getsockname()[1]
        free.close()
        kubeconfig = tmp_path / "kubeconfig"
        kubeconfig.write_text(KUBECONFIG % silent.getsockname()[1])
        environment = {
            **os.environ,
            **LEAST,
            "FLOWRUN_KUBECONFIG": str(kubeconfig),
            "FLOWRUN_HTTP_PORT": str(port),
        }
        process = subprocess.Popen([sys.executable, "-m", "flowrun_operator"], env=environment)
        try:
            assert until_answered(f"http://127.0.0.1:{port}/healthz") == 200
            assert until_answered(f"http://127.0.0.1:{port}/readyz") == 503
            process.send_signal(signal.SIGTERM)
            assert process.wait(timeout=20) == 0
        finally:
            process.kill()
            process.wait()


KUBECONFIG = """
apiVersion: v1
kind: Config
current-context: silent
clusters: [{name: silent, cluster: {server: "http://127.0.0.1:%d"}}]
users: [{name: nobody, user: {}}]
contexts: [{name: silent, context: {cluster: silent, user: nobody}}]
"""


def until_answered(url: str) -> int:
    """The status of the first answer; the test's own time-out ends a wait for none."""
    while True:
        try:
            with urllib.request.urlopen(url, timeout=5) as answer:
                return int(answer.status)
        except urllib.error.HTTPError as error:
            return error.code
        except OSError:
            time.sleep(0.1)
