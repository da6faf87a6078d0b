"""Tasks that answer secrets; what they answer is never kept."""

from flowlib.tasks.secrets.base import PrefectSecret, SecretBase
from flowlib.tasks.secrets.env_var import EnvVarSecret

__all__ = ["EnvVarSecret", "PrefectSecret", "SecretBase"]
