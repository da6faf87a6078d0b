"""SIGTERM is kept from the first moment, and only by the process it was sent to."""

import signal
import subprocess
import sys

EARLY = """
import os, signal
from flowlib.runner.sigterm import Sigterm
sigterm = Sigterm()
os.kill(os.getpid(), signal.SIGTERM)
print("still here")
sigterm.wait()
print("heard")
"""
FORKED = """
import os, signal, threading
from flowlib.runner.sigterm import Sigterm
sigterm = Sigterm()
child = os.fork()
if not child:
    signal.pause()
os.kill(child, signal.SIGTERM)
print(os.WTERMSIG(os.waitpid(child, 0)[1]))
heard = threading.Thread(target=sigterm.wait, daemon=True)
heard.start()
heard.join(0.2)
print("heard" if not heard.is_alive() else "not heard")
"""


def said(program: str) -> list[str]:
    ran = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    return ran.stdout.splitlines()


def test_a_sigterm_that_comes_before_anybody_waits_for_it_is_kept() -> None:
    assert said(EARLY) == ["still here", "heard"]


def test_a_child_that_the_flow_forks_is_ended_by_its_own_sigterm() -> None:
    assert said(FORKED) == [str(int(signal.SIGTERM)), "not heard"]
