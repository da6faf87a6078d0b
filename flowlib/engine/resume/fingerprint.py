"""What a task is, in a few bytes: the same in another process, another when its code changes."""

import functools
import hashlib
import io
import pickle
import sys
import sysconfig
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import CodeType, FunctionType, ModuleType
from typing import Any

from flowlib.core.task import Task
from flowlib.engine.graph import Node
from flowlib.utilities.logging import get_logger

logger = get_logger("FlowRunner")

#: What a task says of how, when and how often it is run, and what is kept of it elsewhere: that
#: changes nothing about the value of a run that succeeds.
_NOT_ITS_VALUE = frozenset(
    """name slug tags max_retries retry_delay retry_on timeout log_stdout task_run_name cache_for
    cache_key cache_validator checkpoint target result on_failure auto_generated __doc__ __module__
    __wrapped__""".split()
)
#: Global values that count by what they hold; others, like loggers and clients, by their type.
_PLAIN = (type(None), bool, int, float, complex, str, bytes, tuple, list, dict, set, frozenset)
#: Those of them to which nothing can be added as a function runs.
_FIXED = (type(None), bool, int, float, complex, str, bytes, tuple, frozenset)
#: Other values, by id, each with its digest.
_first_seen: dict[int, tuple[Any, str]] = {}


def digest(data: Any) -> str:
    """Of bytes, or of a value."""
    return hashlib.blake2b(
        data if isinstance(data, bytes) else _Walk("").pickled(data), digest_size=16
    ).hexdigest()


def of_frames(frames: Sequence[Any]) -> str:
    """Of bytes that lie apart."""
    whole = hashlib.blake2b(digest_size=16)
    for frame in frames:
        whole.update(frame)
    return whole.hexdigest()


def of_nodes(nodes: Sequence[Node]) -> list[str | None]:
    """One for each column: code, constants, edges, and the same of all that comes before.

    Parameters and constants given to a task count by name only here: their values are inputs, and
    compared as such. None where something cannot be told; a log line says what.
    """
    found: list[str | None] = []
    for node in nodes:
        before = [found[number] for number in node.upstreams]
        if None in before:
            found.append(None)
            continue
        edges = [
            (its.key, its.mapped, its.flattened, upstream)
            for its, upstream in zip(node.inputs, before, strict=True)
        ]
        try:
            what = type(node.task).__name__ if node.held else of_task(node.task)
            found.append(digest((what, node.constants, edges)))
        except Exception as exc:  # noqa: BLE001  # whatever pickling somebody's object raises
            logger.warning(
                "Task '%s': its results and those that follow are not kept, since what it is made "
                "of cannot be compared with another run's: %r",
                node.task.name,
                exc,
            )
            found.append(None)
    return found


def of_task(task: Task) -> str:
    """Of its body, and of what it holds. Raises what pickling that raises."""
    attributes = {
        name: value for name, value in sorted(vars(task).items()) if name not in _NOT_ITS_VALUE
    }
    home = getattr(task.run, "__module__", None) or ""
    return digest_with(home, (type(task), attributes))


def digest_with(home: str, value: Any) -> str:
    """Functions and classes of home's top-level package count by their code, even if installed."""
    return digest(_Walk(home.partition(".")[0]).pickled(value))


class _Walk:
    """Pickles a value, but functions and classes of the user's by what they do."""

    def __init__(self, home: str) -> None:
        self._home = home
        #: Functions and classes on the way, in the order in which they were met.
        self._met: dict[int, int] = {}

    def pickled(self, value: Any) -> bytes:
        out = io.BytesIO()
        _Pickler(out, self).dump(value)
        return out.getvalue()

    def described(self, value: Any) -> Any:
        """What stands for a value that is not pickled; None where it is."""
        if isinstance(value, (set, frozenset)):
            return "set", sorted(digest(self.pickled(item)) for item in value)
        if not isinstance(value, (FunctionType, type, ModuleType, CodeType)):
            return None
        if isinstance(value, CodeType):
            return self._code(value)
        if isinstance(value, ModuleType):
            return "module", value.__name__, self._source(value)
        name = f"{value.__module__}.{value.__qualname__}"
        if not self._is_users(value.__module__):
            cells = getattr(value, "__closure__", None) or ()
            return "named", name, digest(self.pickled([_content(cell) for cell in cells]))
        if id(value) in self._met:
            return "met", self._met[id(value)]
        self._met[id(value)] = len(self._met)
        members = self._function(value) if isinstance(value, FunctionType) else self._class(value)
        return "made of", digest(self.pickled(members))

    def _function(self, function: FunctionType) -> Any:
        code = function.__code__
        cells = [self._as_first_seen(_content(cell)) for cell in function.__closure__ or ()]
        known = {
            name: self._global(function.__globals__[name])
            for name in sorted(_names(code))
            if name in function.__globals__
        }
        return code, function.__defaults__, function.__kwdefaults__, cells, known

    def _global(self, value: Any) -> Any:
        """Of an object that a function finds by its name."""
        if isinstance(value, (FunctionType, type, ModuleType)):
            return value
        if isinstance(value, _PLAIN):
            try:
                return self._as_first_seen(value)
            except Exception:  # noqa: BLE001  # it holds what cannot be pickled
                return type(value)
        wrapped = getattr(value, "__wrapped__", None)  # a cached function, say
        return (type(value), wrapped) if isinstance(wrapped, FunctionType) else type(value)

    def _as_first_seen(self, value: Any) -> Any:
        """What functions find outside of themselves, as it was before they may have changed it."""
        if isinstance(value, (FunctionType, type, ModuleType, *_FIXED)):
            return value
        if id(value) not in _first_seen:
            _first_seen[id(value)] = value, digest(self.pickled(value))
        return _first_seen[id(value)][1]

    def _class(self, kind: type) -> Any:
        members = {
            name: _members(value)
            for name, value in sorted(vars(kind).items())
            if isinstance(value, (FunctionType, staticmethod, classmethod, property, *_PLAIN))
            and name not in ("__module__", "__doc__", "__firstlineno__", "__static_attributes__")
        }
        return kind.__qualname__, kind.__bases__, members

    def _code(self, code: CodeType) -> Any:
        flags = code.co_flags, code.co_argcount, code.co_posonlyargcount, code.co_kwonlyargcount
        names = code.co_names, code.co_varnames, code.co_freevars, code.co_cellvars
        return code.co_code, code.co_exceptiontable, flags, names, self.pickled(code.co_consts)

    def _is_users(self, module: str | None) -> bool:
        top = (module or "").partition(".")[0]
        if top in ("builtins", "flowlib") or top in sys.stdlib_module_names:
            return False
        if top in (self._home, "__main__") or module not in sys.modules:
            return True
        return _source_file(sys.modules[module]) is not None

    def _source(self, module: ModuleType) -> str | None:
        if not self._is_users(module.__name__):
            return None
        file = _source_file(module)
        return digest(file.read_bytes()) if file is not None else None


class _Pickler(pickle.Pickler):
    def __init__(self, out: io.BytesIO, walk: _Walk) -> None:
        super().__init__(out, protocol=5)
        self._walk = walk

    def persistent_id(self, obj: Any) -> Any:
        return self._walk.described(obj)


def _names(code: CodeType) -> Iterator[str]:
    yield from code.co_names
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _names(constant)


def _content(cell: Any) -> Any:
    try:
        return cell.cell_contents
    except ValueError:  # nothing was put into it yet
        return None


def _members(value: Any) -> Any:
    if isinstance(value, (staticmethod, classmethod)):
        return type(value).__name__, value.__func__
    if isinstance(value, property):
        return value.fget, value.fset
    return value


@functools.cache
def _installed() -> tuple[Path, ...]:
    paths = sysconfig.get_paths()
    return tuple(Path(paths[name]) for name in ("stdlib", "platstdlib", "purelib", "platlib"))


def _source_file(module: ModuleType | None) -> Path | None:
    """Where a module is written that is neither Python's nor installed."""
    file = getattr(module, "__file__", None)
    if not file:
        return None
    path = Path(file)
    inside = any(folder in path.parents for folder in _installed())
    return None if inside or not path.is_file() else path
