"""The replica that acts dies with four real runs in flight: another acts, and all end right."""

import time
from contextlib import ExitStack

import pytest

from tests.chaos.operator_process import kill_operator
from tests.chaos.rounds import FLOW, wrongs
from tests.e2e.namespaces import RESTRICTED, fresh_namespace
from tests.e2e.release import Release
from tests.e2e.runs import FLOWRUNS, apply_run
from tests.e2e.specs import spec
from tests.e2e.story import NAME
from tests.e2e.watch import Watch

pytestmark = [pytest.mark.e2e, pytest.mark.alone, pytest.mark.timeout(400)]

#: So many seconds lie between two runs: the death meets them in different phases.
APART = 2.0


def test_four_runs_end_right_though_the_replica_that_acts_dies() -> None:
    release = Release()
    release.until_ready()
    with ExitStack() as closing:
        watch = closing.enter_context(Watch(FLOWRUNS))
        runs = []
        for number in range(4):
            namespace = closing.enter_context(fresh_namespace(f"takeover-{number}", RESTRICTED))
            runs.append(apply_run(namespace, NAME, spec(FLOW), watch))
            time.sleep(APART)
        runs[0].until_phase("Running")
        met = [run.phases[-1] for run in runs]

        killed = kill_operator(release)
        died_at = time.monotonic()
        while release.holder() == killed:
            time.sleep(0.1)
        print(f"\n{met}: another replica acts after {time.monotonic() - died_at:.1f} s")

        ends = [run.until_finished(timeout=240) for run in runs]
        assert [wrongs(run, end) for run, end in zip(runs, ends, strict=True)] == [()] * 4
