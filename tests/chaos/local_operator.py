"""The operator as a process of this machine, in place of the one in the cluster."""

import os
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from tests.e2e.kube import ROOT
from tests.e2e.release import OPERATOR, OPERATOR_PODS, Release

TICKS = os.sysconf("SC_CLK_TCK")
KILOBYTE = 1024


@contextmanager
def operator_away(release: Release) -> Iterator[None]:
    """No operator runs in the cluster meanwhile; afterwards as many as before, ready."""
    with deployment_away(release, OPERATOR, OPERATOR_PODS):
        yield


@contextmanager
def deployment_away(release: Release, name: str, pods: str) -> Iterator[None]:
    """Scales one Deployment of the release to nothing, and back in the end, whatever happens."""
    kubectl = release.kubectl
    before = kubectl("get", "deployment", name, "-o", "jsonpath={.spec.replicas}").stdout
    kubectl("scale", "deployment", name, "--replicas=0")
    try:
        kubectl("wait", "--for=delete", "pod", "-l", pods, "--timeout=60s", timeout=70)
        yield
    finally:
        kubectl("scale", "deployment", name, f"--replicas={before}")
        kubectl("rollout", "status", "deployment", name, "--timeout=120s", timeout=130)


def environment_of(release: Release) -> dict[str, str]:
    """What the chart tells the operator, with this machine in the place of its pod."""
    body = release.kubectl.json("get", "deployment", OPERATOR)
    (container,) = body["spec"]["template"]["spec"]["containers"]
    of_the_pod = {"metadata.namespace": release.namespace, "metadata.name": socket.gethostname()}
    told = {}
    for each in container["env"]:
        field = each.get("valueFrom", {}).get("fieldRef", {}).get("fieldPath")
        told[each["name"]] = of_the_pod[field] if field else each.get("value", "")
    return told


class LocalOperator:
    """One operator of this checkout at a time; killed and started again at will.

    One that ends by itself, as it does when it loses its Lease, is started again as by a kubelet.
    """

    def __init__(
        self, release: Release, kubeconfig: Path, log: Path, told: Mapping[str, str] | None = None
    ) -> None:
        """``told`` is said to it in place of what the chart says."""
        self._port = _free_port()
        self._environment = {
            **os.environ,
            **environment_of(release),
            **(told or {}),
            "PYTHONPATH": os.pathsep.join([str(ROOT / "operator"), str(ROOT)]),
            "FLOWRUN_KUBECONFIG": str(kubeconfig),
            "FLOWRUN_HTTP_PORT": str(self._port),
        }
        self.log = log
        self._process: subprocess.Popen[bytes] | None = None
        self._wanted = False
        self._closed = threading.Event()
        self._one_at_a_time = threading.RLock()
        threading.Thread(target=self._supervise, name="kubelet", daemon=True).start()
        self.ended_by_itself = 0

    def __enter__(self) -> "LocalOperator":
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._closed.set()
        self.stop()

    @property
    def pid(self) -> int:
        """Of the running process."""
        assert self._process is not None, "the operator was never started"
        return self._process.pid

    @property
    def runs(self) -> bool:
        """Whether there is a living process."""
        return self._process is not None and self._process.poll() is None

    def start(self) -> None:
        """Returns at once; `until_ready` waits."""
        with self._one_at_a_time, self.log.open("ab") as log:
            self._wanted = True
            self._process = subprocess.Popen(
                [sys.executable, "-m", "flowrun_operator"],
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
            )

    def until_ready(self, timeout: float = 60) -> float:
        """Waits until all is listed; returns how long that took."""
        start = time.monotonic()
        while not self._is_ready():
            assert time.monotonic() - start < timeout, f"not ready:\n{self.tail()}"
            time.sleep(0.05)
        return time.monotonic() - start

    def kill(self) -> None:
        """SIGKILL: nothing is said, written or closed any more."""
        with self._one_at_a_time:
            self._wanted = False
            if self._process is not None:
                self._process.kill()
                self._process.wait()

    def restart(self) -> None:
        """Kills it where it runs, and starts the next one."""
        with self._one_at_a_time:
            self.kill()
            self.start()

    def stop(self) -> None:
        """SIGTERM, as the kubelet does it."""
        with self._one_at_a_time:
            self._wanted = False
            if self._process is None or not self.runs:
                return
            self._process.terminate()
            try:
                self._process.wait(timeout=10)
            except subprocess.TimeoutExpired:
                self.kill()

    def tail(self, lines: int = 40) -> str:
        """The end of its log."""
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-lines:])

    def memory(self) -> int:
        """Resident bytes."""
        return self._status("VmRSS")

    def peak_memory(self) -> int:
        """The most resident bytes so far."""
        return self._status("VmHWM")

    def cpu_seconds(self) -> float:
        """Processor time so far, user's and system's."""
        words = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(words[11]) + int(words[12])) / TICKS

    def metrics(self) -> str:
        """Its /metrics."""
        return self._get("metrics").decode()

    def turns(self) -> int:
        """How many turns it has given so far that asked the API server."""
        name = "flowrun_turn_seconds_count "
        lines = self.metrics().splitlines()
        return next(int(float(line.split()[1])) for line in lines if line.startswith(name))

    def _supervise(self) -> None:
        while not self._closed.wait(0.5):
            with self._one_at_a_time:
                if self._wanted and not self.runs:
                    self.ended_by_itself += 1
                    self.start()

    def _status(self, name: str) -> int:
        lines = Path(f"/proc/{self.pid}/status").read_text().splitlines()
        return next(int(line.split()[1]) * KILOBYTE for line in lines if line.startswith(name))

    def _is_ready(self) -> bool:
        try:
            return bool(self._get("readyz"))
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            return False

    def _get(self, path: str) -> bytes:
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(f"http://127.0.0.1:{self._port}/{path}", timeout=5) as answer:
            found: bytes = answer.read()
        return found


def service_account(release: Release) -> str:
    """The user in whose name the operator asks."""
    body = release.kubectl.json("get", "deployment", OPERATOR)
    account = body["spec"]["template"]["spec"]["serviceAccountName"]
    return f"system:serviceaccount:{release.namespace}:{account}"


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])
