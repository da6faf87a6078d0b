"""Reading a FlowRun manifest: YAML as Kubernetes reads it, with lines for the errors."""

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from flowlib.cli.exits import CliError

API_VERSION = "flowrun.dev/v1alpha1"
KIND = "FlowRun"

#: Where a field stands: ("spec", "env", 0, "name").
FieldPath = tuple[str | int, ...]


class KubernetesLoader(yaml.SafeLoader):
    """SafeLoader that leaves dates text, as Kubernetes' YAML does: JSON has no dates."""


KubernetesLoader.yaml_implicit_resolvers = {
    first: [(tag, regexp) for tag, regexp in resolvers if tag != "tag:yaml.org,2002:timestamp"]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


class BadManifest(CliError):
    """The file is no FlowRun manifest; nothing was sent or run."""


@dataclass(frozen=True)
class Manifest:
    """One FlowRun as it was written, and the line of each of its fields."""

    body: dict[str, Any]
    origin: str
    lines: dict[FieldPath, int]

    @property
    def spec(self) -> dict[str, Any]:
        spec: dict[str, Any] = self.body["spec"]
        return spec

    @property
    def metadata(self) -> dict[str, Any]:
        return self.body.get("metadata") or {}

    def at(self, path: FieldPath) -> str:
        """``file:line`` of a field, or of the nearest one around it that has a line."""
        while path and path not in self.lines:
            path = path[:-1]
        return f"{self.origin}:{self.lines[path]}"


def load(path: str) -> Manifest:
    """The FlowRun in a file, or on standard input for ``-``."""
    if path == "-":
        return read(sys.stdin.read(), "<stdin>")
    try:
        return read(Path(path).read_text("utf-8"), path)
    except UnicodeDecodeError as exc:
        raise BadManifest(f"{path}: not UTF-8 text: {exc}") from exc
    except OSError as exc:
        raise BadManifest(f"{path}: {exc.strerror or exc}") from exc


def read(text: str, origin: str) -> Manifest:
    """The one FlowRun in the text. Documents of other kinds beside it are an error, too."""
    try:
        nodes = [node for node in yaml.compose_all(text, KubernetesLoader) if node is not None]
    except yaml.YAMLError as exc:
        raise BadManifest(_yaml_error(exc, origin)) from exc
    if len(nodes) != 1:
        raise BadManifest(f"{origin}: holds {len(nodes)} YAML documents, not one FlowRun")
    (node,) = nodes
    lines: dict[FieldPath, int] = {}
    for path, key in _walk(node):
        line = key.start_mark.line + 1
        if path in lines:
            raise BadManifest(
                f"{origin}:{line}: {spell(path)} is written twice, first in line {lines[path]}"
            )
        lines[path] = line
    try:
        body = KubernetesLoader(text).get_single_data()
    except yaml.YAMLError as exc:
        raise BadManifest(_yaml_error(exc, origin)) from exc
    return _checked(Manifest(body, origin, lines))


def spell(path: FieldPath) -> str:
    """``spec.env[0].name``."""
    words = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path)
    return words.removeprefix(".")


def _walk(root: yaml.Node) -> Iterator[tuple[FieldPath, yaml.Node]]:
    """Every field with its key's node (its own, in a list).

    A node is walked once: an alias is where its anchor is, and may lead round in a circle.
    """
    yield (), root
    seen: set[int] = set()
    waiting: list[tuple[FieldPath, yaml.Node]] = [((), root)]
    while waiting:
        path, node = waiting.pop()
        if id(node) in seen:
            continue
        seen.add(id(node))
        for part, key, value in _entries(node):
            yield (*path, part), key
            waiting.append(((*path, part), value))


def _entries(node: yaml.Node) -> Iterator[tuple[str | int, yaml.Node, yaml.Node]]:
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            yield str(key.value), key, value
    elif isinstance(node, yaml.SequenceNode):
        for index, item in enumerate(node.value):
            yield index, item, item


def _checked(manifest: Manifest) -> Manifest:
    body = manifest.body
    if not isinstance(body, dict):
        raise BadManifest(f"{manifest.at(())}: a FlowRun manifest is a YAML mapping")
    for field, wanted in (("kind", KIND), ("apiVersion", API_VERSION)):
        if body.get(field) != wanted:
            raise BadManifest(
                f"{manifest.at((field,))}: {field} is {body.get(field)!r}, not {wanted!r}"
            )
    if not isinstance(body.get("metadata") or {}, dict):
        raise BadManifest(f"{manifest.at(('metadata',))}: metadata is not a mapping")
    if not isinstance(body.get("spec"), dict):
        raise BadManifest(f"{manifest.at(('spec',))}: spec is missing, or not a mapping")
    return manifest


def _yaml_error(exc: yaml.YAMLError, origin: str) -> str:
    if isinstance(exc, yaml.MarkedYAMLError) and exc.problem_mark is not None:
        mark = exc.problem_mark
        return f"{origin}:{mark.line + 1}:{mark.column + 1}: no YAML: {exc.problem}"
    return f"{origin}: no YAML: {exc}"
