"""What results in object stores have in common: fsspec knows how to reach each of them."""

from typing import Any

from flowlib.engine.result import Result

#: The package that teaches fsspec a protocol, and the extra of flowrun that brings it.
PACKAGES = {"s3": ("s3fs", "s3"), "gcs": ("gcsfs", "gcs"), "abfs": ("adlfs", "azure")}


class FileSystemResult(Result):
    """Objects of one bucket. The client is made when it is needed, and is never pickled."""

    protocol: str
    bucket: str

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._filesystem: Any = None

    def _options(self) -> dict[str, Any]:
        """What fsspec's file system is made with."""
        return {}

    @property
    def filesystem(self) -> Any:
        """fsspec's file system. ImportError names the package that is missing."""
        if self._filesystem is None:
            import fsspec  # slow to import, for results that are kept

            try:
                self._filesystem = fsspec.filesystem(self.protocol, **self._options())
            except ImportError as exc:
                package, extra = PACKAGES[self.protocol]
                raise ImportError(
                    f"{type(self).__name__} needs the package {package}: install it, or "
                    f"flowrun[{extra}], wherever tasks run."
                ) from exc
        return self._filesystem

    def __getstate__(self) -> dict[str, Any]:
        return {**vars(self), "_filesystem": None}

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, FileSystemResult)
            and type(self) is type(other)
            and self.__getstate__() == other.__getstate__()
        )

    __hash__ = Result.__hash__

    def _object(self, location: str) -> str:
        return f"{self.bucket}/{location}"

    def _read(self, location: str) -> bytes:
        data: bytes = self.filesystem.cat_file(self._object(location))
        return data

    def _write(self, location: str, data: bytes) -> str:
        self.filesystem.pipe_file(self._object(location), data)
        return location

    def _exists(self, location: str) -> bool:
        # Somebody else may have written it: what was listed before is not asked.
        self.filesystem.invalidate_cache()
        return bool(self.filesystem.exists(self._object(location)))
