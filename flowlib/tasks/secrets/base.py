"""SecretBase, and the secret of the context."""

from typing import Any

from flowlib.client.secrets import Secret
from flowlib.core.task import Task
from flowlib.engine.results.secret_result import SecretResult


class SecretBase(Task):
    """Its result is never kept, and is asked for again in every run."""

    reruns = True

    def __init__(self, **task_args: Any) -> None:
        if task_args.get("checkpoint"):
            raise ValueError("The result of a secret task is never kept: checkpoint stays False.")
        task_args["checkpoint"] = False
        super().__init__(**task_args)
        self.result = SecretResult(self)


class PrefectSecret(SecretBase):
    """The secret of this name in ``context.secrets``. ValueError in the run where there is none."""

    def __init__(self, name: str | None = None, **task_args: Any) -> None:
        self.secret_name = name
        super().__init__(name=name, **task_args)

    def run(self, name: str | None = None) -> Any:
        """The secret's value; the name given here goes first."""
        wanted = self.secret_name if name is None else name
        if wanted is None:
            raise ValueError("A secret needs a name: PrefectSecret('NAME').")
        return Secret(wanted).get()
