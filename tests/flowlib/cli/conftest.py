"""An API server on loopback that answers what a test wrote, and a kubeconfig that leads to it."""

import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import yaml
from click.testing import CliRunner, Result

from flowlib.cli import flowrun


@dataclass
class Request:
    """What the API server was asked."""

    method: str
    path: str
    query: dict[str, list[str]]
    body: dict[str, Any] | None


@dataclass
class ApiServer:
    """Answers of a method and path, in order; the last one stays. A watch is 'WATCH'."""

    url: str = ""
    runs: str = "/apis/flowrun.dev/v1alpha1/namespaces/data/flowruns"
    answers: dict[tuple[str, str], list[tuple[int, Any]]] = field(default_factory=dict)
    requests: list[Request] = field(default_factory=list)

    def answer(self, method: str, path: str, *answers: tuple[int, Any]) -> None:
        self.answers[method, path] = list(answers)

    def next(self, method: str, path: str) -> tuple[int, Any]:
        waiting = self.answers.get((method, path))
        if not waiting:
            return 404, a_status(404, f"nothing was written for {method} {path}")
        return waiting.pop(0) if len(waiting) > 1 else waiting[0]


def a_status(code: int, message: str, kind: str = "flowruns") -> dict[str, Any]:
    """metav1.Status, as the API server refuses."""
    return {"kind": "Status", "code": code, "message": message, "details": {"kind": kind}}


def build_flowrun(name: str = "diamond", version: int = 1, **status: Any) -> dict[str, Any]:
    run = {
        "apiVersion": "flowrun.dev/v1alpha1",
        "kind": "FlowRun",
        "metadata": {
            "name": name,
            "namespace": "data",
            "uid": "u1",
            "resourceVersion": str(version),
            "creationTimestamp": "2026-11-22T05:00:00Z",
        },
        "spec": {"flow": {"entrypoint": "diamond.py"}},
    }
    return {**run, "status": status} if status else run


@pytest.fixture
def a_flowrun() -> Callable[..., dict[str, Any]]:
    """Builds a FlowRun as the API server gives it: a_flowrun(name, version, phase=...)."""
    return build_flowrun


@pytest.fixture
def a_refusal() -> Callable[..., tuple[int, dict[str, Any]]]:
    """Builds an answer that refuses: a_refusal(409, "already exists")."""
    return lambda code, message, kind="flowruns": (code, a_status(code, message, kind))


@pytest.fixture
def api_server() -> Iterator[ApiServer]:
    server = ApiServer()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *_: object) -> None:
            pass

        def do_GET(self) -> None:
            self.reply("GET")

        def do_PATCH(self) -> None:
            self.reply("PATCH")

        def do_POST(self) -> None:
            self.reply("POST")

        def reply(self, method: str) -> None:
            url = urlsplit(self.path)
            query = parse_qs(url.query)
            length = int(self.headers.get("content-length") or 0)
            body = json.loads(self.rfile.read(length)) if length else None
            server.requests.append(Request(method, url.path, query, body))
            watched = "watch" in query
            code, answer = server.next("WATCH" if watched else method, url.path)
            lines = answer if watched and code == 200 else [answer]
            text = "".join(json.dumps(line) + "\n" for line in lines).encode()
            if isinstance(answer, str):  # a log
                text = answer.encode()
            self.send_response(code)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as http:
        server.url = f"http://127.0.0.1:{http.server_port}"
        threading.Thread(target=http.serve_forever, args=(0.01,), daemon=True).start()
        yield server
        http.shutdown()


def a_kubeconfig(path: Path, url: str) -> str:
    path.write_text(
        yaml.safe_dump(
            {
                "apiVersion": "v1",
                "kind": "Config",
                "clusters": [{"name": "test", "cluster": {"server": url}}],
                "users": [{"name": "test", "user": {"token": "t"}}],
                "contexts": [
                    {
                        "name": "test",
                        "context": {"cluster": "test", "user": "test", "namespace": "data"},
                    }
                ],
                "current-context": "test",
            }
        )
    )
    return str(path)


class Cli:
    """`flowrun` in this process."""

    def __init__(self, environment: dict[str, str]) -> None:
        self.environment = environment

    def __call__(self, *arguments: str, **more: str) -> Result:
        return CliRunner().invoke(flowrun, arguments, env={**self.environment, **more})


@pytest.fixture
def cli(api_server: ApiServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Cli:
    """The command, with the test's API server as the only one there is."""
    monkeypatch.chdir(tmp_path)
    return Cli({"KUBECONFIG": a_kubeconfig(tmp_path / "kubeconfig", api_server.url)})
