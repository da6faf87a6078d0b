"""The flow that an entrypoint names: ``package.module:attr`` or ``path/file.py:attr``."""

import difflib
import importlib
import importlib.util
import os
import re
import sys
import traceback
from pathlib import Path
from types import ModuleType

import cloudpickle

from flowlib.core.flow import Flow
from flowlib.engine import guard
from flowlib.utilities.context import context

#: Lines of a traceback that a message holds.
LAST_LINES = 8
#: And of its end, which says what is wrong, so much that a verdict holds it whole.
LAST_CHARACTERS = 800


class InvalidFlow(Exception):
    """The entrypoint holds no flow that can be run; file and line for a syntax error."""

    def __init__(self, message: str, file: str | None = None, line: int | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.file = file
        self.line = line


def load_flow(entrypoint: str, source_dir: str | Path | None = None) -> Flow:
    """Imports the flow; while that goes on, its ``flow.run()`` and ``flow.register()`` do nothing.

    A relative path starts at source_dir, else at the working directory.
    """
    place, _, attribute = entrypoint.partition(":")
    if not place:
        raise InvalidFlow(
            f"The entrypoint {entrypoint!r} names no module or file. Write "
            "package.module:attr or path/file.py:attr."
        )
    is_file = place.endswith(".py") or os.sep in place
    with context(loading_flow=True):
        module = _load_file(Path(source_dir or ".") / place) if is_file else _load_module(place)
    return _find_flow(module, attribute, entrypoint)


def _load_module(name: str) -> ModuleType:
    outcome = guard.call(importlib.import_module, name)
    if outcome.raised is not None:
        raise _not_imported(name, outcome.raised) from outcome.raised
    return outcome.value  # type: ignore[no-any-return]  # import_module's


def _load_file(path: Path) -> ModuleType:
    path = path.resolve()
    if not path.is_file():
        there = (
            sorted(file.name for file in path.parent.glob("*.py")) if path.parent.is_dir() else []
        )
        raise InvalidFlow(
            f"There is no file {path}. Python files in {path.parent}: {', '.join(there) or 'none'}."
        )
    # A name of its own, so that a flow in test.py or json.py hides nobody's module.
    name = "flowrun_entrypoint_" + re.sub(r"\W", "_", path.stem)
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise InvalidFlow(f"{path} is not a Python file.")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    # Modules beside the file are found, as with `python file.py`.
    if str(path.parent) not in sys.path:
        sys.path.insert(0, str(path.parent))
    # Workers have no module of this name: its functions travel whole.
    cloudpickle.register_pickle_by_value(module)
    outcome = guard.call(spec.loader.exec_module, module)
    if outcome.raised is not None:
        del sys.modules[name]
        raise _not_imported(str(path), outcome.raised) from outcome.raised
    return module


def _not_imported(what: str, exc: BaseException) -> InvalidFlow:
    if isinstance(exc, SyntaxError) and exc.filename and exc.lineno:
        said = f"{exc.filename}, line {exc.lineno}: {exc.msg}"
        if exc.text:
            said += f": {exc.text.strip()}"
        return InvalidFlow(said, exc.filename, exc.lineno)
    lines = "".join(traceback.format_exception(exc)).rstrip().splitlines()
    last = "\n".join(lines[-LAST_LINES:])[-LAST_CHARACTERS:]
    return InvalidFlow(f"{what} cannot be imported:\n{last}")


def _find_flow(module: ModuleType, attribute: str, entrypoint: str) -> Flow:
    flows = {name: value for name, value in vars(module).items() if isinstance(value, Flow)}
    names = ", ".join(sorted(flows)) or "none"
    if attribute:
        found = getattr(module, attribute, None)
        if isinstance(found, Flow):
            return found
        if found is not None:
            raise InvalidFlow(
                f"{attribute!r} in {entrypoint!r} is no Flow, but {type(found).__name__}. "
                f"Flows there: {names}."
            )
        close = difflib.get_close_matches(attribute, flows, n=1)
        hint = f" Did you mean {close[0]!r}?" if close else ""
        raise InvalidFlow(
            f"There is no {attribute!r} in {entrypoint!r}.{hint} Flows there: {names}."
        )
    different = {id(flow): flow for flow in flows.values()}
    if len(different) == 1:
        return next(iter(different.values()))
    if not different:
        raise InvalidFlow(
            f"There is no Flow in {entrypoint!r}. Make one at module level: "
            '`with Flow("name") as flow: ...`.'
        )
    raise InvalidFlow(
        f"There are several Flows in {entrypoint!r}: {names}. Say which: {entrypoint}:NAME."
    )
