"""What runner, scheduler and worker pods share, and the user's podTemplate laid over it."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from flowrun_operator.api import FlowRun
from flowrun_operator.api.pods import PodTemplate, ResourceRequirements
from flowrun_operator.plan.manifest import Manifest, labels
from flowrun_operator.plan.merge import merge
from flowrun_operator.plan.source import SOURCE_DIR, SOURCE_VOLUME, source_volume
from flowrun_operator.settings import Settings

TMP_VOLUME = "flowrun-tmp"

#: A podTemplate may override these: where things are written, all of it below /tmp.
WRITABLE = {
    "HOME": "/tmp",
    "DASK_TEMPORARY_DIRECTORY": "/tmp/dask",
    "FLOWLIB__HOME_DIR": "/tmp/flowlib",
    "PYTHONDONTWRITEBYTECODE": "1",
}

#: What the restricted profile wants of every container, a user's sidecar too.
CONTAINER_SECURITY = {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}}

#: Where the user says nothing. Requests small enough for several runs with two workers each on a
#: two-core node, but not nothing: without requests the pods would be the first to be evicted, and
#: the Kubernetes scheduler would pile them onto one node. 256Mi is what Dask and Bokeh take before
#: the first task. No limits: a limit that nobody chose kills somebody's flow.
DEFAULT_RESOURCES = {"requests": {"cpu": "50m", "memory": "256Mi"}}


@dataclass(frozen=True)
class Template:
    """A PodTemplateSpec in the making: ours, and what the user lays over it."""

    path: str  # where theirs stands in the FlowRun
    container: str  # the one that we bring
    ours: Manifest
    theirs: PodTemplate

    def merged(self) -> Manifest:
        """What is sent to the API server. Our labels win; the rest of ours is held by admission."""
        template = merge(self.ours, self.theirs)
        metadata = template["metadata"]
        metadata["labels"] = {**metadata.get("labels", {}), **self.ours["metadata"]["labels"]}
        spec = template["spec"]
        for kind in ("initContainers", "containers"):
            if kind in spec:
                spec[kind] = [_completed(container) for container in spec[kind]]
        for container in spec["containers"]:
            if container["name"] == self.container:
                container.setdefault("resources", DEFAULT_RESOURCES)
        return template


def _completed(container: Manifest) -> Manifest:
    security = merge(CONTAINER_SECURITY, container.get("securityContext", {}))
    completed = {**container, "securityContext": security}
    if "resources" in container:
        completed["resources"] = {
            kind: _quantities(value) for kind, value in container["resources"].items()
        }
    return completed


def _quantities(value: object) -> object:
    """DaskCluster's schema has quantities as strings alone: `cpu: 2` would be refused."""
    if not isinstance(value, dict):
        return value
    return {name: str(quantity) for name, quantity in value.items()}


def pod_template(
    run: FlowRun,
    settings: Settings,
    attempt: int,
    *,
    component: str,
    container: Manifest,
    tmp_size: str,
    resources: ResourceRequirements | None,
    defaults: Mapping[str, str] = MappingProxyType({}),
) -> Manifest:
    """Our PodTemplateSpec.

    container brings what only this component has; defaults are variables that a user may override.
    """
    spec = run.spec
    source = source_volume(run)
    volumes: list[Manifest] = [{"name": TMP_VOLUME, "emptyDir": {"sizeLimit": tmp_size}}]
    mounts: list[Manifest] = [{"name": TMP_VOLUME, "mountPath": "/tmp"}]
    if source is not None:
        volumes.append(source)
        mounts.append({"name": SOURCE_VOLUME, "mountPath": SOURCE_DIR, "readOnly": True})

    shared: Manifest = {
        "image": spec.image or settings.runtime_image,
        "env": _environment(run, {**WRITABLE, **defaults}, container["env"]),
        "securityContext": {**CONTAINER_SECURITY, "readOnlyRootFilesystem": True},
        "volumeMounts": mounts,
    }
    if spec.image_pull_policy is not None:
        shared["imagePullPolicy"] = spec.image_pull_policy
    if spec.env_from is not None:
        shared["envFrom"] = [item.to_json() for item in spec.env_from]
    if resources is not None:
        shared["resources"] = resources.to_json()

    pod: Manifest = {
        # Services called dask-... would speak into Dask's configuration as DASK_... variables.
        "enableServiceLinks": False,
        "automountServiceAccountToken": False,
        # Else Python is process 1, for which the kernel drops signals without a handler: a pod
        # deleted while it still imports would stay for its whole grace period (34 s, not 6).
        "shareProcessNamespace": True,
        # No runAsUser: the image's numeric USER counts, and OpenShift assigns one of its own.
        "securityContext": {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}},
        "containers": [{**container, **shared}],
        "volumes": volumes,
    }
    if spec.priority_class_name is not None:
        pod["priorityClassName"] = spec.priority_class_name
    if spec.image_pull_secrets is not None:
        pod["imagePullSecrets"] = [secret.to_json() for secret in spec.image_pull_secrets]
    return {"metadata": {"labels": labels(run, component, attempt)}, "spec": pod}


def _environment(run: FlowRun, defaults: Mapping[str, str], own: list[Manifest]) -> list[Manifest]:
    """Defaults, then the user's, then what the component cannot do without.

    In this order, since a variable may only refer to one that stands before it.
    """
    variables: dict[str, Manifest] = {
        name: {"name": name, "value": value} for name, value in defaults.items()
    }
    variables |= {variable.name: variable.to_json() for variable in run.spec.env or []}
    if run.spec.flow.source is not None:
        said = variables.get("PYTHONPATH", {}).get("value")
        path = f"{SOURCE_DIR}:{said}" if said else SOURCE_DIR
        variables["PYTHONPATH"] = {"name": "PYTHONPATH", "value": path}
    variables |= {variable["name"]: variable for variable in own}
    return list(variables.values())
