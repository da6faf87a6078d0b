"""The restricted Pod Security profile, asked of a merged pod template.

https://kubernetes.io/docs/concepts/security/pod-security-standards/, as of Kubernetes 1.34. Asked
here whatever the namespace enforces: a breach is named with its path in the FlowRun before anything
is made, instead of in an Event of a ReplicaSet.
"""

import json
from collections.abc import Iterator
from typing import Any

from flowrun_operator.api.problem import Problem
from flowrun_operator.plan.manifest import Manifest

CONTAINERS = ("initContainers", "containers", "ephemeralContainers")
ABSENT = None

Allowed = dict[tuple[str, ...], tuple[Any, ...]]

POD: Allowed = {
    ("hostNetwork",): (ABSENT, False),
    ("hostPID",): (ABSENT, False),
    ("hostIPC",): (ABSENT, False),
}
#: In a pod's securityContext and in a container's.
SECURITY_CONTEXT: Allowed = {
    ("runAsNonRoot",): (ABSENT, True),
    ("seccompProfile", "type"): (ABSENT, "RuntimeDefault", "Localhost"),
    ("appArmorProfile", "type"): (ABSENT, "RuntimeDefault", "Localhost"),
    ("seLinuxOptions", "type"): (ABSENT, "")
    + ("container_t", "container_init_t", "container_kvm_t", "container_engine_t"),
    ("seLinuxOptions", "user"): (ABSENT, ""),
    ("seLinuxOptions", "role"): (ABSENT, ""),
    ("windowsOptions", "hostProcess"): (ABSENT, False),
}
CONTAINER: Allowed = {
    ("securityContext", "privileged"): (ABSENT, False),
    ("securityContext", "allowPrivilegeEscalation"): (False,),
    ("securityContext", "procMount"): (ABSENT, "Default"),
    **{
        (*probe, action, "host"): (ABSENT, "")
        for probe in (
            ("livenessProbe",),
            ("readinessProbe",),
            ("startupProbe",),
            ("lifecycle", "postStart"),
            ("lifecycle", "preStop"),
        )
        for action in ("httpGet", "tcpSocket")
    },
}
#: Must be set, in the pod's securityContext or else in each container's.
REQUIRED = (("runAsNonRoot",), ("seccompProfile", "type"))

VOLUMES = frozenset({"configMap", "csi", "downwardAPI", "emptyDir", "ephemeral"}) | {
    "persistentVolumeClaim",
    "projected",
    "secret",
}
SYSCTLS = frozenset(
    {
        "kernel.shm_rmid_forced",
        "net.ipv4.ip_local_port_range",
        "net.ipv4.ip_local_reserved_ports",
        "net.ipv4.ip_unprivileged_port_start",
        "net.ipv4.ping_group_range",
        "net.ipv4.tcp_fin_timeout",
        "net.ipv4.tcp_keepalive_intvl",
        "net.ipv4.tcp_keepalive_probes",
        "net.ipv4.tcp_keepalive_time",
        "net.ipv4.tcp_rmem",
        "net.ipv4.tcp_syncookies",
        "net.ipv4.tcp_wmem",
    }
)
APPARMOR_ANNOTATION = "container.apparmor.security.beta.kubernetes.io/"


def breaches(template: Manifest, path: str) -> Iterator[Problem]:
    """What the profile forbids in a PodTemplateSpec that stands at path."""
    pod = template["spec"]
    pod_path = f"{path}.spec"
    yield from _outside(POD, pod, pod_path)
    yield from _outside(
        SECURITY_CONTEXT, _at(pod, "securityContext"), f"{pod_path}.securityContext"
    )
    yield from _root(pod, pod_path)
    yield from _sysctls(pod, pod_path)
    yield from _volumes(pod, pod_path)
    yield from _apparmor_annotations(template, path)
    for kind in CONTAINERS:
        for container in pod.get(kind, ()):
            container_path = f"{pod_path}.{kind}[{container['name']}]"
            yield from _container(container, container_path, _at(pod, "securityContext"))


def _container(container: Manifest, path: str, pod_security: Any) -> Iterator[Problem]:
    security = _at(container, "securityContext")
    yield from _outside(CONTAINER, container, path)
    yield from _outside(SECURITY_CONTEXT, security, f"{path}.securityContext")
    yield from _root(container, path)
    for keys in REQUIRED:
        if _at(pod_security, *keys) is None and _at(security, *keys) is None:
            yield Problem(_join(f"{path}.securityContext", keys), "must be set")
    dropped = _at(security, "capabilities", "drop") or ()
    if "ALL" not in dropped:
        yield Problem(f"{path}.securityContext.capabilities.drop", "must include ALL")
    for capability in _at(security, "capabilities", "add") or ():
        if capability != "NET_BIND_SERVICE":
            yield Problem(
                f"{path}.securityContext.capabilities.add", f"must not include {capability}"
            )
    for port in container.get("ports", ()):
        if port.get("hostPort"):
            yield Problem(f"{path}.ports[{port.get('containerPort')}].hostPort", "must not be set")


def _outside(allowed: Allowed, value: Any, path: str) -> Iterator[Problem]:
    for keys, values in allowed.items():
        found = _at(value, *keys)
        if not any(found is one or (found == one and type(found) is type(one)) for one in values):
            said = " or ".join(json.dumps(one) for one in values if one not in (ABSENT, ""))
            yield Problem(_join(path, keys), f"must be {said}" if said else "must not be set")


def _root(value: Manifest, path: str) -> Iterator[Problem]:
    if _at(value, "securityContext", "runAsUser") == 0:
        yield Problem(f"{path}.securityContext.runAsUser", "must not be 0")


def _sysctls(pod: Manifest, path: str) -> Iterator[Problem]:
    for sysctl in _at(pod, "securityContext", "sysctls") or ():
        if _at(sysctl, "name") not in SYSCTLS:
            yield Problem(
                f"{path}.securityContext.sysctls[{_at(sysctl, 'name')}]", "is not a safe sysctl"
            )


def _volumes(pod: Manifest, path: str) -> Iterator[Problem]:
    for volume in pod.get("volumes", ()):
        for kind in sorted(volume.keys() - VOLUMES - {"name"}):
            yield Problem(
                f"{path}.volumes[{volume['name']}].{kind}", "is not an allowed volume type"
            )


def _apparmor_annotations(template: Manifest, path: str) -> Iterator[Problem]:
    for name, value in (_at(template, "metadata", "annotations") or {}).items():
        if name.startswith(APPARMOR_ANNOTATION) and not (
            value == "runtime/default" or str(value).startswith("localhost/")
        ):
            yield Problem(f"{path}.metadata.annotations[{name}]", f"must not be {value}")


def _at(value: Any, *keys: str) -> Any:
    """None where the way ends: newer fields than the checked schema's may have any shape."""
    for key in keys:
        value = value.get(key) if isinstance(value, dict) else None
    return value


def _join(path: str, keys: tuple[str, ...]) -> str:
    return ".".join((path, *keys))
