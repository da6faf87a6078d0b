"""SecretResult: a secret, which is asked for again and never kept."""

from typing import TYPE_CHECKING, Any, Self

from flowlib.engine.result import Result

if TYPE_CHECKING:
    from flowlib.tasks.secrets import SecretBase


class SecretResult(Result):
    """Reads by running the secret's task; writing raises ValueError."""

    writes = False

    def __init__(self, secret_task: "SecretBase", **kwargs: Any) -> None:
        self.secret_task = secret_task
        kwargs.setdefault("location", getattr(secret_task, "secret_name", None))
        super().__init__(**kwargs)

    def read(self, location: str) -> Self:
        new = self.copy()
        new.location = location
        new.value = self.secret_task.run(name=location)
        return new

    def write(self, value_: Any, **values: Any) -> Self:
        raise ValueError("A secret is never written.")

    def exists(self, location: str, **values: Any) -> bool:
        return True
