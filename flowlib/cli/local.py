"""What a FlowRun manifest means on this machine: pure, from a manifest to plain values."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from flowlib.cli.exits import CliError
from flowlib.cli.fields import is_known
from flowlib.cli.manifest import FieldPath, Manifest, spell

#: What only the cluster can give: without it the flow would run on something else than it asks for.
NEEDS_THE_CLUSTER: tuple[FieldPath, ...] = (
    ("spec", "flow", "source", "configMap"),
    ("spec", "envFrom"),
)
#: What only the cluster heeds, and the flow does not notice.
IGNORED: tuple[FieldPath, ...] = (
    ("spec", "image"),
    ("spec", "imagePullPolicy"),
    ("spec", "imagePullSecrets"),
    ("spec", "serviceAccountName"),
    ("spec", "runner"),
    ("spec", "cluster", "minReadyWorkers"),
    ("spec", "cluster", "startTimeoutSeconds"),
    ("spec", "cluster", "scheduler"),
    ("spec", "cluster", "worker", "resources"),
    ("spec", "cluster", "worker", "podTemplate"),
    ("spec", "ttlSecondsAfterFinished"),
    ("spec", "backoffLimit"),
    ("spec", "backoffSeconds"),
    ("spec", "retryRules"),
    ("spec", "activeDeadlineSeconds"),
    ("spec", "suspend"),
    ("spec", "cancel"),
    ("spec", "cleanupPolicy"),
    ("spec", "concurrency"),
    ("spec", "managedBy"),
    ("spec", "priorityClassName"),
)
GRACE_PERIOD = 30
_REFERENCE = re.compile(r"\$(\$|\(([^)]+)\))")


@dataclass(frozen=True)
class LocalRun:
    """What `flowrun run` starts."""

    entrypoint: str
    workers: int
    parameters: dict[str, Any] = field(default_factory=dict)
    files: dict[str, str] = field(default_factory=dict)
    env: dict[str, str] = field(default_factory=dict)
    threads: int | None = None
    memory_limit: str = "auto"
    #: Where what has succeeded is kept for another run of this manifest.
    results: str | None = None
    keep_results: bool = False
    #: Seconds that running tasks have to end after Ctrl-C.
    grace_period: int = GRACE_PERIOD
    ignored: tuple[str, ...] = ()


def localized(manifest: Manifest, environment: Mapping[str, str]) -> LocalRun:
    """Raises CliError, with file and line, for what is unknown, ill-typed or not to be had here."""
    unknown = sorted(
        (path for path in manifest.lines if not is_known(path)), key=manifest.lines.__getitem__
    )
    if unknown:
        raise CliError("\n".join(f"{manifest.at(p)}: unknown field {spell(p)}" for p in unknown))
    for path in NEEDS_THE_CLUSTER:
        if path in manifest.lines:
            raise _not_here(manifest, path)
    if "entrypoint" not in _mapping(manifest, ("spec", "flow")):
        raise CliError(f"{manifest.at(('spec', 'flow'))}: spec.flow.entrypoint is missing")
    worker = _mapping(manifest, ("spec", "cluster", "worker"))
    return LocalRun(
        entrypoint=_typed(manifest, ("spec", "flow", "entrypoint"), str, ""),
        workers=_positive(manifest, ("spec", "cluster", "workers"), 1),
        parameters=dict(_mapping(manifest, ("spec", "parameters"))),
        files=dict(_files(manifest)),
        env=_environment(manifest, environment),
        threads=_positive(manifest, ("spec", "cluster", "worker", "threads"), None),
        memory_limit=str(worker.get("memoryLimit", "auto")),
        results=_results(manifest),
        keep_results=_typed(manifest, ("spec", "results", "keep"), bool, False),
        grace_period=_positive(manifest, ("spec", "gracePeriodSeconds"), GRACE_PERIOD),
        ignored=tuple(spell(path) for path in IGNORED if path in manifest.lines),
    )


def expanded(value: str, known: Mapping[str, str]) -> str:
    """``$(NAME)`` as the kubelet expands it; ``$$`` is one dollar, an unknown name stays."""

    def one(match: re.Match[str]) -> str:
        if match[1] == "$":
            return "$"
        return known.get(match[2], match[0])

    return _REFERENCE.sub(one, value)


def _files(manifest: Manifest) -> Iterator[tuple[str, str]]:
    path: FieldPath = ("spec", "flow", "source", "inline")
    for name in _mapping(manifest, path):
        if "/" in name or name in {".", ".."}:
            raise CliError(f"{manifest.at((*path, name))}: {name!r} is no file name")
        yield name, _typed(manifest, (*path, name), str, "")


def _environment(manifest: Manifest, environment: Mapping[str, str]) -> dict[str, str]:
    values: dict[str, str] = {}
    entries = _typed(manifest, ("spec", "env"), list, [])
    for index in range(len(entries)):
        path: FieldPath = ("spec", "env", index)
        if "valueFrom" in _mapping(manifest, path):
            raise _not_here(manifest, (*path, "valueFrom"))
        name = _typed(manifest, (*path, "name"), str, "")
        if not name or "=" in name:
            raise CliError(f"{manifest.at(path)}: {spell((*path, 'name'))} is no variable's name")
        value = _typed(manifest, (*path, "value"), str, "")
        values[name] = expanded(value, {**environment, **values})
    return values


def _results(manifest: Manifest) -> str | None:
    """A folder for runs of this name: here they have no uid."""
    location = _typed(manifest, ("spec", "results", "location"), str, "")
    name = _typed(manifest, ("metadata", "name"), str, "")
    return f"{location.rstrip('/')}/{name}".rstrip("/") if location else None


def _positive(manifest: Manifest, path: FieldPath, default: Any) -> Any:
    number = _typed(manifest, path, int, default)
    if number is not None and (isinstance(number, bool) or number < 1):
        raise CliError(f"{manifest.at(path)}: {spell(path)} is {number!r}, not a number from 1 up")
    return number


def _mapping(manifest: Manifest, path: FieldPath) -> dict[str, Any]:
    found: dict[str, Any] = _typed(manifest, path, dict, {})
    return found


def _typed(manifest: Manifest, path: FieldPath, wanted: type, default: Any) -> Any:
    """The value there; the default where nothing, or null, is written."""
    here: Any = manifest.body
    for depth, part in enumerate(path):
        if isinstance(part, int):
            here = here[part]
        elif isinstance(here, dict):
            here = here.get(part)
        else:
            raise _wrong(manifest, path[:depth], here, dict)
        if here is None:
            return default
    if not isinstance(here, wanted):
        raise _wrong(manifest, path, here, wanted)
    return here


def _not_here(manifest: Manifest, path: FieldPath) -> CliError:
    return CliError(
        f"{manifest.at(path)}: {spell(path)} is read by the cluster and not to be had here",
        "Run it there with flowrun submit, or write what it holds into the manifest.",
    )


_WORDS = {dict: "a mapping", list: "a list", str: "text", int: "a number", bool: "true or false"}


def _wrong(manifest: Manifest, path: FieldPath, value: Any, wanted: type) -> CliError:
    return CliError(f"{manifest.at(path)}: {spell(path)} is {value!r}, not {_WORDS[wanted]}")
