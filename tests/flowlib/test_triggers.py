"""Triggers: a table of what each says to what came before."""

from collections.abc import Callable
from typing import Any

import pytest

from flowlib import context, triggers
from flowlib.engine import signals
from flowlib.engine.state import Failed, Mapped, Skipped, State, Success

S, F, K = Success, Failed, Skipped


def says(trigger: Callable[..., bool], *kinds: type[State]) -> Any:
    """What the trigger answers, or the signal it raises."""
    try:
        return trigger({number: kind() for number, kind in enumerate(kinds)})
    except signals.PrefectStateSignal as signal:
        return type(signal).__name__


@pytest.mark.parametrize(
    ("trigger", "passes", "fails"),
    [
        (triggers.all_successful, [(), (S, S), (S, K)], [(S, F)]),
        (triggers.all_failed, [(), (F, F)], [(F, S), (F, K)]),
        (triggers.any_successful, [(), (S, F), (K, F)], [(F, F)]),
        (triggers.any_failed, [(), (S, F)], [(S, K)]),
        (triggers.all_finished, [(), (S, F, K)], [(S, State)]),
        (triggers.not_all_skipped, [(S, K)], [(S, F), (F, K)]),
        (triggers.some_failed(at_least=2), [(), (F, F, S)], [(F, S)]),
        (triggers.some_failed(at_most=1), [(F, S), (S, S)], [(F, F)]),
        (triggers.some_failed(at_least=0.5), [(F, S)], [(F, S, S)]),
        (triggers.some_successful(at_least=1, at_most=0.5), [(S, F)], [(S, S), (F, F)]),
    ],
)
def test_a_trigger(
    trigger: triggers.Trigger,
    passes: list[tuple[type[State], ...]],
    fails: list[tuple[type[State], ...]],
) -> None:
    assert [says(trigger, *kinds) for kinds in passes] == [True] * len(passes)
    assert [says(trigger, *kinds) for kinds in fails] == ["TRIGGERFAIL"] * len(fails)


@pytest.mark.parametrize("kinds", [(), (K,), (K, K)])
def test_not_all_skipped_skips_where_all_were_skipped(kinds: tuple[type[State], ...]) -> None:
    assert says(triggers.not_all_skipped, *kinds) == "SKIP"


def test_what_not_all_skipped_skips_has_no_result() -> None:
    with pytest.raises(signals.SKIP, match="All upstreams were skipped") as caught:
        triggers.not_all_skipped({0: Skipped()})
    assert caught.value.state.result is None


@pytest.mark.parametrize(
    ("trigger", "kinds", "said"),
    [
        (triggers.all_successful, (F,), "some of the upstream tasks failed"),
        (triggers.all_failed, (S,), "some of the upstream tasks succeeded"),
        (triggers.any_successful, (F,), "none of the upstream tasks succeeded"),
        (triggers.any_failed, (S,), "none of the upstream tasks failed"),
        (triggers.all_finished, (State,), "some of the upstream tasks were not finished"),
        (triggers.not_all_skipped, (F,), "some of the upstream tasks failed"),
    ],
)
def test_a_trigger_that_fails_says_why(
    trigger: triggers.Trigger, kinds: tuple[type[State], ...], said: str
) -> None:
    with pytest.raises(signals.TRIGGERFAIL) as caught:
        trigger({number: kind() for number, kind in enumerate(kinds)})
    state = caught.value.state
    assert state.message == f'Trigger was "{trigger.__name__}" but {said}.'
    assert state.result is caught.value


@pytest.mark.parametrize(
    ("trigger", "answer"),
    [
        (triggers.all_successful, True),
        (triggers.all_failed, True),
        (triggers.all_finished, True),
        (triggers.any_successful, "TRIGGERFAIL"),
        (triggers.any_failed, "TRIGGERFAIL"),
        (triggers.some_successful(at_least=1), "TRIGGERFAIL"),
        (triggers.some_failed(at_most=0), True),
        (triggers.not_all_skipped, "SKIP"),
    ],
)
def test_a_map_of_nothing_is_before_a_task_all_the_same(
    trigger: triggers.Trigger, answer: Any
) -> None:
    assert says(trigger, Mapped) == answer


def test_manual_only_pauses_until_it_is_resumed() -> None:
    assert says(triggers.manual_only, S) == "PAUSE"
    with context(resume=True):
        assert says(triggers.manual_only, S) is True


def test_a_mapped_task_stands_for_its_children() -> None:
    with pytest.raises(signals.TRIGGERFAIL, match="some of the upstream tasks failed"):
        triggers.all_successful({0: Mapped(map_states=[Success(), Failed()])})


def test_always_run_is_all_finished() -> None:
    assert triggers.always_run is triggers.all_finished
