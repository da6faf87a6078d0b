"""What a scenario stands on: simulated nodes, the proxy, one operator on this machine."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from hack.kind import paths
from tests.chaos.local_operator import LocalOperator, operator_away, service_account
from tests.chaos.proxy import Kill, Proxy, upstream_of
from tests.chaos.simulated import simulated_nodes
from tests.e2e.kube import cluster_environment
from tests.e2e.release import Release
from tests.e2e.runs import FLOWRUNS
from tests.e2e.watch import Watch


@dataclass(frozen=True)
class Stand:
    """While it stands, the operator in the cluster is away."""

    release: Release
    watch: Watch
    proxy: Proxy
    operator: LocalOperator

    def ready(self) -> None:
        """An operator runs and has listed everything; nothing is done to it any more."""
        self.proxy.count_anew()
        if not self.operator.runs:
            self.operator.start()
        self.operator.until_ready()

    def kill_at(self, number: int, moment: str) -> Kill:
        """Kills the operator at that write; the next one starts at once."""
        assert moment in ("before", "after")
        return Kill(number, moment, self.operator.restart)  # type: ignore[arg-type]  # asserted


@contextmanager
def stand() -> Iterator[Stand]:
    """Stands ready; the operator's log is kept among the test cluster's."""
    release = Release()
    release.until_ready()
    upstream = upstream_of(Path(cluster_environment()["KUBECONFIG"]), service_account(release))
    log = paths.LOGS / "local-operator.log"
    log.unlink(missing_ok=True)
    with (
        tempfile.TemporaryDirectory() as folder,
        simulated_nodes(),
        operator_away(release),
        Watch(FLOWRUNS) as watch,
        Proxy(upstream) as proxy,
        LocalOperator(release, proxy.kubeconfig(Path(folder)), log) as operator,
    ):
        operator.until_ready()
        yield Stand(release, watch, proxy, operator)
