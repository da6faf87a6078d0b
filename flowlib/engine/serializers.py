"""How a value becomes bytes, and a value again."""

import json
import pickle
from collections.abc import Callable
from typing import Any


class Serializer:
    """Two methods; equal to another one of the same type and settings."""

    def serialize(self, value: Any) -> bytes:
        raise NotImplementedError

    def deserialize(self, value: bytes) -> Any:
        raise NotImplementedError

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) and vars(self) == vars(other)

    __hash__ = object.__hash__


class PickleSerializer(Serializer):
    """By cloudpickle: anything that can be pickled, lambdas too."""

    def serialize(self, value: Any) -> bytes:
        import cloudpickle  # slow to import, for results that are kept

        data: bytes = cloudpickle.dumps(value)
        return data

    def deserialize(self, value: bytes) -> Any:
        try:
            return pickle.loads(value)
        except pickle.UnpicklingError as exc:
            raise pickle.UnpicklingError(
                f"These {len(value)} bytes are no pickle ({exc}): were they written by another "
                "serializer?"
            ) from exc


class JSONSerializer(Serializer):
    """As JSON: what people read, and other languages."""

    def serialize(self, value: Any) -> bytes:
        return json.dumps(value).encode()

    def deserialize(self, value: bytes | str) -> Any:
        return json.loads(value)


class DateTimeSerializer(Serializer):
    """A point in time as ISO text; read as pendulum's DateTime."""

    def serialize(self, value: Any) -> bytes:
        import pendulum

        text: str = pendulum.instance(value).to_iso8601_string()
        return text.encode()

    def deserialize(self, value: bytes | str) -> Any:
        import pendulum

        return pendulum.parse(value.decode() if isinstance(value, bytes) else value)


class PandasSerializer(Serializer):
    """A DataFrame by pandas: ``file_type`` names its methods (``"csv"``: to_csv, read_csv).

    Raises ValueError where pandas has no such pair. pandas is not installed with flowlib.
    """

    def __init__(
        self,
        file_type: str,
        deserialize_kwargs: dict[str, Any] | None = None,
        serialize_kwargs: dict[str, Any] | None = None,
    ) -> None:
        self.file_type = file_type
        self.deserialize_kwargs = deserialize_kwargs or {}
        self.serialize_kwargs = serialize_kwargs or {}
        import pandas

        if not (
            hasattr(pandas, f"read_{file_type}") and hasattr(pandas.DataFrame, f"to_{file_type}")
        ):
            raise ValueError(f"pandas cannot both read and write {file_type!r}.")

    def serialize(self, value: Any) -> bytes:
        import io

        buffer = io.BytesIO()
        getattr(value, f"to_{self.file_type}")(buffer, **self.serialize_kwargs)
        return buffer.getvalue()

    def deserialize(self, value: bytes) -> Any:
        import io

        import pandas

        return getattr(pandas, f"read_{self.file_type}")(
            io.BytesIO(value), **self.deserialize_kwargs
        )


class CompressedSerializer(Serializer):
    """Another serializer's bytes, compressed: ``format`` is bz2, gzip, lzma or zlib.

    Or give ``compress`` and ``decompress``, functions of bytes. ValueError for anything else.
    """

    def __init__(
        self,
        serializer: Serializer,
        format: str | None = None,
        *,
        compress: Callable[..., bytes] | None = None,
        decompress: Callable[..., bytes] | None = None,
        compress_kwargs: dict[str, Any] | None = None,
        decompress_kwargs: dict[str, Any] | None = None,
    ) -> None:
        if format is not None:
            if compress is not None or decompress is not None:
                raise ValueError("Give either a format, or compress and decompress.")
            if format not in ("bz2", "gzip", "lzma", "zlib"):
                raise ValueError(
                    f"There is no compression {format!r}: choose bz2, gzip, lzma or zlib."
                )
            import importlib

            module = importlib.import_module(format)
            compress, decompress = module.compress, module.decompress
        if compress is None or decompress is None:
            raise ValueError("A compression needs both compress and decompress, or a format.")
        self._serializer = serializer
        self._compress = compress
        self._decompress = decompress
        self._compress_kwargs = compress_kwargs or {}
        self._decompress_kwargs = decompress_kwargs or {}

    def serialize(self, value: Any) -> bytes:
        return self._compress(self._serializer.serialize(value), **self._compress_kwargs)

    def deserialize(self, value: bytes) -> Any:
        return self._serializer.deserialize(self._decompress(value, **self._decompress_kwargs))
