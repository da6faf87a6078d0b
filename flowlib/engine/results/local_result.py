"""LocalResult: a file below a folder of this machine."""

import contextlib
import os
import tempfile
from pathlib import Path
from typing import Any

from flowlib.configuration import config
from flowlib.engine.result import Result


class LocalResult(Result):
    """Files below ``dir``, by default ``<home_dir>/results``, which is made here and now.

    The location after a write is the file's full path. With ``validate_dir=False`` the folder is
    taken as it is, and made with the first write. Raises OSError where it cannot be made.
    """

    def __init__(
        self, dir: str | os.PathLike[str] | None = None, validate_dir: bool = True, **kwargs: Any
    ) -> None:
        home = Path(config.home_dir).expanduser()
        folder = Path(dir or home).expanduser()
        if folder == home:
            folder = home / "results"
        if validate_dir or dir is None:
            folder = folder.absolute()
            folder.mkdir(parents=True, exist_ok=True)
        self.dir = str(folder)
        super().__init__(**kwargs)

    def _path(self, location: str) -> Path:
        return Path(self.dir, Path(location).expanduser()).absolute()

    def _read(self, location: str) -> bytes:
        return self._path(location).read_bytes()

    def _write(self, location: str, data: bytes) -> str:
        path = self._path(location)
        path.parent.mkdir(parents=True, exist_ok=True)
        # Renamed when whole: a target that is there half would be taken for a result.
        with tempfile.NamedTemporaryFile(dir=path.parent, prefix=".part-", delete=False) as part:
            try:
                part.write(data)
                part.close()
                Path(part.name).replace(path)
            except BaseException:
                with contextlib.suppress(OSError):
                    Path(part.name).unlink()
                raise
        return str(path)

    def _exists(self, location: str) -> bool:
        return self._path(location).exists()
