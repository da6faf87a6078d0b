"""What the runner is given: the environment of docs/contract.md."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Settings:
    """One run, as its pod knows it."""

    entrypoint: str
    parameters: str
    source_dir: Path | None
    scheduler_address: str
    dashboard_url: str | None
    min_ready_workers: int
    progress_port: int
    termination_log: Path | None
    #: Seconds from SIGTERM to SIGKILL.
    grace_period: float
    #: Where what has succeeded is kept, and whether it stays there when the flow has.
    results_url: str | None
    keep_results: bool
    #: For log lines.
    title: str

    @classmethod
    def of(cls, environment: Mapping[str, str]) -> "Settings":
        """KeyError names a variable that must be there and is not."""
        source_dir = environment.get("FLOWRUN_SOURCE_DIR")
        termination_log = environment.get("FLOWRUN_TERMINATION_LOG")
        return cls(
            entrypoint=environment["FLOWRUN_ENTRYPOINT"],
            parameters=environment.get("FLOWRUN_PARAMETERS") or "{}",
            source_dir=Path(source_dir) if source_dir else None,
            scheduler_address=environment["FLOWRUN_SCHEDULER_ADDRESS"],
            dashboard_url=environment.get("FLOWRUN_DASHBOARD_URL"),
            min_ready_workers=int(environment.get("FLOWRUN_MIN_READY_WORKERS") or 1),
            progress_port=int(environment.get("FLOWRUN_PROGRESS_PORT") or 8790),
            termination_log=Path(termination_log) if termination_log else None,
            grace_period=float(environment.get("FLOWRUN_GRACE_PERIOD_SECONDS") or 30),
            results_url=environment.get("FLOWRUN_RESULTS_URL"),
            keep_results=environment.get("FLOWRUN_KEEP_RESULTS") == "true",
            title="{}/{}, attempt {}".format(
                environment.get("FLOWRUN_NAMESPACE", "-"),
                environment.get("FLOWRUN_NAME", "-"),
                environment.get("FLOWRUN_ATTEMPT", "1"),
            ),
        )
