"""From the attempt's decision to the flow's first task: the start gate and its deadline."""

from datetime import datetime, timedelta

from flowrun_operator.api.reasons import Reason
from flowrun_operator.api.status import Phase
from flowrun_operator.judge.causes import start_cause
from flowrun_operator.judge.verdict import Cause, Verdict, failed
from flowrun_operator.observe.pods import Container, ContainerState
from flowrun_operator.observe.world import World

#: dask-kubernetes makes it beside the scheduler, before that one is ready.
GROUP_MADE_WITHIN = timedelta(seconds=15)


def flow_started_unseen(world: World) -> Verdict | None:
    """The flow ran and ended between two looks: Running is told first, from the verdict."""
    if world.run.status.phase is Phase.RUNNING or world.testimony is None:
        return None
    return Verdict(Phase.RUNNING) if world.testimony.started_at is not None else None


def flow_runs(world: World) -> Verdict | None:
    """The runner has begun to run the flow; from then on nothing but an end follows."""
    progress = world.memory.progress
    if world.run.status.phase is Phase.RUNNING:
        return Verdict(Phase.RUNNING)
    if progress is not None and progress.flow_has_started:
        return Verdict(Phase.RUNNING)
    return None


def start_deadline(world: World) -> datetime | None:
    """When a flow that has not started fails its run."""
    if world.attempt is None:
        return None
    return world.attempt.start_time + timedelta(
        seconds=world.run.spec.cluster.start_timeout_seconds
    )


def worker_group_overdue_at(world: World) -> datetime | None:
    """When a cluster whose scheduler is ready should long have had a workers' group; it has none.

    dask-kubernetes makes it once, and where that request failed, never again.
    """
    ready_since = next((p.ready_since for p in world.schedulers if p.ready_since), None)
    if ready_since is None or world.worker_groups:
        return None
    return ready_since + GROUP_MADE_WITHIN


def start_deadline_passed(world: World) -> Verdict | None:
    """The reason of the failure is what held the start up; its absence is a reason, too."""
    deadline = start_deadline(world)
    if deadline is None or world.now < deadline:
        return None
    seconds = world.run.spec.cluster.start_timeout_seconds
    cause = start_cause(world)
    if cause is None:
        awaited = f"The flow did not start within {seconds} s: {what_is_awaited(world)}."
        return failed(Cause(Reason.CLUSTER_START_TIMEOUT, awaited))
    return failed(Cause(cause.reason, f"{cause.message} (for {seconds} s)"))


def starting(world: World) -> Verdict:
    """What holds the start up is named while it lasts."""
    cause = start_cause(world)
    if cause is None:
        return Verdict(Phase.STARTING)
    return Verdict(Phase.STARTING, cause.reason, cause.message)


def what_is_awaited(world: World) -> str:
    """The next thing that the start waits for, in words: what takes longest first.

    So what is told when the children are made holds as long as dask-kubernetes has others to do.
    """
    if not world.schedulers:
        return "dask-kubernetes has not made the scheduler's pod"
    if not world.scheduler_ready:
        return f"scheduler pod {world.schedulers[0].meta.name} is not ready{_crash(world)}"
    container = world.runner_container
    if world.runner is None:
        return f"pod {world.attempt.runner_pod_name if world.attempt else ''} is not there yet"
    if container is None or container.state is not ContainerState.RUNNING:
        return f"pod {world.runner.meta.name} has not started"
    ready, needed = world.workers_ready, world.min_ready_workers
    if ready >= needed:
        return "the flow has not begun to run"
    return f"{ready} of {needed} needed workers are ready{_crash(world)}"


def _crash(world: World) -> str:
    """How a scheduler or worker that restarts over and over ended the last time."""
    crashed: tuple[str, Container] | None = next(
        ((p.meta.name, c) for p in world.dask_pods for c in p.containers if c.restarts), None
    )
    if crashed is None:
        return ""
    pod, container = crashed
    restarted = f"; container {container.name} of pod {pod} restarted {container.restarts} times"
    if container.last_exit_code is None:
        return restarted
    return (
        f"{restarted}, the last time {container.last_reason or 'Error'}, "
        f"exit code {container.last_exit_code}"
    )
