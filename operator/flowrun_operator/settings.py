"""What the chart tells the operator about every run, by environment variables."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

PodSecurity = Literal["restricted", "namespace"]


@dataclass(frozen=True)
class Settings:
    """The chart's values that decide what is made for a run."""

    #: Image of runner, scheduler and workers where the FlowRun names none.
    runtime_image: str
    #: Whose pods may read dashboards and progress: both operators run there.
    operator_namespace: str
    #: ServiceAccounts that a FlowRun may name.
    allowed_service_accounts: frozenset[str] = frozenset({"default"})
    #: "restricted" holds every pod to that profile; "namespace" leaves it to the API server.
    pod_security: PodSecurity = "restricted"
    #: One NetworkPolicy a run.
    network_policy: bool = True
    #: Whether the logs of a failed attempt's pods are kept: the right to read them is the chart's.
    post_mortem_logs: bool = True

    @classmethod
    def from_environment(cls, environ: Mapping[str, str]) -> "Settings":
        """Raises ValueError that names the variable which is missing or wrong."""
        return cls(
            runtime_image=_required(environ, "FLOWRUN_RUNTIME_IMAGE"),
            operator_namespace=_required(environ, "FLOWRUN_OPERATOR_NAMESPACE"),
            allowed_service_accounts=frozenset(
                names(environ.get("FLOWRUN_ALLOWED_SERVICE_ACCOUNTS", "default"))
            ),
            pod_security=_pod_security(environ.get("FLOWRUN_POD_SECURITY", "restricted")),
            network_policy=_switch(environ, "FLOWRUN_NETWORK_POLICY", default=True),
            post_mortem_logs=_switch(environ, "FLOWRUN_POST_MORTEM_LOGS", default=True),
        )


def names(value: str) -> list[str]:
    """What stands between the commas."""
    return [name.strip() for name in value.split(",") if name.strip()]


def _required(environ: Mapping[str, str], variable: str) -> str:
    value = environ.get(variable, "").strip()
    if not value:
        raise ValueError(f"the environment variable {variable} is not set")
    return value


def _pod_security(value: str) -> PodSecurity:
    match value:
        case "restricted" | "namespace":
            return value
        case _:
            raise ValueError(f"FLOWRUN_POD_SECURITY must be restricted or namespace, not {value!r}")


def _switch(environ: Mapping[str, str], variable: str, *, default: bool) -> bool:
    value = environ.get(variable, str(default).lower())
    if value not in ("true", "false"):
        raise ValueError(f"{variable} must be true or false, not {value!r}")
    return value == "true"
