"""Plays a run from before its creation to after its deletion, and keeps what was seen."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tests.e2e.leftovers import settle
from tests.e2e.namespaces import RESTRICTED, fresh_namespace
from tests.e2e.runs import Run, Spec, apply_run, status
from tests.e2e.watch import Object, Seen, Watch

NAME = "run"
FLOWRUN = f"flowrun.flowrun.dev/{NAME}"


@dataclass(frozen=True)
class Story:
    """One run's life."""

    end: Object  # the FlowRun with its finished status
    history: list[Seen]  # every version that the watch showed
    phases: list[str]
    events: list[Object]
    wanted_at_end: set[str]
    left_at_end: set[str]
    left_after_deletion: set[str]

    @property
    def status(self) -> dict[str, Any]:
        """The finished status."""
        return status(self.end)


def play(
    about: str,
    spec: Spec,
    watch: Watch,
    *,
    objects: Sequence[Mapping[str, Any]] = (),
    fault: Callable[[Run], None] | None = None,
    fault_while: str = "Running",
    has_children: bool = True,
    runner_stays: bool = True,
) -> Story:
    """Applies, waits, does the fault, waits for the end, looks; deletes, looks again.

    The namespace enforces the restricted profile: whatever the run needs is admitted there.
    """
    with fresh_namespace(about, RESTRICTED) as namespace:
        theirs = {f"{each['kind'].lower()}/{each['metadata']['name']}" for each in objects}
        run = apply_in(namespace, spec, objects, watch)
        if fault is not None:
            run.until_phase(fault_while, timeout=300)
            fault(run)
        end = run.until_finished(timeout=300)
        wanted = theirs | kept(end, has_children=has_children, runner_stays=runner_stays)
        left_at_end = settle(namespace, wanted, timeout=90)
        events = run.events()
        run.delete()
        run.until_deleted()
        return Story(
            end=end,
            history=run.history,
            phases=run.phases,
            events=events,
            wanted_at_end=wanted,
            left_at_end=left_at_end,
            left_after_deletion=settle(namespace, theirs, timeout=60) - theirs,
        )


def apply_in(namespace: str, spec: Spec, objects: Sequence[Mapping[str, Any]], watch: Watch) -> Run:
    """The objects first, then the FlowRun."""
    if objects:
        Run(namespace, NAME, watch).kubectl.apply(*objects)
    return apply_run(namespace, NAME, spec, watch)


# Nobody asks for the last words of an attempt that somebody ended.
WITHOUT_BUNDLE = (None, "Cancelled", "Suspended")


def kept(end: Object, *, has_children: bool, runner_stays: bool) -> set[str]:
    """What a finished run keeps: itself, its NetworkPolicy, its source, its ended runner pod, and
    the bundles of its failed attempts.
    """
    uid = end["metadata"]["uid"][:5]
    names = {FLOWRUN}
    if has_children:
        names.add(f"networkpolicy.networking.k8s.io/{NAME}-{uid}")
        if "source" in end["spec"]["flow"]:
            names.add(f"configmap/{NAME}-{uid}-source")
    if has_children and runner_stays:
        names.add(f"pod/{status(end)['runnerPodName']}")
    attempts = status(end).get("attempts", [])
    # Those of earlier attempts may stay, too, unless they were what was lost.
    names |= {f"pod/{attempt['runnerPodName']}" for attempt in attempts[:-1]}
    for attempt in attempts:
        if attempt.get("reason") not in WITHOUT_BUNDLE:
            names.add(f"configmap/{NAME}-{attempt['number']}-{uid}-post-mortem")
    return names
