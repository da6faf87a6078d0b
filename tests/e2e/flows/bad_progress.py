"""A flow that takes the runner's progress server over and answers as $BAD_PROGRESS says.

A flow runs in the runner's process and may do so: what answers there is never to be trusted. Takes
about six seconds, long enough to be asked more than once.
"""

import gc
import os
import time
from http.server import BaseHTTPRequestHandler
from socketserver import BaseServer

from flowlib import Flow, task

HOW = os.environ["BAD_PROGRESS"]


class Bad(BaseHTTPRequestHandler):
    def do_GET(self):
        if HOW == "elsewhere":
            self.send_response(302)
            self.send_header("Location", "http://127.0.0.1:8080/metrics")
            self.end_headers()
            return
        self.send_response(200)
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


for server in gc.get_objects():
    if isinstance(server, BaseServer):
        server.RequestHandlerClass = Bad


@task
def step(x):
    time.sleep(2)
    return x


@task
def total(values):
    return sum(values)


with Flow("bad progress") as flow:
    total(step.map([1, 2, 3]))
