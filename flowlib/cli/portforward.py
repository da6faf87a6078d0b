"""A port of a pod on 127.0.0.1: one websocket to the API server for each local connection.

Kubernetes' port-forward protocol (v4.channel.k8s.io): channel 0 carries the bytes, channel 1 an
error text; the first message of each is the port number. No kubectl is needed.
"""

import contextlib
import socket
import threading
from collections.abc import Callable
from typing import Any

from kubernetes.stream.ws_client import create_websocket, get_websocket_url
from websocket import ABNF, WebSocketException

DATA, ERROR = 0, 1
CHUNK = 64 * 1024


class Forwarder:
    """Listens until it is closed; every connection gets its own stream to the pod."""

    def __init__(
        self,
        listener: socket.socket,
        dial: Callable[[], Any],
        failed: Callable[[str], None],
    ) -> None:
        self._listener = listener
        self._dial = dial
        self._failed = failed
        self.port: int = listener.getsockname()[1]
        threading.Thread(target=self._accept, name="port-forward", daemon=True).start()

    def close(self) -> None:
        # close() alone would leave accept() waiting.
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return  # closed
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        with connection:
            try:
                stream = self._dial()
            except (WebSocketException, OSError) as exc:
                self._failed(f"the API server opens no port-forward: {exc}")
                return
            threading.Thread(target=_upload, args=(connection, stream), daemon=True).start()
            error = _download(stream, connection)
            if error:
                self._failed(error)
            stream.shutdown()
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)  # wakes the upload


def dialer(api: Any, namespace: str, pod: str, port: int) -> Callable[[], Any]:
    """Opens one stream to a pod's port with the credentials of the client."""
    configuration = api.configuration
    url = get_websocket_url(
        f"{configuration.host}/api/v1/namespaces/{namespace}/pods/{pod}/portforward",
        [("ports", str(port))],
    )

    def dial() -> Any:
        headers = {"sec-websocket-protocol": "v4.channel.k8s.io"}
        # Asked for at each connection: a token may have been renewed since the last one.
        token = configuration.auth_settings().get("BearerToken", {}).get("value")
        if token:
            headers["authorization"] = token
        return create_websocket(configuration, url, headers)

    return dial


def _upload(connection: socket.socket, stream: Any) -> None:
    """Browser to pod, until the browser closes its side; that ends the stream."""
    with contextlib.suppress(WebSocketException, OSError):
        while data := connection.recv(CHUNK):
            stream.send_binary(bytes([DATA]) + data)
    # close() would read the answer itself, and the other thread reads already.
    with contextlib.suppress(WebSocketException, OSError):
        stream.send_close()
        stream.abort()


def _download(stream: Any, connection: socket.socket) -> str:
    """Pod to browser, until the pod closes. Returns what went wrong in the pod, if anything."""
    opened: set[int] = set()
    error = ""
    with contextlib.suppress(WebSocketException, OSError):
        while True:
            opcode, frame = stream.recv_data()
            if opcode == ABNF.OPCODE_CLOSE or not frame:
                break
            channel, data = frame[0], frame[1:]
            if channel not in opened:  # the port number
                opened.add(channel)
            elif channel == DATA:
                connection.sendall(data)
            elif channel == ERROR and data:
                error = data.decode(errors="replace")
                break
    return error
