"""A secret of the environment."""

import os
from collections.abc import Callable
from typing import Any

from flowlib.tasks.secrets.base import SecretBase


class EnvVarSecret(SecretBase):
    """The environment variable of this name where the task runs, or None.

    cast makes something else of its text. With raise_if_missing a missing one is a ValueError.
    """

    def __init__(
        self,
        name: str | None = None,
        cast: Callable[[str], Any] | None = None,
        raise_if_missing: bool = False,
        **task_args: Any,
    ) -> None:
        self.secret_name = name
        self.cast = cast
        self.raise_if_missing = raise_if_missing
        task_args.setdefault("name", name)
        super().__init__(**task_args)

    def run(self, name: str | None = None) -> Any:
        """The variable's value; the name given here goes first."""
        wanted = self.secret_name if name is None else name
        if wanted is None:
            raise ValueError("A secret needs a name: EnvVarSecret('NAME').")
        value = os.environ.get(wanted)
        if value is None:
            if self.raise_if_missing:
                raise ValueError(f"The environment variable {wanted!r} is not set.")
            return None
        return value if self.cast is None else self.cast(value)
