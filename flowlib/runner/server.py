"""The progress server: GET /progress in threads of its own, and nothing else."""

import socket
import socketserver
import threading
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler

from flowlib.runner.progress import Progress

#: Seconds that a client may take to send its request.
PATIENCE = 5


class _Server(socketserver.ThreadingTCPServer):
    # Not http.server's: that one looks its own name up in DNS before it listens.
    allow_reuse_address = True
    daemon_threads = True
    address_family = socket.AF_INET6 if socket.has_dualstack_ipv6() else socket.AF_INET

    def server_bind(self) -> None:
        if self.address_family == socket.AF_INET6:
            self.socket.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        super().server_bind()


def serve(progress: Progress, port: int) -> int:
    """Listens from now on, on every address; returns the port."""

    class Handler(BaseHTTPRequestHandler):
        timeout = PATIENCE

        def do_GET(self) -> None:
            if self.path != "/progress":
                self.send_error(HTTPStatus.NOT_FOUND)
                return
            body = progress.to_json()
            self.send_response(HTTPStatus.OK)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.send_header("Connection", "close")
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            """Says nothing: it is asked every other second."""

    server = _Server(("", port), Handler)
    threading.Thread(target=server.serve_forever, name="progress", daemon=True).start()
    return int(server.server_address[1])
