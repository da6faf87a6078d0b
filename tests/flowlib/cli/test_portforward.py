"""Port-forwarding over a real websocket: tornado serves what the API server would."""

import asyncio
import socket
import struct
import threading
from collections.abc import Iterator
from types import SimpleNamespace

import pytest
from tornado.httpserver import HTTPServer
from tornado.web import Application
from tornado.websocket import WebSocketHandler

from flowlib.cli.portforward import Forwarder, dialer

POD_PORT = 8787


class PodPort(WebSocketHandler):
    """Echoes what it is sent; `bye` closes, `fail` answers on the error channel."""

    headers_seen: list[dict[str, str]] = []  # noqa: RUF012  # one server a test

    def select_subprotocol(self, subprotocols: list[str]) -> str | None:
        return "v4.channel.k8s.io" if "v4.channel.k8s.io" in subprotocols else None

    def open(self, *_: str) -> None:
        PodPort.headers_seen.append(dict(self.request.headers))
        port = struct.pack("<H", int(self.get_argument("ports")))
        self.write_message(b"\x00" + port, binary=True)
        self.write_message(b"\x01" + port, binary=True)

    def on_message(self, message: str | bytes) -> None:
        assert isinstance(message, bytes)
        if message[1:] == b"bye":
            self.close()
        elif message[1:] == b"fail":
            self.write_message(b"\x01connection refused in the pod", binary=True)
        else:
            self.write_message(message, binary=True)


@pytest.fixture
def api_url() -> Iterator[str]:
    started: list[str] = []
    ready, stop = threading.Event(), asyncio.Event()
    loop = asyncio.new_event_loop()

    async def serve() -> None:
        server = HTTPServer(
            Application([(r"/api/v1/namespaces/data/pods/scheduler/portforward", PodPort)])
        )
        listener = socket.create_server(("127.0.0.1", 0))
        listener.setblocking(False)
        server.add_socket(listener)
        started.append(f"http://127.0.0.1:{listener.getsockname()[1]}")
        ready.set()
        await stop.wait()
        server.stop()
        await server.close_all_connections()

    thread = threading.Thread(target=loop.run_until_complete, args=(serve(),))
    thread.start()
    ready.wait()
    PodPort.headers_seen.clear()
    yield started[0]
    loop.call_soon_threadsafe(stop.set)
    thread.join()
    loop.close()


class Api:
    """A client's configuration: where the API server is, and the token of this moment."""

    def __init__(self, host: str) -> None:
        self.configuration = SimpleNamespace(
            host=host,
            verify_ssl=True,
            cert_file=None,
            key_file=None,
            tls_server_name=None,
            proxy=None,
            proxy_headers=None,
            auth_settings=lambda: {"BearerToken": {"value": "Bearer secret"}},
        )


@pytest.fixture
def errors() -> list[str]:
    return []


@pytest.fixture
def forwarder(api_url: str, errors: list[str]) -> Iterator[Forwarder]:
    forwarder = a_forwarder(api_url, errors)
    yield forwarder
    forwarder.close()


def a_forwarder(url: str, errors: list[str]) -> Forwarder:
    listener = socket.create_server(("127.0.0.1", 0))
    return Forwarder(listener, dialer(Api(url), "data", "scheduler", POD_PORT), errors.append)


def connect(forwarder: Forwarder) -> socket.socket:
    return socket.create_connection(("127.0.0.1", forwarder.port), timeout=5)


def read(connection: socket.socket, size: int) -> bytes:
    data = b""
    while len(data) < size and (part := connection.recv(65536)):
        data += part
    return data


def test_bytes_go_to_the_pod_and_back_however_many(forwarder):
    sent = bytes(range(256)) * 4096
    with connect(forwarder) as connection:
        threading.Thread(target=connection.sendall, args=(sent,)).start()
        assert read(connection, len(sent)) == sent


def test_connections_do_not_mix(forwarder):
    with connect(forwarder) as one, connect(forwarder) as other:
        one.sendall(b"one")
        other.sendall(b"other")
        assert read(other, 5) == b"other"
        assert read(one, 3) == b"one"


def test_the_clients_token_is_shown_to_the_api_server(forwarder):
    with connect(forwarder) as connection:
        connection.sendall(b"x")
        read(connection, 1)
    assert PodPort.headers_seen[0]["Authorization"] == "Bearer secret"


def test_a_pod_that_closes_closes_the_local_connection(forwarder, errors):
    with connect(forwarder) as connection:
        connection.sendall(b"bye")
        assert connection.recv(1) == b""
    assert errors == []


def test_an_error_of_the_pod_is_told_and_the_next_connection_works(forwarder, errors):
    with connect(forwarder) as connection:
        connection.sendall(b"fail")
        assert connection.recv(1) == b""
    with connect(forwarder) as connection:
        connection.sendall(b"x")
        assert read(connection, 1) == b"x"
    assert errors == ["connection refused in the pod"]


def test_a_refused_port_forward_is_told(api_url, errors):
    forwarder = a_forwarder(f"{api_url}/elsewhere", errors)
    with connect(forwarder) as connection:
        assert connection.recv(1) == b""
    assert "the API server opens no port-forward" in errors[0]
    assert "404" in errors[0]
    forwarder.close()


def test_a_closed_forwarder_takes_no_connection(forwarder):
    forwarder.close()
    with pytest.raises(OSError, match="refused"):
        connect(forwarder)
