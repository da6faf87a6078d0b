"""Who runs the diamond: each in an environment of its own, and set up to call no cloud.

The environments are made on demand below ~/.cache/flowrun/peers, from the pins beside this file,
with which both run on Python 3.11. Prefect 1.4.1 breaks on pendulum 3 and marshmallow 4, and does
not say so. It runs on distributed 2026.8.0, too, but is given that of its own time, 2022.12.1,
where it was a little faster.
"""

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

HERE = Path(__file__).parent
CACHE = Path.home() / ".cache" / "flowrun" / "peers"
STARTING = 120.0
#: Nobody listens there: what would go to a cloud fails at once.
NOWHERE = "http://127.0.0.1:9"


@dataclass(frozen=True)
class Peer:
    """One side: its program, its Python, and what its processes find in the environment."""

    title: str
    program: str
    pins: Path | None = None
    environment: Mapping[str, str] = field(default_factory=dict)
    with_server: bool = False

    def interpreter(self) -> str:
        """The path of its Python; its environment is made where there is none with these pins."""
        if self.pins is None:
            return sys.executable
        place = CACHE / self.pins.stem
        made_from = place / "pins.txt"
        if not made_from.exists() or made_from.read_text() != self.pins.read_text():
            print(f"making the environment of {self.title} in {place}", flush=True)
            shutil.rmtree(place, ignore_errors=True)
            subprocess.run([sys.executable, "-m", "venv", str(place)], check=True)
            pip = [str(place / "bin/python"), "-m", "pip", "--disable-pip-version-check", "-q"]
            subprocess.run([*pip, "install", "-r", str(self.pins)], check=True)
            shutil.copy(self.pins, made_from)
        return str(place / "bin/python")

    @contextmanager
    def surroundings(self, folder: Path) -> Iterator[dict[str, str]]:
        """The environment of its processes, at home in this folder; its server, if any."""
        if self.pins is None:
            yield dict(self.environment)
            return
        settings = {
            **self.environment,
            "HOME": str(folder),
            "PYTHONPATH": "",
            "NO_PROXY": "127.0.0.1,localhost",
            "DO_NOT_TRACK": "1",
        }
        if not self.with_server:
            yield settings
            return
        port = _free_port()
        settings |= {
            "PREFECT_HOME": str(folder / "prefect"),
            "PREFECT_API_URL": f"http://127.0.0.1:{port}/api",
        }
        with _server(self.interpreter(), port, {**os.environ, **settings}, folder):
            yield settings


@contextmanager
def _server(python: str, port: int, environment: Mapping[str, str], folder: Path) -> Iterator[None]:
    """Prefect 3's own server, new and empty."""
    command = [python, "-m", "prefect", "server", "start", "--host", "127.0.0.1", "--no-ui"]
    with (folder / "server.log").open("ab") as log:
        process = subprocess.Popen(
            [*command, "--port", str(port)], env=environment, cwd=folder, stdout=log, stderr=log
        )
        try:
            _wait(f"http://127.0.0.1:{port}/api/health", process)
            yield
        finally:
            process.terminate()  # it ends its own process with it
            process.wait()


def _wait(url: str, process: "subprocess.Popen[bytes]") -> None:
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    until = time.monotonic() + STARTING
    while time.monotonic() < until and process.poll() is None:
        try:
            direct.open(url, timeout=5).close()
        except OSError:
            time.sleep(0.5)
        else:
            return
    raise TimeoutError("Prefect's server did not start")


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


_PROGRAM = (HERE / "diamond.py").read_text()

FLOWLIB = Peer(
    "flowlib",
    _PROGRAM.replace("\nfrom prefect", "\nfrom flowlib"),
    environment={"FLOWLIB__LOGGING__LEVEL": "WARNING"},
)
PREFECT_1 = Peer(
    "Prefect 1.4.1",
    _PROGRAM,
    HERE / "prefect-1.4.1.txt",
    {
        "PREFECT__LOGGING__LEVEL": "WARNING",
        "PREFECT__BACKEND": "server",
        "PREFECT__CLOUD__API": NOWHERE,
    },
)
PREFECT_3 = Peer(
    "Prefect 3.9.1",
    (HERE / "diamond_3.py").read_text(),
    HERE / "prefect-3.9.1.txt",
    {
        "PREFECT_LOGGING_LEVEL": "WARNING",
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "PREFECT_CLOUD_ENABLE_ORCHESTRATION_TELEMETRY": "false",
        "PREFECT_CLOUD_API_URL": NOWHERE,
    },
    with_server=True,
)
