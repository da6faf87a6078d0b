"""Alive and ready mean something."""

from collections.abc import Callable
from dataclasses import dataclass

from aiohttp.test_utils import TestClient, TestServer

from flowrun_operator.health import LONGEST_ECHO, LONGEST_ROUND, LONGEST_TURN, Health, application
from flowrun_operator.observe.echoes import Echoes
from flowrun_operator.observe.key import RunKey
from flowrun_operator.report.metrics import Metrics

KEY = RunKey("data", "diamond", "uid")


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


@dataclass
class ThisReplica:
    """Its side of the election."""

    leads: bool = True
    silence: float = 0.0
    error: str = ""


def a_health(
    *,
    clock: Clock | None = None,
    echoes: Echoes | None = None,
    longest_turn: Callable[[], float] = lambda: 0.0,
    election: ThisReplica | None = None,
) -> Health:
    return Health(
        clock=clock or Clock(),
        echoes=echoes or Echoes(),
        longest_turn=longest_turn,
        election=election or ThisReplica(),
    )


def test_a_turn_that_never_ends_is_a_fault() -> None:
    turn = 0.0
    health = a_health(longest_turn=lambda: turn)
    assert health.fault() == ""
    turn = LONGEST_TURN + 1
    assert "a turn has been under way" in health.fault()


def test_a_watch_that_does_not_tell_of_our_own_write_is_a_fault() -> None:
    clock, echoes = Clock(), Echoes()
    health = a_health(clock=clock, echoes=echoes)
    echoes.expect(KEY, clock.now)
    clock.now += LONGEST_ECHO
    assert health.fault() == ""
    echoes.expect(KEY, clock.now)  # what counts is the first that was not heard of
    clock.now += 1
    assert "the watch has not told" in health.fault()
    echoes.heard(KEY)
    assert health.fault() == ""


def test_an_idle_watch_is_no_fault() -> None:
    clock, echoes = Clock(), Echoes()
    health = a_health(clock=clock, echoes=echoes)
    echoes.expect(KEY, clock.now)
    echoes.heard(KEY)
    clock.now += 10 * LONGEST_ECHO
    assert health.fault() == ""


def test_an_election_that_does_not_go_round_is_a_fault_of_a_standby_too() -> None:
    standby = ThisReplica(leads=False, silence=LONGEST_ROUND)
    health = a_health(election=standby)
    assert health.fault() == ""
    standby.silence += 1
    assert "the election has not gone round" in health.fault()


def test_a_standby_is_ready_when_it_could_take_over() -> None:
    standby = ThisReplica(leads=False)
    health = a_health(election=standby)
    assert "cannot be listed" in health.obstacle()
    health.listable.set()
    assert health.obstacle() == ""
    standby.error = "leases is forbidden"
    assert health.obstacle() == "the Lease: leases is forbidden"


def test_a_leader_is_ready_when_everything_is_listed() -> None:
    replica = ThisReplica(leads=False)
    health = a_health(election=replica)
    health.listable.set()
    replica.leads = True  # what it could list, it has not listed yet
    assert "not listed yet" in health.obstacle()
    health.listed = True
    assert health.obstacle() == ""


async def test_the_endpoints_answer_from_the_facts() -> None:
    turn = 0.0
    health = a_health(longest_turn=lambda: turn)
    metrics = Metrics()
    metrics.read_at_scrape(lambda: ["Running", "Running"], lambda: {"turns": 3})
    async with TestClient(TestServer(application(health, metrics.exposition))) as client:
        assert (await client.get("/healthz")).status == 200
        assert (await client.get("/readyz")).status == 503
        health.listed = True
        assert (await client.get("/readyz")).status == 200
        turn = LONGEST_TURN + 1
        assert (await client.get("/healthz")).status == 500
        text = await (await client.get("/metrics")).text()
    assert 'flowrun_runs{phase="Running"} 2.0' in text
    assert 'flowrun_queue_depth{queue="turns"} 3.0' in text
