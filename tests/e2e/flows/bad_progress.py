"""Runs the real runner, but answers on the progress port itself, as badly as its argument says."""

import os
import runpy
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

HOW = sys.argv[1]
PORT = int(os.environ["FLOWRUN_PROGRESS_PORT"])


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


threading.Thread(target=ThreadingHTTPServer(("", PORT), Bad).serve_forever, daemon=True).start()
os.environ["FLOWRUN_PROGRESS_PORT"] = str(PORT + 1)
sys.argv = ["runner"]
runpy.run_module("flowlib.runner", run_name="__main__", alter_sys=True)
