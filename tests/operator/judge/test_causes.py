"""What keeps a pod from starting, in the words of those who refuse it."""

from typing import Any

import pytest

from flowrun_operator.api import Phase, Reason
from flowrun_operator.judge import judge
from flowrun_operator.judge.refusals import refusal_reason
from flowrun_operator.observe.memory import Memory, Refusal
from flowrun_operator.observe.pods import Pod
from flowrun_operator.observe.world import Children, World
from tests.operator.build import (
    CLUSTER,
    NOW,
    RUNNER_UID,
    a_dask_pod,
    a_deployment,
    a_run,
    a_runner,
    a_worker_group,
    a_world,
    running,
    waiting,
)

GROUP = f"{CLUSTER}-default"
PULL_WORDS = 'failed to pull "x": no such host'
QUOTA_WORDS = 'pods "r" is forbidden: exceeded quota: q, requested: pods=1'
SECURITY_WORDS = 'pods "r" is forbidden: violates PodSecurity "restricted:latest"'


def a_pending_runner(*containers: Any, **fields: Any) -> Pod:
    return a_runner(*containers, phase="Pending", ip="", **fields)


CAUSES = {
    "an image that cannot be pulled": (
        a_world(runner=a_pending_runner(waiting("runner", "ErrImagePull", PULL_WORDS))),
        Reason.IMAGE_PULL,
        PULL_WORDS,
    ),
    "an image name that is none": (
        a_world(runner=a_pending_runner(waiting("runner", "InvalidImageName", "bad name"))),
        Reason.IMAGE_PULL,
        "bad name",
    ),
    "an image that may not be pulled": (
        a_world(runner=a_pending_runner(waiting("runner", "ErrImageNeverPull", "not present"))),
        Reason.IMAGE_PULL,
        "not present",
    ),
    "a worker's image": (
        a_world(dask_pods=(a_dask_pod("worker", waiting("worker", "ErrImagePull", PULL_WORDS)),)),
        Reason.IMAGE_PULL,
        "container worker",
    ),
    "a Secret that is missing": (
        a_world(
            runner=a_pending_runner(
                waiting("runner", "CreateContainerConfigError", 'secret "nope" not found')
            )
        ),
        Reason.CONTAINER_CONFIG,
        'secret "nope" not found',
    ),
    "a volume that cannot be mounted": (
        a_world(
            runner=a_pending_runner(waiting("runner", "ContainerCreating")),
            memory=Memory(mount_failures={RUNNER_UID: 'secret "nope" not found'}),
        ),
        Reason.CONTAINER_CONFIG,
        'secret "nope" not found',
    ),
    "a scheduler whose command is not there": (
        a_world(
            dask_pods=(
                a_dask_pod(
                    "scheduler",
                    waiting(
                        "scheduler",
                        "CrashLoopBackOff",
                        "back-off 10s",
                        restarts=1,
                        last_reason="StartError",
                        last_message='exec: "dask": not found',
                    ),
                ),
            )
        ),
        Reason.CONTAINER_CONFIG,
        'exec: "dask": not found',
    ),
    "a pod that fits no node": (
        a_world(runner=a_pending_runner(unschedulable="0/1 nodes are available")),
        Reason.UNSCHEDULABLE,
        "0/1 nodes are available",
    ),
    "a runner that a quota refuses": (
        a_world(
            runner=None,
            memory=Memory(refusals=(Refusal("Pod", "r", Reason.QUOTA_EXCEEDED, QUOTA_WORDS),)),
        ),
        Reason.QUOTA_EXCEEDED,
        QUOTA_WORDS,
    ),
    "a scheduler that a quota refuses": (
        a_world(deployments=(a_deployment(QUOTA_WORDS),)),
        Reason.QUOTA_EXCEEDED,
        QUOTA_WORDS,
    ),
    "a scheduler that Pod Security refuses": (
        a_world(deployments=(a_deployment(SECURITY_WORDS),)),
        Reason.FORBIDDEN,
        SECURITY_WORDS,
    ),
}


@pytest.mark.parametrize(("world", "reason", "words"), CAUSES.values(), ids=CAUSES)
def test_a_cause_is_named_while_starting(world: World, reason: Reason, words: str) -> None:
    verdict = judge(world)
    assert (verdict.phase, verdict.reason) == (Phase.STARTING, reason)
    assert words in verdict.message


@pytest.mark.parametrize(
    "world",
    [
        a_world(runner=a_pending_runner(waiting("runner", "ContainerCreating"))),
        a_world(runner=a_pending_runner(waiting("runner", "PodInitializing"))),
        a_world(dask_pods=(a_dask_pod(unschedulable="0/1 nodes", deleted=NOW),)),
        a_world(deployments=(a_deployment("Internal error occurred: try again"),)),
        a_world(memory=Memory(mount_failures={RUNNER_UID: "healed meanwhile"})),
        a_world(
            memory=Memory(refusals=(Refusal("DaskWorkerGroup", GROUP, Reason.FORBIDDEN, "no"),)),
            children=Children(worker_groups=(a_worker_group(),)),
        ),
        a_world(
            dask_pods=(
                a_dask_pod("scheduler", running("scheduler", restarts=1, last_reason="StartError")),
            )
        ),
    ],
)
def test_what_is_under_way_or_has_healed_is_no_cause(world: World) -> None:
    assert judge(world).reason is None


def test_the_kubelets_back_off_does_not_replace_the_words_that_tell_more() -> None:
    said = f"Pod r, container runner: {PULL_WORDS}"
    backing_off = waiting("runner", "ImagePullBackOff", 'Back-off pulling image "x"')
    run = a_run(reason=Reason.IMAGE_PULL, message=said)
    assert judge(a_world(run=run, runner=a_pending_runner(backing_off))).message == said


def test_the_back_off_is_told_where_nothing_better_is_known() -> None:
    backing_off = waiting("runner", "ImagePullBackOff", 'Back-off pulling image "x"')
    message = judge(a_world(runner=a_pending_runner(backing_off))).message
    assert message.endswith('Back-off pulling image "x"')


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (QUOTA_WORDS, Reason.QUOTA_EXCEEDED),
        (SECURITY_WORDS, Reason.FORBIDDEN),
        ('admission webhook "policy.example" denied the request: no', Reason.FORBIDDEN),
        ("Internal error occurred: failed calling webhook", None),
        ("", None),
    ],
)
def test_a_refusal_is_told_by_its_words(words: str, reason: Reason | None) -> None:
    assert refusal_reason(words) is reason
