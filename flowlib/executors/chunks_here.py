"""Chunks that lie in this process: a handle is a list that the chunk will be in."""

from collections.abc import Callable, Collection, Sequence
from typing import Any

from flowlib.engine.held import Chunk


class ChunksHere:
    """What sessions have in common whose chunks come to this process."""

    def narrow(self, handle: list[Chunk], parts: Collection[int]) -> list[Chunk]:
        return [handle[0].only(parts)]

    def fetch(self, handles: Sequence[list[Chunk]]) -> list[Chunk]:
        return [chunks[0] for chunks in handles]

    def apply(self, function: Callable[..., Any], handles: Sequence[list[Chunk]]) -> Any:
        return function(*(chunks[0] for chunks in handles))
