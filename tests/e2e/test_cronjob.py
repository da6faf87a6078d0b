"""The CronJob example: each tick is one run, whatever happens to its creator."""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import pytest
import yaml

from tests.e2e import audit
from tests.e2e.kube import ROOT, Kubectl
from tests.e2e.namespaces import RESTRICTED, fresh_namespace
from tests.e2e.runs import Run, phase
from tests.e2e.specs import SMALL_PODS, merged
from tests.e2e.watch import Watch

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]

EXAMPLE = ROOT / "crds/examples/nightly-cronjob.yaml"
IMAGE = "flowrun-runtime:dev"
EVERY_MINUTE = "* * * * *"
SQUARE = "    return n * n"
NAP = "    import time\n    time.sleep(20 * (n == 0))\n    return n * n"
RAISE = "    raise ValueError(n)"


@pytest.fixture(scope="module")
def jobs() -> Iterator[Watch]:
    with Watch("/apis/batch/v1/jobs") as watch:
        yield watch


@pytest.fixture(scope="module")
def creators() -> Iterator[Watch]:
    with Watch("/api/v1/pods?labelSelector=batch.kubernetes.io/job-name") as watch:
        yield watch


@pytest.fixture(scope="module", autouse=True)
def every_minute(jobs: Watch, flowruns: Watch) -> Iterator[Kubectl]:
    """The example with a schedule: the clock ticks while the other tests go on."""
    with fresh_namespace("every-minute", RESTRICTED) as namespace:
        yield apply_example(Kubectl(namespace), schedule=EVERY_MINUTE)


@pytest.fixture
def cronjob(restricted_namespace: str, kubectl: Kubectl) -> Callable[..., Kubectl]:
    """Applies the example, suspended: ticks are made by hand."""
    return partial(apply_example, kubectl.inside(restricted_namespace))


def apply_example(inside: Kubectl, body: str = SQUARE, schedule: str | None = None) -> Kubectl:
    """The example as it stands, but for image, schedule, pod sizes and the task's body."""
    objects = {each["kind"]: each for each in yaml.safe_load_all(EXAMPLE.read_text()) if each}
    data = objects["ConfigMap"]["data"]
    data["nightly.yaml"] = _in_small_pods(_with_body(data["nightly.yaml"], body))
    spec = objects["CronJob"]["spec"]
    spec["suspend"] = schedule is None
    spec["schedule"] = schedule or spec["schedule"]
    pod = spec["jobTemplate"]["spec"]["template"]["spec"]
    pod["containers"][0]["image"] = IMAGE
    inside("apply", "-f", "-", input=yaml.safe_dump_all(objects.values()))
    return inside


def _with_body(manifest: str, body: str) -> str:
    line = next(line for line in manifest.splitlines() if line.endswith(SQUARE))
    indent = line.removesuffix(SQUARE)
    return manifest.replace(line, "\n".join(indent + each for each in body.splitlines()))


def _in_small_pods(manifest: str) -> str:
    flowrun = yaml.safe_load(manifest)
    flowrun["spec"] = merged(flowrun["spec"], SMALL_PODS)
    return yaml.safe_dump(flowrun)


def tick(kubectl: Kubectl, name: str) -> None:
    """What the CronJob controller does at its time, by hand."""
    kubectl("create", "job", name, "--from=cronjob/nightly")


def ended(job: dict[str, Any]) -> dict[str, str]:
    """Type and reason of the condition with which a Job ends; {} while it goes on."""
    return {
        each["type"]: each.get("reason", "")
        for each in job.get("status", {}).get("conditions", [])
        if each["status"] == "True" and each["type"] in ("Complete", "Failed")
    }


def until_ended(jobs: Watch, namespace: str, name: str) -> dict[str, str]:
    seen = jobs.until(namespace, name, lambda seen: bool(ended(seen.object)), 200, "end")
    return ended(seen.object)


def made_flowruns(namespace: str) -> dict[str, int]:
    """How often each FlowRun was created, by the audit log."""
    return {
        name: count
        for (resource, name), count in audit.created(namespace).items()
        if resource == "flowruns"
    }


def test_two_ticks_make_two_runs_with_the_jobs_names(
    cronjob: Callable[..., Kubectl], jobs: Watch, flowruns: Watch
) -> None:
    kubectl = cronjob()
    namespace = str(kubectl.namespace)
    for name in ("nightly-1", "nightly-2"):
        tick(kubectl, name)
    for name in ("nightly-1", "nightly-2"):
        assert "Complete" in until_ended(jobs, namespace, name)
        run = Run(namespace, name, flowruns).until_finished()
        assert (phase(run), run["status"]["result"]) == ("Succeeded", 328350)
    assert made_flowruns(namespace) == {"nightly-1": 1, "nightly-2": 1}


def test_a_creator_that_is_killed_and_retried_waits_for_the_run_it_made(
    cronjob: Callable[..., Kubectl], jobs: Watch, creators: Watch, flowruns: Watch
) -> None:
    kubectl = cronjob(NAP)
    namespace = str(kubectl.namespace)
    tick(kubectl, "nightly-1")
    run = Run(namespace, "nightly-1", flowruns)
    run.until_phase("Running")
    first = creators.until(namespace, None, lambda seen: True, 10, "creator").key[1]
    kubectl("delete", "pod", first, "--grace-period=0", "--force")
    second = creators.until(
        namespace, None, lambda seen: seen.key[1] != first, 60, "second creator"
    ).key[1]
    assert "Complete" in until_ended(jobs, namespace, "nightly-1")
    assert phase(run.until_finished()) == "Succeeded"
    assert "nightly-1 exists: this Job made it" in kubectl("logs", second).stdout
    assert made_flowruns(namespace) == {"nightly-1": 1}


def test_a_failed_run_fails_its_job_once(
    cronjob: Callable[..., Kubectl], jobs: Watch, flowruns: Watch
) -> None:
    kubectl = cronjob(RAISE)
    namespace = str(kubectl.namespace)
    tick(kubectl, "nightly-1")
    assert until_ended(jobs, namespace, "nightly-1") == {"Failed": "PodFailurePolicy"}
    pods = kubectl("get", "pod", "-l", "batch.kubernetes.io/job-name=nightly-1", "-o", "name")
    assert len(pods.stdout.split()) == 1
    assert made_flowruns(namespace) == {"nightly-1": 1}


def test_the_creators_account_may_create_and_read_flowruns_and_nothing_else(
    cronjob: Callable[..., Kubectl],
) -> None:
    kubectl = cronjob()
    account = f"--as=system:serviceaccount:{kubectl.namespace}:flowrun-creator"
    rights = kubectl("auth", "can-i", "--list", "--no-headers", account).stdout.splitlines()
    about = [line.split() for line in rights if "flowrun" in line]
    assert about == [["flowruns.flowrun.dev", "[]", "[]", "[create", "get", "list", "watch]"]]
    for verb, resource in [("delete", "flowruns"), ("get", "secrets"), ("create", "pods")]:
        answer = kubectl("auth", "can-i", verb, resource, account, check=False)
        assert answer.stdout.strip() == "no"


def test_the_schedule_itself_makes_runs_named_after_its_jobs(
    every_minute: Kubectl, jobs: Watch, flowruns: Watch
) -> None:
    namespace = str(every_minute.namespace)
    seen = flowruns.until(namespace, None, lambda seen: phase(seen) == "Succeeded", 150, "run")
    first = seen.key[1]
    flowruns.until(
        namespace,
        None,
        lambda seen: phase(seen) == "Succeeded" and seen.key[1] != first,
        150,
        "second run",
    )
    every_minute("patch", "cronjob", "nightly", "-p", '{"spec": {"suspend": true}}')
    ticks = {seen.key[1] for seen in jobs.history(namespace)}
    assert len(ticks) >= 2
    for name in ticks:
        assert "Complete" in until_ended(jobs, namespace, name)
    assert made_flowruns(namespace) == dict.fromkeys(ticks, 1)
