"""A run that goes well, from its creation to what it leaves behind."""

from collections.abc import Callable

import pytest

from tests.e2e.leftovers import settle
from tests.e2e.namespaces import RESTRICTED, fresh_namespace
from tests.e2e.runs import Run, apply_run, condition, status
from tests.e2e.specs import spec
from tests.e2e.story import NAME, Story, kept, play
from tests.e2e.watch import Watch

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(180)]


@pytest.fixture(scope="module")
def story(flowruns: Watch) -> Story:
    return play("success", spec("diamond.py", {"parameters": {"n": 100}}), flowruns)


def test_its_status_holds_result_and_counts(story: Story) -> None:
    assert (story.status["phase"], story.status["result"]) == ("Succeeded", 9900)
    tasks = story.status["tasks"]
    assert (tasks["succeeded"], tasks["total"]) == (302, 302)
    assert "reason" not in story.status


def test_phases_go_forward_one_by_one(story: Story) -> None:
    assert story.phases == ["Pending", "Starting", "Running", "Succeeded"]


def test_events_tell_the_phases_in_order(story: Story) -> None:
    assert [event["reason"] for event in story.events] == [
        "Pending",
        "Starting",
        "ClusterReady",
        "Running",
        "Succeeded",
        "ClusterDeleted",
    ]
    assert {event["type"] for event in story.events} == {"Normal"}


def test_complete_and_finished_are_true_and_failed_is_not(story: Story) -> None:
    said = {kind: condition(story.end, kind).get("status") for kind in ("Complete", "Finished")}
    assert said == {"Complete": "True", "Finished": "True"}
    assert condition(story.end, "Failed").get("status") != "True"


def test_what_it_leaves_behind(story: Story) -> None:
    assert story.left_at_end == story.wanted_at_end
    assert story.left_after_deletion == set()


def test_the_addresses_go_with_the_cluster(story: Story) -> None:
    last = [status(seen) for seen in story.history if seen.type == "MODIFIED"][-1]
    assert "dashboardURL" not in last
    assert "schedulerAddress" not in last


def test_the_runner_pod_stays_succeeded_with_its_log(flowruns: Watch) -> None:
    with fresh_namespace("log", RESTRICTED) as namespace:
        run = apply_run(namespace, NAME, spec("diamond.py"), flowruns)
        end = run.until_finished()
        settle(namespace, kept(end, has_children=True, runner_stays=True), timeout=90)
        pod = status(end)["runnerPodName"]
        assert run.kubectl.json("get", "pod", pod)["status"]["phase"] == "Succeeded"
        assert "dashboard" in run.kubectl("logs", pod).stdout


def test_tasks_run_on_its_own_cluster_whatever_executor_the_environment_names(
    apply_flowrun: Callable[..., Run],
) -> None:
    names = {"DEFAULT_CLASS": "prefect.executors.DaskExecutor", "DASK__ADDRESS": "tcp://other:8786"}
    env = [{"name": f"PREFECT__ENGINE__EXECUTOR__{k}", "value": v} for k, v in names.items()]

    end = status(apply_flowrun(spec("where.py", {"env": env})).until_finished())

    assert end["phase"] == "Succeeded", end.get("message")
    assert end["result"]
    workers = f"{end['clusterName']}-default-worker-"
    assert [host for host in end["result"] if not host.startswith(workers)] == []


def test_a_time_to_live_deletes_the_run_and_all_that_it_kept(flowruns: Watch) -> None:
    with fresh_namespace("ttl", RESTRICTED) as namespace:
        change = {"ttlSecondsAfterFinished": 1}
        run = apply_run(namespace, NAME, spec("diamond.py", change), flowruns)
        run.until_deleted(timeout=120)
        assert status(run.history[-1])["phase"] == "Succeeded"
        assert settle(namespace, set(), timeout=60) == set()
