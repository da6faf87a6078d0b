"""Counts what becomes of rows, and tells the observer and the log."""

from collections.abc import Collection

from flowlib.engine.graph import Node
from flowlib.engine.progress import Counts, Observer
from flowlib.engine.state import Killed, State, TriggerFailed
from flowlib.utilities.logging import get_logger

logger = get_logger("FlowRunner")


class Tally:
    """Kept by the engine; costs nothing for a child that succeeds."""

    def __init__(self, nodes: tuple[Node, ...], observer: Observer) -> None:
        self._observer = observer
        self._total = sum(node.counted and not node.mapped for node in nodes)
        self._counts = Counts()
        self.publish(0)

    def opened(self, node: Node, width: int) -> None:
        """It is known how many rows a task has."""
        if node.mapped:
            logger.info("Task '%s': mapped over %d items", node.task.name, width)
            if node.counted:
                self._total += width

    def settled(self, node: Node, state: State) -> None:
        """A task ended without rows to run; a failure is told."""
        if node.counted and not node.mapped:
            self._count(1, [state])
        if state.is_failed():
            self._tell(node.task.name, state)

    def begun(self) -> None:
        self._observer.begun()

    def finished(
        self, node: Node, number: int, states: dict[int, State], *, read: bool = False
    ) -> None:
        """So many rows have ended, all but those in states as plain successes.

        read: they were taken over from an earlier attempt.
        """
        if read and node.counted:
            self._observer.resumed(number)
        self._tell_of(node, states)
        if node.counted:
            self._count(number, states.values())

    def failed_after_all(self, node: Node, states: dict[int, State], skipped: int) -> None:
        """These had ended well, so many of them skipped, and failed when they were made again."""
        self._tell_of(node, states)
        if node.counted:
            self._counts = self._counts.plus(skipped - len(states), len(states), -skipped)

    def _tell_of(self, node: Node, states: dict[int, State]) -> None:
        for row, state in states.items():
            if state.is_failed():
                self._tell(f"{node.task.name}[{row}]" if node.mapped else node.task.name, state)

    def _count(self, number: int, states: Collection[State]) -> None:
        failed = sum(state.is_failed() for state in states)
        skipped = sum(state.is_skipped() for state in states)
        self._counts = self._counts.plus(number - failed - skipped, failed, skipped)

    def publish(self, running: int) -> None:
        """So many are running now."""
        self._counts = self._counts.of(self._total, running)
        self._observer.publish(self._counts)

    def _tell(self, name: str, state: State) -> None:
        self._observer.failed(
            name,
            said(state),
            ran=not isinstance(state, TriggerFailed),
            killed=isinstance(state, Killed),
        )


def said(state: State) -> str:
    """A failure in a few words."""
    if isinstance(state, Killed):
        return str(state.result)
    return repr(state.result) if isinstance(state.result, Exception) else str(state.message)
