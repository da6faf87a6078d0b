"""Secrets: values that the configuration or the environment gives, and that nobody writes down."""

import json
from typing import Any

from flowlib.utilities.context import context


class Secret:
    """``Secret("X").get()`` is what ``context.secrets["X"]`` holds, JSON-decoded if it parses.

    ``FLOWLIB__CONTEXT__SECRETS__X`` in the environment puts it there.
    """

    def __init__(self, name: str) -> None:
        self.name = name

    def exists(self) -> bool:
        return self.name in _secrets()

    def get(self) -> Any:
        """ValueError where there is no such secret, and while a flow is being declared."""
        from flowlib.core.flow import Flow  # which knows results, which know secrets

        if isinstance(context.get("flow"), Flow):
            raise ValueError(
                f"Secret {self.name!r} was asked for while the flow is declared, where its value "
                "would become part of the flow. Use a PrefectSecret task, or ask inside a task."
            )
        if not self.exists():
            raise ValueError(
                f"Secret {self.name!r} was not found. Set FLOWLIB__CONTEXT__SECRETS__{self.name} "
                "where tasks run, or give flow.run(context={'secrets': {...}})."
            )
        return decoded(_secrets()[self.name])


def decoded(value: Any) -> Any:
    """A text as the JSON it is, or itself."""
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value)
    except ValueError:
        return value


def local_secret(name: str) -> Any:
    """The secret, or None: for those who have other ways, too."""
    return decoded(_secrets().get(name))


def _secrets() -> Any:
    return context.get("secrets") or {}
