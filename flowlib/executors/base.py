"""What executors have in common, and what people write executors of their own from."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any


class Executor:
    """Write a subclass with ``submit`` and ``wait``, and ``start`` if there is something to set up.

    An executor of flowlib's own yields its Session from ``start`` instead, and is not submitted to.
    """

    def __repr__(self) -> str:
        return f"<Executor: {type(self).__name__}>"

    @contextmanager
    def start(self) -> Iterator[Any]:
        """Gets the place ready, for one flow run."""
        yield

    def submit(
        self, fn: Any, *args: Any, extra_context: Mapping[str, Any] | None = None, **kwargs: Any
    ) -> Any:
        """Has ``fn(*args, **kwargs)`` called somewhere; answers what ``wait`` understands.

        extra_context says what it is for: ``task_name`` and the like.
        """
        raise NotImplementedError(f"{type(self).__name__} does not say how work is submitted.")

    def wait(self, futures: Any) -> Any:
        """What came of one that was submitted, or of a list of them."""
        raise NotImplementedError(f"{type(self).__name__} does not say how work is waited for.")
