"""Turns against a fake API server: intent before act, and each thing once."""

from datetime import timedelta

import pytest

from flowrun_operator.perform.errors import Conflict
from flowrun_operator.plan.dask_leftovers import FINALIZER
from tests.operator.fake_api import as_json, status
from tests.operator.fake_cluster import KEY, a_cluster_with_a_run

QUOTA = 'pods "r" is forbidden: exceeded quota: q'


async def test_a_run_from_beginning_to_end() -> None:
    async with a_cluster_with_a_run() as cluster:
        await cluster.settle()
        assert cluster.run()["phase"] == "Starting"
        assert cluster.fake.created == ["networkpolicies", "daskclusters", "pods"]
        cluster.succeeds()
        await cluster.settle()
        assert cluster.run()["phase"] == "Succeeded"
        assert cluster.run()["result"] == 9900
        assert "dashboardURL" not in cluster.run()
        assert cluster.fake.of("daskclusters") == []
        assert len(cluster.fake.of("pods")) == len(cluster.fake.of("networkpolicies")) == 1


async def test_the_intent_is_written_before_anything_is_made() -> None:
    async with a_cluster_with_a_run() as cluster:
        await cluster.operator.turn(KEY)
        assert cluster.run()["phase"] == "Pending"
        assert cluster.run()["attempts"][0]["clusterName"] == "diamond-1-3f9c2"
        assert cluster.fake.created == []


async def test_the_end_is_written_before_the_cluster_goes() -> None:
    async with a_cluster_with_a_run() as cluster:
        await cluster.settle()
        cluster.succeeds()
        cluster.fake.requests.clear()
        await cluster.settle()
        writes = [r for r in cluster.fake.requests if not r.startswith("get")]
        assert writes == [
            "update flowruns/status",  # Running, which nobody saw
            "update flowruns/status",  # Succeeded
            "delete daskclusters",
            "update flowruns/status",  # without the addresses
        ]


async def test_a_cluster_that_a_watch_still_shows_is_not_deleted_twice_in_a_row() -> None:
    async with a_cluster_with_a_run() as cluster:
        await cluster.settle()
        cluster.succeeds()
        cluster.watch.falls_behind()
        cluster.fake.requests.clear()
        await cluster.settle()
        assert cluster.run()["phase"] == "Succeeded"
        assert cluster.fake.requests == [
            "get flowruns",
            "update flowruns/status",  # Running, which nobody saw
            "get flowruns",
            *sorted(["get daskclusters", "get pods"]),  # afresh, before the end is written
            "update flowruns/status",
            "get flowruns",
            "delete daskclusters",
            "update flowruns/status",
        ]


async def test_a_run_at_rest_costs_no_request() -> None:
    async with a_cluster_with_a_run() as cluster:
        await cluster.settle()
        cluster.runner(running={})
        await cluster.settle()
        cluster.fake.requests.clear()
        await cluster.settle()
        assert cluster.fake.requests == []


#: What a run costs until its children are there, whatever comes through the watches meanwhile.
START = [
    "get flowruns",
    "update flowruns/status",
    "get flowruns",
    "create networkpolicies",
    *sorted(["create daskclusters", "create pods"]),
    "update flowruns/status",
]


async def test_a_watch_that_lags_behind_our_own_writes_costs_no_request() -> None:
    async with a_cluster_with_a_run() as cluster:
        cluster.watch.falls_behind()
        for _ in range(5):  # as many events
            await cluster.settle()
        requests = cluster.fake.requests
        assert [*requests[:4], *sorted(requests[4:6]), *requests[6:]] == START
        cluster.watch.catches_up()
        cluster.now += timedelta(seconds=2)
        await cluster.settle()
        assert len(requests) == len(START)  # what the start waits for is told already


async def test_what_the_start_waits_for_is_told_in_its_time() -> None:
    async with a_cluster_with_a_run() as cluster:
        await cluster.settle()
        requests = cluster.fake.requests
        cluster.scheduler()
        await cluster.settle()
        assert len(requests) == len(START)
        cluster.now += timedelta(seconds=2)
        await cluster.settle()
        assert requests[len(START) :] == ["update flowruns/status"]


async def test_progress_that_meets_another_version_is_written_after_a_read() -> None:
    async with a_cluster_with_a_run() as cluster:
        cluster.watch.falls_behind()
        await cluster.settle()
        cluster.watch.catches_up()
        cluster.scheduler()
        cluster.watch.falls_behind()
        cluster.wants(ttlSecondsAfterFinished=5)
        cluster.now += timedelta(seconds=2)
        cluster.fake.requests.clear()
        await cluster.settle()
        assert cluster.fake.requests == [
            "update flowruns/status",
            "get flowruns",
            "update flowruns/status",
        ]
        assert cluster.fake.of("flowruns")[0]["spec"]["ttlSecondsAfterFinished"] == 5


async def test_a_child_that_does_not_show_in_time_is_asked_for() -> None:
    async with a_cluster_with_a_run(backoffLimit=0) as cluster:
        cluster.watch.falls_behind()
        await cluster.settle()
        [pod] = [k for k in cluster.fake.objects if k[0] == "pods"]
        del cluster.fake.objects[pod]  # and no event tells of it
        cluster.now += timedelta(seconds=2)
        cluster.fake.requests.clear()
        assert await cluster.operator.turn(KEY) == 3.0
        assert cluster.fake.requests == []
        cluster.now += timedelta(seconds=3)
        await cluster.settle()
        assert (cluster.run()["phase"], cluster.run()["reason"]) == ("Failed", "RunnerLost")


async def test_what_somebody_else_wrote_counts_once_the_watch_has_told_of_it() -> None:
    async with a_cluster_with_a_run() as cluster:
        cluster.watch.falls_behind()
        await cluster.settle()
        cluster.runner(running={})
        cluster.wants(cancel=True)
        await cluster.settle()
        assert cluster.run()["phase"] == "Starting"  # nobody has told of it yet
        cluster.watch.catches_up()
        await cluster.settle()
        assert cluster.fake.of("pods")[-1]["spec"]["activeDeadlineSeconds"] == 1


async def test_what_goes_by_itself_costs_no_request() -> None:
    async with a_cluster_with_a_run() as cluster:
        await cluster.settle()
        [name] = [k for k in cluster.fake.objects if k[0] == "daskclusters"]
        cluster_body = as_json(cluster.fake.objects[name])
        cluster.succeeds()
        await cluster.settle()
        goes = {
            "deletionTimestamp": cluster.now.isoformat(),
            "finalizers": ["foregroundDeletion", FINALIZER],
        }
        cluster.fake.store("daskclusters", {"metadata": cluster_body["metadata"] | goes})
        cluster.fake.requests.clear()
        assert await cluster.operator.turn(KEY) == 60.0  # of the ended run
        del cluster.fake.objects["flowruns", "data", "diamond"]
        [runner] = cluster.fake.of("pods")
        runner["metadata"]["deletionTimestamp"] = cluster.now.isoformat()
        assert await cluster.operator.turn(KEY) == 60.0  # of the one that is gone
        assert cluster.fake.requests == []


async def test_a_deletion_that_did_not_help_is_repeated_soon_though_no_event_comes() -> None:
    async with a_cluster_with_a_run() as cluster:
        await cluster.settle()
        cluster.succeeds()
        cluster.fake.before = lambda verb, _: status(409, "busy") if verb == "delete" else None
        await cluster.settle()
        assert cluster.run()["phase"] == "Succeeded"
        assert await cluster.operator.turn(KEY) == 10.0
        del cluster.fake.objects["flowruns", "data", "diamond"]
        assert await cluster.operator.turn(KEY) == 10.0
        cluster.fake.before = lambda *_: None
        await cluster.settle()
        assert cluster.fake.of("daskclusters") == cluster.fake.of("pods") == []


async def test_what_an_index_shows_for_ever_is_not_swept_for_ever() -> None:
    async with a_cluster_with_a_run() as cluster:
        await cluster.settle()
        del cluster.fake.objects["flowruns", "data", "diamond"]
        cluster.watch.falls_behind()
        cluster.fake.objects.clear()  # while the watch was cut: nobody will tell
        await cluster.settle()
        assert await cluster.operator.turn(KEY) is None
        cluster.fake.requests.clear()
        cluster.operator.doubt(KEY)
        assert await cluster.operator.turn(KEY) is None
        assert cluster.fake.requests == ["get flowruns"]


async def test_what_is_refused_is_named_and_made_once_it_may_be() -> None:
    async with a_cluster_with_a_run() as cluster:
        fake = cluster.fake
        fake.before = lambda verb, what: (
            status(403, QUOTA) if (verb, what) == ("create", "pods") else None
        )
        await cluster.settle()
        assert (cluster.run()["phase"], cluster.run()["reason"]) == ("Starting", "QuotaExceeded")
        assert QUOTA in cluster.run()["message"]
        fake.before = lambda *_: None
        await cluster.settle()
        assert fake.of("pods") == []  # not before its time
        cluster.now += timedelta(seconds=2)
        await cluster.settle()
        assert len(fake.of("pods")) == 1
        assert "reason" not in cluster.run()
        assert fake.created.count("daskclusters") == 1


async def test_what_is_refused_until_the_start_deadline_fails_the_run_with_its_words() -> None:
    async with a_cluster_with_a_run(cluster={"startTimeoutSeconds": 5}) as cluster:
        cluster.fake.before = lambda verb, what: (
            status(403, QUOTA) if (verb, what) == ("create", "daskclusters") else None
        )
        await cluster.settle()
        cluster.now += timedelta(seconds=6)
        await cluster.settle()
        assert (cluster.run()["phase"], cluster.run()["reason"]) == ("Failed", "QuotaExceeded")
        assert QUOTA in cluster.run()["message"]
        assert cluster.fake.of("pods") == []


async def test_a_malformed_child_fails_the_run_at_once() -> None:
    async with a_cluster_with_a_run() as cluster:
        cluster.fake.before = lambda verb, what: (
            status(422, "spec.volumes[0].name: Required value")
            if (verb, what) == ("create", "pods")
            else None
        )
        await cluster.settle()
        assert (cluster.run()["phase"], cluster.run()["reason"]) == ("Failed", "InvalidSpec")
        assert "spec.volumes[0].name" in cluster.run()["message"]


async def test_a_pod_of_the_same_name_that_is_not_ours_is_not_taken() -> None:
    async with a_cluster_with_a_run() as cluster:
        meta = {"namespace": "data", "name": "diamond-1-3f9c2-runner"}
        cluster.fake.store("pods", {"metadata": meta})
        await cluster.settle()
        assert cluster.run()["reason"] == "Forbidden"
        assert "does not belong to this FlowRun" in cluster.run()["message"]
        assert "runnerPodUID" not in cluster.run()["attempts"][0]


@pytest.mark.parametrize("lost", ["daskclusters", "pods"])
async def test_a_child_that_was_recorded_and_is_gone_ends_the_run(lost: str) -> None:
    async with a_cluster_with_a_run(backoffLimit=0) as cluster:
        await cluster.settle()
        cluster.runner(running={})
        [child] = [k for k in cluster.fake.objects if k[0] == lost]
        del cluster.fake.objects[child]
        await cluster.settle()
        reason = {"daskclusters": "ClusterLost", "pods": "RunnerLost"}[lost]
        assert (cluster.run()["phase"], cluster.run()["reason"]) == ("Failed", reason)


async def test_a_runner_that_must_stop_is_stopped_and_stays() -> None:
    async with a_cluster_with_a_run() as cluster:
        await cluster.settle()
        cluster.runner(running={})
        [name] = [k for k in cluster.fake.objects if k[0] == "daskclusters"]
        del cluster.fake.objects[name]
        await cluster.settle()
        [pod] = cluster.fake.of("pods")
        assert pod["spec"]["activeDeadlineSeconds"] == 1


async def test_a_conflict_repeats_the_turn_on_what_is_there_by_then() -> None:
    async with a_cluster_with_a_run() as cluster:
        await cluster.settle()
        cluster.succeeds()
        conflicts = iter([status(409, "modified")])
        cluster.fake.before = lambda verb, _: next(conflicts, None) if verb == "update" else None
        await cluster.settle()
        assert cluster.run()["phase"] == "Succeeded"


async def test_only_a_write_that_was_made_is_waited_for_by_the_health_check() -> None:
    async with a_cluster_with_a_run() as cluster:
        cluster.fake.before = lambda verb, _: status(409, "modified") if verb == "update" else None
        with pytest.raises(Conflict):
            await cluster.operator.turn(KEY)
        assert cluster.echoes.silence(1e9) == 0.0
        cluster.fake.before = lambda *_: None
        await cluster.operator.turn(KEY)
        assert cluster.echoes.silence(1e9) > 0.0


async def test_a_flowrun_that_is_gone_leaves_no_cluster_behind() -> None:
    async with a_cluster_with_a_run() as cluster:
        await cluster.settle()
        del cluster.fake.objects["flowruns", "data", "diamond"]
        await cluster.settle()
        assert cluster.fake.of("daskclusters") == cluster.fake.of("pods") == []


async def test_a_new_flowrun_of_the_same_name_is_not_taken_for_the_old_one() -> None:
    async with a_cluster_with_a_run() as cluster:
        await cluster.settle()
        meta = {"name": "diamond", "namespace": "data", "uid": "another"}
        cluster.fake.store("flowruns", {"metadata": meta, "spec": {"flow": {"entrypoint": "a.b"}}})
        await cluster.settle()
        assert cluster.fake.of("daskclusters") == []
        assert "status" not in cluster.fake.of("flowruns")[0]


async def test_a_time_to_live_ends_with_the_flowrun() -> None:
    async with a_cluster_with_a_run(ttlSecondsAfterFinished=30) as cluster:
        await cluster.settle()
        cluster.succeeds()
        await cluster.settle()
        assert await cluster.operator.turn(KEY) == 30.0
        cluster.now += timedelta(seconds=30)
        await cluster.settle()
        assert cluster.fake.of("flowruns") == []


async def test_each_attempt_that_ends_is_counted_with_what_it_used() -> None:
    async with a_cluster_with_a_run() as cluster:
        await cluster.settle()
        cluster.fails("SchedulerLost")
        await cluster.settle()
        cluster.now += timedelta(seconds=20)
        await cluster.settle()
        cluster.succeeds()
        await cluster.settle()
        text = cluster.operator._metrics.exposition().decode()
        assert 'flowrun_attempts_total{phase="Pending",reason="SchedulerLost"} 1.0' in text
        assert 'flowrun_attempts_total{phase="Succeeded",reason=""} 1.0' in text
        assert 'flowrun_used_total{what="worker_seconds"}' in text
