"""A flow run on an executor that somebody else wrote: with ``submit`` and ``wait``."""

import os
from collections import deque
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from flowlib.engine import chunk
from flowlib.engine.held import Chunk
from flowlib.engine.work import Claim, Report, TaskSpec
from flowlib.executors.base import Executor
from flowlib.executors.chunks_here import ChunksHere

#: Seconds that a chunk may take before it hands the rest of its rows back.
BOX = 0.1


class SubmittingSession(ChunksHere):
    """Chunks are submitted, and waited for in order; what came of them is held here."""

    box = BOX

    def __init__(self, executor: Executor) -> None:
        self._executor = executor
        self._out: deque[tuple[Any, list[Chunk]]] = deque()
        #: As many as can run here, for want of knowing where they run.
        self.threads = os.cpu_count() or 1
        self.window = 2 * self.threads

    def submit(
        self, specs: Sequence[TaskSpec], claim: Claim, inputs: Sequence[list[Chunk]]
    ) -> list[Chunk]:
        spec, made = specs[0], list[Chunk]()
        future = self._executor.submit(
            chunk.run,
            list(specs),
            claim,
            [chunks[0] for chunks in inputs],
            extra_context={
                "task_name": spec.task.name,
                "task_slug": spec.slug,
                "task_tags": set(spec.task.tags),
                "flow_name": spec.context["flow_name"],
            },
        )
        self._out.append((future, made))
        return made

    def next_report(self, timeout: float | None) -> Report | None:
        if not self._out:
            return None
        future, made = self._out.popleft()
        result, report = self._executor.wait(future)
        made.append(result)
        answer: Report = report
        return answer

    def wake(self) -> None:
        """Cannot be done: ``wait`` comes back when it does."""

    def stop(self, out: Mapping[int, list[Chunk]]) -> Collection[int]:
        return ()
