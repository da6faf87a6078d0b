"""A watch that remembers: every version of every object of one kind, and when it was seen."""

import json
import subprocess
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tests.e2e.kube import ROOT, cluster_environment

Object = dict[str, Any]


@dataclass(frozen=True)
class Seen:
    """One watch event."""

    at: float  # time.monotonic() at its arrival
    type: str  # ADDED, MODIFIED, DELETED
    object: Object

    @property
    def key(self) -> tuple[str, str]:
        """Namespace and name."""
        return self.object["metadata"].get("namespace", ""), self.object["metadata"]["name"]


class WatchTimeout(AssertionError):
    """What a test waited for did not come."""


class Watch:
    """Watches one API path (a list's) for as long as the `with` block lasts.

    Tests wait on what arrives here, so none of them asks again and again; and they assert the
    order in which things happened, which the last state of an object does not tell.
    """

    def __init__(self, path: str) -> None:
        self._path = f"{path}{'&' if '?' in path else '?'}watch=1"
        self._news = threading.Condition()
        self._seen: list[Seen] = []
        self._of: dict[tuple[str, str], list[Seen]] = {}  # the same, by namespace and name
        self._broken: str | None = None
        self._process: subprocess.Popen[str] | None = None
        self._closing = False

    def __enter__(self) -> "Watch":
        self._reader = threading.Thread(target=self._read, name=f"watch {self._path}", daemon=True)
        self._reader.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._closing = True
        if self._process is not None:
            self._process.terminate()
        self._reader.join(timeout=10)

    def _read(self) -> None:
        while not self._closing:
            with subprocess.Popen(
                ["kubectl", "get", "--raw", self._path],
                cwd=ROOT,
                env=dict(cluster_environment()),
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
            ) as self._process:
                assert self._process.stdout is not None
                assert self._process.stderr is not None
                for line in self._process.stdout:
                    self._take(json.loads(line))
                said = self._process.stderr.read()
            # The API server ends a watch after some time (exit code 0); a new one starts with
            # everything that exists, which _take knows already by its resourceVersion.
            if self._process.returncode != 0 and not self._closing:
                with self._news:
                    self._broken = said
                    self._news.notify_all()
                return

    def _take(self, event: dict[str, Any]) -> None:
        if event["type"] not in ("ADDED", "MODIFIED", "DELETED"):
            return
        seen = Seen(time.monotonic(), event["type"], event["object"])
        with self._news:
            known = self.latest(*seen.key)
            if (
                known
                and seen.type == "ADDED"
                and known.object["metadata"] == event["object"]["metadata"]
            ):
                return
            self._seen.append(seen)
            self._of.setdefault(seen.key, []).append(seen)
            self._news.notify_all()

    def history(self, namespace: str, name: str | None = None) -> list[Seen]:
        """What was seen of one object, or of all in one namespace, oldest first."""
        with self._news:
            if name is not None:
                return list(self._of.get((namespace, name), ()))
            return [seen for seen in self._seen if seen.key[0] == namespace]

    def latest(self, namespace: str, name: str) -> Seen | None:
        """The last that was seen of one object."""
        with self._news:
            return next(reversed(self._of.get((namespace, name), [])), None)

    def until(
        self,
        namespace: str,
        name: str | None,
        predicate: Callable[[Seen], bool],
        timeout: float,
        what: str,
    ) -> Seen:
        """The first event, past or to come, for which the predicate holds."""
        deadline = time.monotonic() + timeout
        looked_at = 0
        with self._news:
            while True:
                seen_so_far = self._seen if name is None else self._of.get((namespace, name), [])
                for seen in seen_so_far[looked_at:]:
                    if seen.key[0] == namespace and predicate(seen):
                        return seen
                looked_at = len(seen_so_far)
                if self._broken is not None:
                    raise WatchTimeout(f"the watch of {self._path} broke: {self._broken}")
                if not self._news.wait(max(0.0, deadline - time.monotonic())):
                    last = self.history(namespace, name)[-1:]
                    raise WatchTimeout(
                        f"{namespace}/{name or '*'}: no {what} within {timeout:.0f} s; last seen:\n"
                        + json.dumps([seen.object for seen in last], indent=1)
                    )

    def quiet(self, namespace: str, name: str | None, seconds: float) -> list[Seen]:
        """What comes within so many seconds from now: [] where nothing changes."""
        before = len(self.history(namespace, name))
        with self._news:
            self._news.wait_for(
                lambda: len(self.history(namespace, name)) > before or self._broken, seconds
            )
            assert self._broken is None, self._broken
            return self.history(namespace, name)[before:]
