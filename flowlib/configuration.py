"""Settings: flowlib's own TOML, over it the user's file, over both ``FLOWLIB__SECTION__KEY``."""

import ast
import copy
import os
import re
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Self

PREFIX = "FLOWLIB__"
#: Prefect 1's names are honoured too, and told about.
PREFECT = "PREFECT__"
PACKAGED = Path(__file__).with_name("config.toml")

#: What to tell whoever uses Prefect's names, once there is a log.
notices: list[str] = []


class Section:
    """A group of settings, read and set as attributes or items."""

    def __init__(self, values: Mapping[str, Any]) -> None:
        for key, value in values.items():
            setattr(self, key, Section(value) if isinstance(value, Mapping) else value)

    def __getitem__(self, key: str) -> Any:
        if key not in vars(self):
            raise KeyError(key)
        return getattr(self, key)

    def __setitem__(self, key: str, value: Any) -> None:
        setattr(self, key, value)

    def __contains__(self, key: object) -> bool:
        return key in vars(self)

    def __iter__(self) -> Iterator[str]:
        return iter(vars(self))

    def __getattr__(self, key: str) -> Any:
        raise AttributeError(f"no setting {key!r} here; there are {', '.join(vars(self))}")

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Section) and vars(self) == vars(other)

    __hash__ = None  # type: ignore[assignment]  # it can be changed

    def __len__(self) -> int:
        return len(vars(self))

    def keys(self) -> list[str]:
        return list(vars(self))

    def values(self) -> list[Any]:
        return list(vars(self).values())

    def items(self) -> list[tuple[str, Any]]:
        return list(vars(self).items())

    def get(self, key: str, default: Any = None) -> Any:
        return vars(self).get(key, default)

    def copy(self) -> Self:
        return copy.deepcopy(self)

    def to_dict(self) -> dict[str, Any]:
        return {k: v.to_dict() if isinstance(v, Section) else v for k, v in vars(self).items()}

    def merge(self, values: Mapping[str, Any]) -> None:
        """Sets these; what they do not name stays, also within sections."""
        for key, value in values.items():
            inner = self.get(key)
            if isinstance(value, Mapping) and isinstance(inner, Section):
                inner.merge(value)
            else:
                setattr(self, key, Section(value) if isinstance(value, Mapping) else value)

    def get_nested(self, path: str, default: Any = None) -> Any:
        """The setting at a dotted path."""
        value: Any = self
        for key in path.split("."):
            if not isinstance(value, Section) or key not in value:
                return default
            value = value[key]
        return value

    def set_nested(self, path: str, value: Any) -> None:
        """Sets what is at a dotted path, and makes the sections on the way."""
        *parts, key = path.split(".")
        section = self
        for part in parts:
            inner = section.get(part)
            if not isinstance(inner, Section):
                inner = Section({})
                setattr(section, part, inner)
            section = inner
        setattr(section, key, value)


def load(environment: Mapping[str, str]) -> Section:
    """The settings that an environment makes. Raises ValueError for a user's file that is no TOML.

    Names are lower-cased, but those of secrets; Python literals are parsed, but those of secrets.
    """
    config = Section({})
    config.merge(tomllib.loads(PACKAGED.read_text()))
    file = user_file(environment)
    if file is not None and file.is_file():
        try:
            config.merge(tomllib.loads(file.read_text()))
        except tomllib.TOMLDecodeError as exc:
            raise ValueError(f"The settings in {file} cannot be read: {exc}") from exc
    for path, value in _of_environment(environment):
        config.set_nested(path, value)
    _interpolate(config, config, environment)
    for name in ("retry_delay", "timeout"):
        # TOML has no None.
        if config.tasks.defaults[name] is False:
            config.tasks.defaults[name] = None
    return config


def user_file(environment: Mapping[str, str]) -> Path | None:
    """The user's own settings: named by the environment, or in the home folder."""
    for prefix in (PREFIX, PREFECT):
        if named := environment.get(f"{prefix}USER_CONFIG_PATH"):
            return Path(_expanded(named, environment))
    home = environment.get("HOME")
    return Path(home, ".flowlib", "config.toml") if home else None


def _of_environment(environment: Mapping[str, str]) -> Iterator[tuple[str, Any]]:
    """Dotted paths and values. Of two names for one setting flowlib's comes last, and counts."""
    told = []
    for prefix in (PREFECT, PREFIX):
        for name, text in environment.items():
            if not name.startswith(prefix) or name == f"{prefix}USER_CONFIG_PATH":
                continue
            parts = name.removeprefix(prefix).split("__")
            if prefix == PREFECT:
                told.append(name)
            if [part.lower() for part in parts[:2]] == ["context", "secrets"]:
                yield ".".join(["context", "secrets", *parts[2:]]), text
            else:
                yield ".".join(parts).lower(), _parse(text)
    if told:
        names = ", ".join(sorted(told))
        notice = f"Prefect's names are honoured, but flowlib's begin with {PREFIX}: {names}"
        if notice not in notices:
            notices.append(notice)


def _interpolate(section: Section, root: Section, environment: Mapping[str, str]) -> None:
    for key, value in vars(section).items():
        if section is root and key == "context":
            continue  # secrets may look like anything
        if isinstance(value, Section):
            _interpolate(value, root, environment)
        elif isinstance(value, str):
            setattr(section, key, _filled_in(value, root, environment))


def _filled_in(text: str, root: Section, environment: Mapping[str, str], depth: int = 0) -> Any:
    """A text with the settings and variables that it names; a setting alone keeps its type."""
    reference = r"\$\{([\w.]+)\}"
    if depth > 9:
        raise ValueError(f"The setting {text!r} refers to itself.")

    def setting(path: str) -> Any:
        value = root.get_nested(path, "")
        if isinstance(value, str):
            return _filled_in(value, root, environment, depth + 1)
        return value

    if alone := re.fullmatch(reference, text):
        return setting(alone[1])
    text = re.sub(reference, lambda match: str(setting(match[1])), text)
    return _expanded(text, environment)


def _expanded(text: str, environment: Mapping[str, str]) -> str:
    """``$NAME`` and a leading ``~`` as the environment has them; unknown names stay."""
    text = re.sub(r"\$(\w+)", lambda match: environment.get(match[1], match[0]), text)
    home = environment.get("HOME")
    return re.sub(r"^~(?=/|$)", home.replace("\\", r"\\"), text) if home else text


def _parse(text: str) -> Any:
    if text.lower() in ("true", "false"):
        return text.lower() == "true"
    try:
        return ast.literal_eval(text)
    except (ValueError, SyntaxError):
        return text


config = load(os.environ)
