"""States and signals as values."""

import pickle

import pytest

from flowlib.engine import signals
from flowlib.engine.state import (
    Cached,
    Cancelled,
    Cancelling,
    ClientFailed,
    Failed,
    Looped,
    Mapped,
    Paused,
    Pending,
    Queued,
    Retrying,
    Running,
    Skipped,
    State,
    Submitted,
    Success,
    TimedOut,
    TriggerFailed,
)

PREDICATES = ("pending", "running", "finished", "successful", "failed", "skipped", "mapped")


@pytest.mark.parametrize(
    ("state_class", "true"),
    [
        (Pending, {"pending"}),
        (Paused, {"pending"}),
        (Retrying, {"pending"}),
        (Running, {"running"}),
        (Success, {"finished", "successful"}),
        (Cached, {"finished", "successful"}),
        (Mapped, {"finished", "successful", "mapped"}),
        (Skipped, {"finished", "successful", "skipped"}),
        (Failed, {"finished", "failed"}),
        (TimedOut, {"finished", "failed"}),
        (TriggerFailed, {"finished", "failed"}),
        (Looped, {"finished"}),
        (Cancelled, {"finished"}),
    ],
)
def test_predicates_follow_the_hierarchy(state_class: type[State], true: set[str]) -> None:
    state = state_class()
    assert {name for name in PREDICATES if getattr(state, f"is_{name}")()} == true


def test_states_are_equal_by_type_and_data_but_not_by_message() -> None:
    assert Success("a", result=1) == Success("b", result=1)
    assert Success(result=1) != Success(result=2)
    assert Success() != Failed()
    assert len({Success(), Success()}) == 2


def test_a_state_says_its_message() -> None:
    assert repr(Success("well done")) == '<Success: "well done">'
    assert repr(Success()) == "<Success>"


def test_only_paused_starts_without_a_time() -> None:
    assert Retrying().start_time is not None
    assert Paused().start_time is None


def test_states_and_signals_travel() -> None:
    signal = pickle.loads(pickle.dumps(signals.FAIL("no")))

    assert (type(signal.state), signal.state.message) == (Failed, "no")
    assert signal.state.result is signal
    assert pickle.loads(pickle.dumps(Retrying("m", run_count=2))).run_count == 2


def test_the_result_of_a_loop_is_text() -> None:
    assert signals.LOOP("again").state.result == "LOOP('again')"


def test_meta_states_wrap_another() -> None:
    wrapped = Retrying(run_count=2)

    for kind in (Submitted, Queued, ClientFailed):
        its = kind("m", state=wrapped)
        assert its.state is wrapped
        assert its.is_meta_state()
        assert not wrapped.is_meta_state()
    assert Submitted().is_submitted()
    assert Queued().is_queued()
    assert (Queued().is_scheduled(), Submitted().is_scheduled()) == (True, False)
    assert Queued().start_time is not None


def test_kinds_of_states_know_each_other() -> None:
    assert Running.children(include_self=True) == [Running, Cancelling]
    assert Running.children(names_only=True) == ["Cancelling"]
    assert Retrying.parents(include_self=True, names_only=True) == [
        "Retrying",
        "Scheduled",
        "Pending",
        "State",
    ]
    assert State.parents() == []
