"""What makes a spec inadmissible, and the path that is named; what is left to the user."""

from dataclasses import replace
from typing import Any

import pytest

from flowrun_operator.api import FlowRun
from flowrun_operator.plan.children import children
from tests.operator.plan.build import SETTINGS, a_run, paths, said, with_template

NAMESPACE_DECIDES = replace(SETTINGS, pod_security="namespace")
T = "spec.runner.podTemplate"
C = f"{T}.spec.containers[runner]"
W = "spec.cluster.worker.podTemplate"
S = "spec.cluster.scheduler.podTemplate"


def pod(where: str = "runner", **fields: Any) -> FlowRun:
    return with_template({"spec": fields}, where)


def container(where: str = "runner", **fields: Any) -> FlowRun:
    return pod(where, containers=[{"name": where, **fields}])


def nested(levels: int) -> Any:
    value: Any = "core"
    for _ in range(levels):
        value = [value]
    return value


SPEC: dict[str, tuple[FlowRun, list[str]]] = {
    "a ServiceAccount that the chart does not allow": (
        a_run(serviceAccountName="admin"),
        ["spec.serviceAccountName"],
    ),
    "a file outside of its folder": (
        a_run(flow={"entrypoint": "a.py", "source": {"inline": {"../a.py": ""}}}),
        ["spec.flow.source.inline[../a.py]"],
    ),
    "an absolute file": (
        a_run(flow={"entrypoint": "a.py", "source": {"inline": {"/a.py": ""}}}),
        ["spec.flow.source.inline[/a.py]"],
    ),
    "more code than a ConfigMap holds": (
        a_run(
            flow={"entrypoint": "a.py", "source": {"inline": {"a": "x" * 10**6, "b": "x" * 10**5}}}
        ),
        ["spec.flow.source.inline"],
    ),
    "a mounted key outside of the folder": (
        a_run(
            flow={
                "entrypoint": "a.py",
                "source": {"configMap": {"name": "m", "items": [{"key": "k", "path": "a/../b"}]}},
            }
        ),
        ["spec.flow.source.configMap.items[k].path"],
    ),
    "a variable of the contract": (
        a_run(env=[{"name": "FLOWRUN_ENTRYPOINT", "value": "x"}]),
        ["spec.env[FLOWRUN_ENTRYPOINT]"],
    ),
    "a variable of dask-kubernetes": (
        a_run(env=[{"name": "DASK_SCHEDULER_ADDRESS", "value": "x"}]),
        ["spec.env[DASK_SCHEDULER_ADDRESS]"],
    ),
    "a PYTHONPATH that nothing can be put before": (
        a_run(
            flow={"entrypoint": "a.py", "source": {"inline": {"a.py": ""}}},
            env=[
                {
                    "name": "PYTHONPATH",
                    "valueFrom": {"configMapKeyRef": {"name": "m", "key": "k"}},
                }
            ],
        ),
        ["spec.env[PYTHONPATH].valueFrom"],
    ),
    "parameters larger than an environment variable": (
        a_run(parameters={"data": "x" * 98_304}),
        ["spec.parameters"],
    ),
    "parameters nested without end": (
        a_run(parameters={"data": nested(5000)}),
        ["spec.parameters"],
    ),
    "a password in a variable": (
        a_run(env=[{"name": "DB", "value": "postgresql://ada:s3cret@db/x"}]),
        ["spec.env[DB].value"],
    ),
    "a password in a parameter": (
        a_run(parameters={"where": [{"url": "redis://:s3cret@cache"}]}),
        ["spec.parameters.where[0].url"],
    ),
    "a password in the place of results": (
        a_run(results={"location": "https://ada:s3cret@dav/x"}),
        ["spec.results.location"],
    ),
}

TEMPLATE: dict[str, tuple[FlowRun, list[str]]] = {
    "a template nested without end": (with_template({"spec": {"x": nested(5000)}}), [T]),
    "no field of a template": (with_template({"speck": {}}), [f"{T}.speck"]),
    "no spec": (with_template({"spec": None}), [f"{T}.spec"]),
    "no containers": (pod(containers=None), [f"{T}.spec.containers"]),
    "a spec that is a list": (with_template({"spec": []}), [f"{T}.spec"]),
    "containers that are no list": (pod(containers="x"), [f"{T}.spec.containers"]),
    "a container without a name": (pod(containers=[{"tty": True}]), [f"{T}.spec.containers[0]"]),
    "a container that is null": (pod(containers=[None]), [f"{T}.spec.containers[0]"]),
    "a toleration that is null": (pod(tolerations=[None]), [f"{T}.spec.tolerations[0]"]),
    "a number for a name": (pod("worker", nodeName=1), [f"{W}.spec.nodeName"]),
    "a string for a switch": (pod(hostNetwork="true"), [f"{T}.spec.hostNetwork"]),
    "a switch for a string": (pod(nodeName=True), [f"{T}.spec.nodeName"]),
    "a patch directive": (
        pod(containers=[{"name": "runner", "$patch": "delete"}]),
        [f"{T}.spec.containers[0].$patch"],
    ),
    "an owner": (
        with_template({"metadata": {"ownerReferences": []}}),
        [f"{T}.metadata.ownerReferences"],
    ),
    "a name": (with_template({"metadata": {"name": "x"}}), [f"{T}.metadata.name"]),
    "our label": (
        with_template({"metadata": {"labels": {"flowrun.dev/uid": "x"}}}),
        [f"{T}.metadata.labels[flowrun.dev/uid]"],
    ),
    "dask-kubernetes' label": (
        with_template({"metadata": {"labels": {"dask.org/cluster-name": "x"}}}, "worker"),
        [f"{W}.metadata.labels[dask.org/cluster-name]"],
    ),
    "another ServiceAccount": (pod(serviceAccountName="admin"), [f"{T}.spec.serviceAccountName"]),
    "the same by its old name": (pod(serviceAccount="admin"), [f"{T}.spec.serviceAccount"]),
    "a ServiceAccount for workers": (
        pod("worker", serviceAccountName="default"),
        [f"{W}.spec.serviceAccountName"],
    ),
    "a token": (
        pod(automountServiceAccountToken=True),
        [f"{T}.spec.automountServiceAccountToken"],
    ),
    "a token by leaving out": (
        pod("worker", automountServiceAccountToken=None),
        [f"{W}.spec.automountServiceAccountToken"],
    ),
    "a token by a volume": (
        pod(
            volumes=[
                {
                    "name": "t",
                    "projected": {"sources": [{"serviceAccountToken": {"path": "token"}}]},
                }
            ]
        ),
        [f"{T}.spec.volumes[t].projected.sources[0].serviceAccountToken"],
    ),
    "a runner that is restarted": (pod(restartPolicy="Always"), [f"{T}.spec.restartPolicy"]),
    "a worker that is not": (pod("worker", restartPolicy="Never"), [f"{W}.spec.restartPolicy"]),
    "a deadline": (pod(activeDeadlineSeconds=60), [f"{T}.spec.activeDeadlineSeconds"]),
    "service links": (pod("scheduler", enableServiceLinks=True), [f"{S}.spec.enableServiceLinks"]),
    "our /tmp": (
        pod(volumes=[{"name": "flowrun-tmp", "emptyDir": {"sizeLimit": "1Ti"}}]),
        [f"{T}.spec.volumes[flowrun-tmp]"],
    ),
    "no volumes": (pod(volumes=None), [f"{T}.spec.volumes[flowrun-tmp]"]),
    "a volume over /tmp": (
        pod(
            volumes=[{"name": "v", "emptyDir": {}}],
            containers=[{"name": "runner", "volumeMounts": [{"name": "v", "mountPath": "/tmp"}]}],
        ),
        [f"{C}.volumeMounts[/tmp]"],
    ),
    "the runner's command": (container(command=["sh"]), [f"{C}.command"]),
    "the runner's arguments": (container(args=["x"]), [f"{C}.args"]),
    "where the verdict is written": (
        container(terminationMessagePath="/tmp/x"),
        [f"{C}.terminationMessagePath"],
    ),
    "what the verdict is": (
        container(terminationMessagePolicy="FallbackToLogsOnError"),
        [f"{C}.terminationMessagePolicy"],
    ),
    "a variable of the contract": (
        container(env=[{"name": "FLOWRUN_NAME", "value": "x"}]),
        [f"{C}.env[FLOWRUN_NAME]"],
    ),
    "a reserved variable that we do not set": (
        container(env=[{"name": "DASK_WORKER_NAME", "value": "x"}]),
        [f"{C}.env[DASK_WORKER_NAME]"],
    ),
    "a password in a template": (
        container(env=[{"name": "DB", "value": "amqp://ada:s3cret@mq"}]),
        [f"{C}.env[DB].value"],
    ),
    "privileges": (
        container(securityContext={"privileged": True}),
        [f"{C}.securityContext.privileged"],
    ),
    "a writable root": (
        container(securityContext={"readOnlyRootFilesystem": False}),
        [f"{C}.securityContext.readOnlyRootFilesystem"],
    ),
    "root, by removing our securityContext": (
        pod("worker", securityContext=None),
        [
            f"{W}.spec.containers[worker].securityContext.runAsNonRoot",
            f"{W}.spec.containers[worker].securityContext.seccompProfile.type",
        ],
    ),
    "a sidecar with privileges": (
        pod(initContainers=[{"name": "i", "image": "i", "securityContext": {"privileged": True}}]),
        [f"{T}.spec.initContainers[i].securityContext.privileged"],
    ),
    "a field that DaskCluster would drop": (
        pod("worker", initContainers=[{"name": "i", "restartPolicy": "Always"}]),
        [f"{W}.spec.initContainers[i].restartPolicy"],
    ),
    "a port by its number where DaskCluster takes names": (
        container("scheduler", livenessProbe={"tcpSocket": {"port": 8786}}),
        [f"{S}.spec.containers[scheduler].livenessProbe.tcpSocket.port"],
    ),
}

ADMISSIBLE: dict[str, FlowRun] = {
    "the least": a_run(),
    "a ServiceAccount that is allowed": a_run(serviceAccountName="default"),
    "its token, declined": a_run(
        serviceAccountName="default",
        runner={"podTemplate": {"spec": {"automountServiceAccountToken": False}}},
    ),
    "what is there already": container(
        command=["python", "-m", "flowlib.runner"], securityContext={"privileged": False}
    ),
    "a command of the workers' own": container("worker", command=["dask", "cuda", "worker"]),
    "a user and a group": pod(securityContext={"runAsUser": 1000, "fsGroup": 1000}),
    "a sidecar that says nothing of security": pod(
        "worker", containers=[{"name": "agent", "image": "agent:1"}]
    ),
    "a sidecar of the runner, by a newer field": pod(
        initContainers=[{"name": "agent", "image": "agent:1", "restartPolicy": "Always"}]
    ),
    "a probe's port by number, in a real pod": container(
        livenessProbe={"tcpSocket": {"port": 8790}}
    ),
    "numbers for quantities": container(
        "worker", resources={"limits": {"cpu": 2, "nvidia.com/gpu": 1}}
    ),
    "labels and annotations": with_template(
        {"metadata": {"labels": {"team": "a"}, "annotations": {"b": "c"}}}, "scheduler"
    ),
    "a password's variable in a URL": a_run(
        env=[{"name": "DB", "value": "postgresql://ada:$(PASSWORD)@db/x"}]
    ),
    "a URL with a port, a user, an @ in its path": a_run(
        parameters={"urls": ["http://a:80/b@c", "ssh://git@host", "s3://bucket/a:b@c"]}
    ),
    "parameters with dots and dollars": a_run(parameters={"a.b": "$(HOME)"}),
    "another place to write": container(env=[{"name": "DASK_TEMPORARY_DIRECTORY", "value": "/s"}]),
    "a file in a folder": a_run(
        flow={"entrypoint": "p/a.py", "source": {"inline": {"p/a.py": "", "p/__init__.py": ""}}}
    ),
}


@pytest.mark.parametrize(("run", "where"), SPEC.values(), ids=SPEC.keys())
def test_a_fault_in_the_spec_is_named(run: FlowRun, where: list[str]) -> None:
    assert paths(run) == where


@pytest.mark.parametrize(("run", "where"), TEMPLATE.values(), ids=TEMPLATE.keys())
def test_a_fault_in_a_pod_template_is_named(run: FlowRun, where: list[str]) -> None:
    assert paths(run) == where


@pytest.mark.parametrize("run", ADMISSIBLE.values(), ids=ADMISSIBLE.keys())
def test_what_is_the_users_own_affair_is_admissible(run: FlowRun) -> None:
    assert said(run) == ()
    assert children(run, SETTINGS, 1)


def test_all_problems_are_named_at_once() -> None:
    run = a_run(
        serviceAccountName="admin",
        runner={"podTemplate": {"spec": {"hostNetwork": True}}},
        cluster={"worker": {"podTemplate": {"spec": {"hostPID": True}}}},
    )

    assert paths(run) == [
        "spec.serviceAccountName",
        f"{T}.spec.hostNetwork",
        f"{W}.spec.hostPID",
    ]


@pytest.mark.parametrize(
    "run",
    [
        pod(hostNetwork=True),
        container(securityContext={"privileged": True}),
        container(securityContext={"readOnlyRootFilesystem": False}),
        pod(volumes=[{"name": "v", "hostPath": {"path": "/data"}}]),
    ],
)
def test_pod_security_may_be_left_to_the_namespace(run: FlowRun) -> None:
    assert paths(run, NAMESPACE_DECIDES) == []


@pytest.mark.parametrize(
    "run",
    [
        pod(serviceAccountName="admin"),
        pod(automountServiceAccountToken=True),
        with_template({"metadata": {"labels": {"flowrun.dev/uid": "x"}}}),
        container(command=["sh"]),
    ],
)
def test_identity_and_command_are_not_left_to_the_namespace(run: FlowRun) -> None:
    assert len(paths(run, NAMESPACE_DECIDES)) == 1


def test_a_password_is_not_repeated() -> None:
    run = a_run(env=[{"name": "DB", "value": "postgresql://ada:s3cret@db"}])

    assert "s3cret" not in "".join(str(problem) for problem in said(run))


def test_the_message_says_which_service_accounts_are_allowed() -> None:
    settings = replace(SETTINGS, allowed_service_accounts=frozenset({"flows", "default"}))

    (problem,) = said(a_run(serviceAccountName="admin"), settings)

    assert str(problem) == (
        "spec.serviceAccountName: admin is not allowed here (allowed: default, flows)"
    )
