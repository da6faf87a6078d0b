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


def test_manual_only_pauses_until_it_is_resumed() -> None:
    assert says(triggers.manual_only, S) == "PAUSE"
    with context(resume=True):
        assert says(triggers.manual_only, S) is True


def test_a_mapped_task_stands_for_its_children() -> None:
    with pytest.raises(signals.TRIGGERFAIL, match="some of the upstream tasks failed"):
        triggers.all_successful({0: Mapped(map_states=[Success(), Failed()])})


def test_always_run_is_all_finished() -> None:
    assert triggers.always_run is triggers.all_finished
