"""Answers on the runner's progress port before the runner can, as badly as BAD_PROGRESS says.

Mounted as sitecustomize.py, which Python imports before its program: a flow may bring any code, but
not another command for its runner. The runner itself then answers on the next port.
"""

import os
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

HOW = os.environ["BAD_PROGRESS"]
PORT = int(os.environ.get("FLOWRUN_PROGRESS_PORT", "0"))  # the scheduler and the workers have none


class Bad(BaseHTTPRequestHandler):
    def do_GET(self):
        if HOW == "elsewhere":
            self.send_response(302)
            self.send_header("Location", f"http://127.0.0.1:{PORT + 1}/progress")
            self.end_headers()
            return
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.end_headers()
        if HOW == "garbage":
            self.wfile.write(b'{"stage": "\xff\x00 running", "tasks": []')
        elif HOW == "slow":
            for letter in b'{"stage": "running"}':
                self.wfile.write(bytes([letter]))
                time.sleep(1)
        elif HOW == "endless":
            while True:
                self.wfile.write(b" " * 65536)

    def log_message(self, *_):
        pass


if PORT:
    server = ThreadingHTTPServer(("", PORT), Bad)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    os.environ["FLOWRUN_PROGRESS_PORT"] = str(PORT + 1)
