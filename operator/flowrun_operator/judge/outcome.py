"""How a run ended, by its runner's own words or by the way its container ended."""

import signal

from flowrun_operator.api.reasons import Reason
from flowrun_operator.api.status import FINISHED, Phase
from flowrun_operator.judge.verdict import Verdict
from flowrun_operator.observe.pods import Container, ContainerState, Pod
from flowrun_operator.observe.testimony import Testimony
from flowrun_operator.observe.world import World

#: Found before the runner asks for a scheduler or a worker: no loss of theirs explains these.
PREFLIGHT = frozenset({Reason.INVALID_FLOW, Reason.INVALID_PARAMETERS})
#: The kubelet's words where the container's command could not be executed.
NEVER_BEGAN = frozenset({"StartError", "ContainerCannotRun"})
#: Neither code says which fault of the program it was; what the image holds is the first guess.
NO_RUNNER_IN_IMAGE = frozenset({1, 127})


def finished_is_final(world: World) -> Verdict | None:
    """A finished run stays as it is."""
    status = world.run.status
    if status.phase not in FINISHED:
        return None
    return Verdict(status.phase, status.reason, status.message or "")


def runner_has_the_last_word(world: World) -> Verdict | None:
    """Success, or a failure of the preflight: true whatever else went away meanwhile."""
    testimony = world.testimony
    if testimony is None:
        return None
    if testimony.outcome == "Succeeded":
        return Verdict(Phase.SUCCEEDED)
    return _failure(testimony) if testimony.reason in PREFLIGHT else None


def runner_failed(world: World) -> Verdict | None:
    """The runner says why the run failed."""
    testimony = world.testimony
    if testimony is None:
        return None
    if testimony.outcome == "Stopped":
        # By nobody whom the API server knows of: a shutdown of the node's, or a kill by hand.
        return Verdict(Phase.FAILED, Reason.RUNNER_LOST, f"The runner: {testimony.message}.")
    return _failure(testimony)


def runner_ended_without_verdict(world: World) -> Verdict | None:
    """A signal, ``sys.exit``, an image without flowlib: only the container's end can tell."""
    pod, container = world.runner, world.runner_container
    if pod is None:
        return None
    if container is not None and container.state is ContainerState.TERMINATED:
        if container.reason in NEVER_BEGAN:
            message = f"Pod {pod.meta.name}: {container.message or container.reason}"
            return Verdict(Phase.FAILED, Reason.CONTAINER_CONFIG, message)
        return Verdict(Phase.FAILED, Reason.RUNNER_CRASHED, _last_words(world, pod, container))
    if pod.ended:
        return Verdict(Phase.FAILED, Reason.RUNNER_CRASHED, _before_the_runner(pod))
    return None


def _failure(testimony: Testimony) -> Verdict:
    return Verdict(Phase.FAILED, testimony.reason, testimony.message)


def _last_words(world: World, pod: Pod, container: Container) -> str:
    code = container.exit_code if container.exit_code is not None else -1
    name = _signal_name(code)
    how = f"was killed by {name}" if name else f"ended with exit code {code}"
    message = f"The runner {how} and left no verdict; see the log of pod {pod.meta.name}."
    if pod.reason:
        message += f" The pod: {pod.reason}."
    if world.memory.progress is None and code in NO_RUNNER_IN_IMAGE:
        message += " Does the image hold flowlib (python -m flowlib.runner)?"
    return message


def _before_the_runner(pod: Pod) -> str:
    failed = next((c for c in pod.containers if c.exit_code), None)
    if failed is not None:
        return (
            f"Container {failed.name} of pod {pod.meta.name} ended with exit code "
            f"{failed.exit_code} before the runner began."
        )
    return f"Pod {pod.meta.name} ended before its runner began: {pod.reason} {pod.message}".strip()


def _signal_name(exit_code: int) -> str:
    """Empty where no signal ends so: 255 is sys.exit(-1), or a container that was lost."""
    try:
        return signal.Signals(exit_code - 128).name
    except ValueError:
        return ""
