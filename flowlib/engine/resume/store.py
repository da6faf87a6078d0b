"""Where saved chunks lie: one folder of any file system that fsspec knows. Bytes only."""

import contextlib
import functools
import os
import threading
import uuid
from collections.abc import Sequence
from typing import Any

from flowlib.utilities.logging import get_logger

#: How the names of our files end; no other file of the folder is touched.
CHUNK = ".chunk"
_BEGUN = ".chunk-begun"

logger = get_logger("FlowRunner")


class StoreFailed(Exception):
    """The place where results are to be kept cannot be used."""


class Store:
    """Names in it are those of files, without folders."""

    def __init__(self, url: str) -> None:
        """Opens it; nothing need be there yet. Raises StoreFailed where that cannot be done."""
        self.url = url
        try:
            import fsspec  # slow to import, for runs that are kept

            self._files, self._root = fsspec.core.url_to_fs(url)
        except ImportError as exc:
            raise StoreFailed(
                f"Results cannot be kept at {url}: {exc}. Install it wherever tasks run."
            ) from exc
        except Exception as exc:
            raise StoreFailed(f"Results cannot be kept at {url}: {exc!r}") from exc
        protocol = self._files.protocol
        self._local = "file" in ([protocol] if isinstance(protocol, str) else protocol)

    def prepare(self) -> None:
        """Writes a file and takes it away again. Raises StoreFailed where that cannot be done."""
        name = f"{uuid.uuid4().hex}{_BEGUN}"
        try:
            if self._local:
                self._files.makedirs(self._root, exist_ok=True)
            self._files.pipe_file(self._path(name), b"flowrun")
            self._files.rm_file(self._path(name))
        except Exception as exc:
            raise StoreFailed(f"Results cannot be kept at {self.url}: {exc!r}") from exc

    def names(self) -> list[str]:
        """Of all chunks. Raises StoreFailed where that cannot be told."""
        try:
            found = self._listed()
        except FileNotFoundError:
            return []
        except Exception as exc:
            raise StoreFailed(f"Results cannot be kept at {self.url}: {exc!r}") from exc
        return sorted(name.rpartition("/")[2] for name in found if name.endswith(CHUNK))

    def read(self, name: str, start: int, stop: int) -> bytes:
        """These bytes of a file. Raises what the file system raises."""
        data: bytes = self._files.cat_file(self._path(name), start=start, end=stop)
        return data

    def read_heads(self, names: Sequence[str], size: int) -> list[bytes | Exception]:
        """The first bytes of each, at once where the file system can do so."""
        found: list[bytes | Exception] = self._files.cat_ranges(
            [self._path(name) for name in names],
            [0] * len(names),
            [size] * len(names),
            on_error="return",
        )
        return found

    def write(self, name: str, frames: Sequence[Any]) -> None:
        """Whole or not at all. Raises what the file system raises."""
        data = b"".join(frames)
        if not self._local:
            self._files.pipe_file(self._path(name), data)  # an object store shows whole objects
            return
        begun = self._path(f"{name}-{os.getpid()}-{threading.get_ident()}{_BEGUN}")
        try:
            self._files.pipe_file(begun, data)
        except FileNotFoundError:
            self._files.makedirs(self._root, exist_ok=True)
            self._files.pipe_file(begun, data)
        os.replace(begun, self._path(name))

    def remove(self) -> None:
        """Our files, and the folder if nothing else is in it. Says what cannot be removed."""
        try:
            found = self._listed()
            ours = [name for name in found if name.endswith((CHUNK, _BEGUN))]
            if ours:
                self._files.rm(ours)
        except FileNotFoundError:
            return
        except Exception as exc:  # noqa: BLE001  # the run has ended well, whatever this is
            logger.warning("The kept results at %s cannot be removed: %r", self.url, exc)
            return
        with contextlib.suppress(Exception):  # others have files in it, or there are no folders
            self._files.rmdir(self._root)

    def _listed(self) -> list[str]:
        self._files.invalidate_cache()  # workers have written since
        found: list[str] = self._files.ls(self._root, detail=False)
        return found

    def _path(self, name: str) -> str:
        return f"{self._root.rstrip('/')}/{name}"


@functools.lru_cache(maxsize=16)
def opened(url: str) -> Store:
    """One for each process."""
    return Store(url)
