"""The restricted profile, every rule with a breach and with what is allowed."""

from typing import Any

import pytest

from flowrun_operator.plan.merge import merge
from flowrun_operator.plan.pod_security import breaches

RESTRICTED = {
    "spec": {
        "securityContext": {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}},
        "containers": [
            {
                "name": "c",
                "securityContext": {
                    "allowPrivilegeEscalation": False,
                    "capabilities": {"drop": ["ALL"]},
                },
            }
        ],
    }
}


def found(patch: dict[str, Any]) -> list[str]:
    return [breach.path for breach in breaches(merge(RESTRICTED, patch), "t")]


def pod(**fields: Any) -> dict[str, Any]:
    return {"spec": fields}


def pod_context(**fields: Any) -> dict[str, Any]:
    return pod(securityContext=fields)


def container(kind: str = "containers", **fields: Any) -> dict[str, Any]:
    return pod(**{kind: [{"name": "c", **fields}]})


def context(**fields: Any) -> dict[str, Any]:
    return container(securityContext=fields)


C = "t.spec.containers[c]"
SC = f"{C}.securityContext"
PSC = "t.spec.securityContext"

BREACHES: dict[str, tuple[dict[str, Any], list[str]]] = {
    "hostNetwork": (pod(hostNetwork=True), ["t.spec.hostNetwork"]),
    "hostPID": (pod(hostPID=True), ["t.spec.hostPID"]),
    "hostIPC": (pod(hostIPC=True), ["t.spec.hostIPC"]),
    "privileged": (context(privileged=True), [f"{SC}.privileged"]),
    "escalation": (
        context(allowPrivilegeEscalation=True),
        [f"{SC}.allowPrivilegeEscalation"],
    ),
    "escalation unset": (
        context(allowPrivilegeEscalation=None),
        [f"{SC}.allowPrivilegeEscalation"],
    ),
    "nothing dropped": (context(capabilities={"drop": []}), [f"{SC}.capabilities.drop"]),
    "a capability": (
        context(capabilities={"add": ["NET_BIND_SERVICE", "SYS_ADMIN"]}),
        [f"{SC}.capabilities.add"],
    ),
    "hostPath": (
        pod(volumes=[{"name": "v", "hostPath": {"path": "/"}}]),
        ["t.spec.volumes[v].hostPath"],
    ),
    "another volume type": (
        pod(volumes=[{"name": "v", "nfs": {"server": "s", "path": "/"}}]),
        ["t.spec.volumes[v].nfs"],
    ),
    "hostPort": (
        container(ports=[{"containerPort": 80, "hostPort": 80}]),
        [f"{C}.ports[80].hostPort"],
    ),
    "pod may be root": (pod_context(runAsNonRoot=False), [f"{PSC}.runAsNonRoot"]),
    "pod does not say": (pod_context(runAsNonRoot=None), [f"{SC}.runAsNonRoot"]),
    "container may be root": (context(runAsNonRoot=False), [f"{SC}.runAsNonRoot"]),
    "pod is root": (pod_context(runAsUser=0), [f"{PSC}.runAsUser"]),
    "container is root": (context(runAsUser=0), [f"{SC}.runAsUser"]),
    "pod unconfined": (
        pod_context(seccompProfile={"type": "Unconfined"}),
        [f"{PSC}.seccompProfile.type"],
    ),
    "no seccomp": (pod_context(seccompProfile=None), [f"{SC}.seccompProfile.type"]),
    "container unconfined": (
        context(seccompProfile={"type": "Unconfined"}),
        [f"{SC}.seccompProfile.type"],
    ),
    "sysctl": (
        pod_context(sysctls=[{"name": "kernel.msgmax", "value": "1"}]),
        [f"{PSC}.sysctls[kernel.msgmax]"],
    ),
    "procMount": (context(procMount="Unmasked"), [f"{SC}.procMount"]),
    "SELinux type": (pod_context(seLinuxOptions={"type": "spc_t"}), [f"{PSC}.seLinuxOptions.type"]),
    "SELinux user": (context(seLinuxOptions={"user": "u"}), [f"{SC}.seLinuxOptions.user"]),
    "SELinux role": (context(seLinuxOptions={"role": "r"}), [f"{SC}.seLinuxOptions.role"]),
    "AppArmor": (
        context(appArmorProfile={"type": "Unconfined"}),
        [f"{SC}.appArmorProfile.type"],
    ),
    "AppArmor by annotation": (
        {
            "metadata": {
                "annotations": {"container.apparmor.security.beta.kubernetes.io/c": "unconfined"}
            }
        },
        ["t.metadata.annotations[container.apparmor.security.beta.kubernetes.io/c]"],
    ),
    "Windows hostProcess": (
        pod_context(windowsOptions={"hostProcess": True}),
        [f"{PSC}.windowsOptions.hostProcess"],
    ),
    "probe of another host": (
        container(livenessProbe={"httpGet": {"host": "10.0.0.1", "port": "p"}}),
        [f"{C}.livenessProbe.httpGet.host"],
    ),
    "hook to another host": (
        container(lifecycle={"preStop": {"tcpSocket": {"host": "10.0.0.1", "port": "p"}}}),
        [f"{C}.lifecycle.preStop.tcpSocket.host"],
    ),
    "an init container": (
        container("initContainers"),
        [
            "t.spec.initContainers[c].securityContext.allowPrivilegeEscalation",
            "t.spec.initContainers[c].securityContext.capabilities.drop",
        ],
    ),
    "an ephemeral container": (
        container("ephemeralContainers", securityContext={"privileged": True}),
        [
            "t.spec.ephemeralContainers[c].securityContext.privileged",
            "t.spec.ephemeralContainers[c].securityContext.allowPrivilegeEscalation",
            "t.spec.ephemeralContainers[c].securityContext.capabilities.drop",
        ],
    ),
    "a shape nobody knows": (
        pod_context(appArmorProfile="x", runAsNonRoot="yes"),
        [f"{PSC}.runAsNonRoot"],
    ),
}

ALLOWED: dict[str, dict[str, Any]] = {
    "nothing more": {},
    "NET_BIND_SERVICE": context(capabilities={"add": ["NET_BIND_SERVICE"]}),
    "a user": context(runAsUser=1000),
    "a container that says it for itself": merge(
        pod_context(runAsNonRoot=None, seccompProfile=None),
        context(runAsNonRoot=True, seccompProfile={"type": "Localhost", "localhostProfile": "p"}),
    ),
    "a safe sysctl": pod_context(sysctls=[{"name": "net.ipv4.tcp_syncookies", "value": "1"}]),
    "an SELinux type": pod_context(seLinuxOptions={"type": "container_t"}),
    "AppArmor's default": context(appArmorProfile={"type": "RuntimeDefault"}),
    "an AppArmor annotation": {
        "metadata": {
            "annotations": {"container.apparmor.security.beta.kubernetes.io/c": "localhost/p"}
        }
    },
    "claims, ConfigMaps, Secrets": pod(
        volumes=[
            {"name": "a", "persistentVolumeClaim": {"claimName": "c"}},
            {"name": "b", "configMap": {"name": "c"}},
            {"name": "c", "secret": {"secretName": "c"}},
        ]
    ),
    "a probe of its own": container(livenessProbe={"httpGet": {"port": "p"}}),
    "hostPort 0": container(ports=[{"containerPort": 80, "hostPort": 0}]),
}


@pytest.mark.parametrize(("patch", "where"), BREACHES.values(), ids=BREACHES.keys())
def test_a_breach_is_named_with_its_path(patch: dict[str, Any], where: list[str]) -> None:
    assert found(patch) == where


@pytest.mark.parametrize("patch", ALLOWED.values(), ids=ALLOWED.keys())
def test_what_the_profile_allows_is_no_breach(patch: dict[str, Any]) -> None:
    assert found(patch) == []
