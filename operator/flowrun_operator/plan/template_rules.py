"""What a podTemplate may ask for: it may add and tighten, never take over or loosen."""

from collections.abc import Iterator

from flowrun_operator.api import Problem
from flowrun_operator.api.flowrun import GROUP
from flowrun_operator.plan import environment, merge, pod_schema, pod_security
from flowrun_operator.plan.manifest import Manifest
from flowrun_operator.plan.pod import Template
from flowrun_operator.plan.runner_pod import CONTAINER as RUNNER
from flowrun_operator.settings import Settings

#: Labels by which children are found; dask-kubernetes has the second.
OUR_LABELS = (f"{GROUP}/", "dask.org/")
OURS = "is the operator's own"


def problems_of(template: Template, settings: Settings) -> Iterator[Problem]:
    """Shape first: what has none cannot be merged, and nothing more is said about it."""
    shape = tuple(_shape(template))
    if shape:
        yield from shape
        return
    merged = template.merged()
    yield from _metadata(template)
    yield from environment.passwords_in(template.theirs, template.path)
    yield from _identity(template, merged)
    yield from _lifetime(template, merged)
    yield from _volumes(template, merged)
    yield from _container(template, merged)
    if settings.pod_security == "restricted":
        yield from _read_only_root(template, merged)
        yield from pod_security.breaches(merged, template.path)


def _shape(template: Template) -> Iterator[Problem]:
    theirs, path = template.theirs, template.path
    yield from merge.directives(theirs, path)
    for key in ("metadata", "spec"):
        if key in theirs and theirs[key] is None:
            yield Problem(f"{path}.{key}", "must not be null")
    spec = theirs.get("spec")
    if isinstance(spec, dict) and "containers" in spec and spec["containers"] is None:
        yield Problem(f"{path}.spec.containers", "must not be null")
    for key in theirs.keys() - {"metadata", "spec"}:
        yield Problem(f"{path}.{key}", "is no field of a PodTemplateSpec")
    known = {key: value for key, value in theirs.items() if key in ("metadata", "spec")}
    yield from pod_schema.misfits(known, path, newer_fields=template.container == RUNNER)


def _metadata(template: Template) -> Iterator[Problem]:
    metadata = template.theirs.get("metadata", {})
    for key in sorted(metadata.keys() - {"labels", "annotations"}):
        yield Problem(
            f"{template.path}.metadata.{key}", f"{OURS}; labels and annotations may be set"
        )
    for label in metadata.get("labels") or {}:
        if label.startswith(OUR_LABELS):
            yield Problem(f"{template.path}.metadata.labels[{label}]", OURS)


def _identity(template: Template, merged: Manifest) -> Iterator[Problem]:
    """A token is mounted in the runner alone, and only where spec.serviceAccountName is set."""
    path, ours, pod = f"{template.path}.spec", template.ours["spec"], merged["spec"]
    account = ours.get("serviceAccountName")
    for key in ("serviceAccountName", "serviceAccount"):
        if pod.get(key) not in (None, account) or (key in ours and key not in pod):
            yield Problem(f"{path}.{key}", "is set by spec.serviceAccountName alone")
    with_token = ours["automountServiceAccountToken"]
    if not with_token and pod.get("automountServiceAccountToken") is not False:
        yield Problem(
            f"{path}.automountServiceAccountToken",
            "must be false: a token is mounted in the runner where spec.serviceAccountName is set",
        )
    for volume in pod.get("volumes", ()):
        for place, source in enumerate((volume.get("projected") or {}).get("sources") or ()):
            if "serviceAccountToken" in source and not with_token:
                yield Problem(
                    f"{path}.volumes[{volume['name']}].projected.sources[{place}]"
                    ".serviceAccountToken",
                    "needs spec.serviceAccountName, and is for the runner alone",
                )


def _lifetime(template: Template, merged: Manifest) -> Iterator[Problem]:
    """Whether a pod is started again or stopped: by this operator, and by Deployments' rules."""
    path, ours, pod = f"{template.path}.spec", template.ours["spec"], merged["spec"]
    restart = ours.get("restartPolicy", "Always")
    if pod.get("restartPolicy", "Always") != restart:
        yield Problem(f"{path}.restartPolicy", f"must be {restart}")
    grace = ours.get("terminationGracePeriodSeconds")
    if template.container == RUNNER and pod.get("terminationGracePeriodSeconds") != grace:
        yield Problem(
            f"{path}.terminationGracePeriodSeconds", "is set by spec.gracePeriodSeconds alone"
        )
    if "activeDeadlineSeconds" in pod:
        yield Problem(f"{path}.activeDeadlineSeconds", OURS)
    if pod.get("enableServiceLinks") is not False:
        yield Problem(f"{path}.enableServiceLinks", "must be false")


def _volumes(template: Template, merged: Manifest) -> Iterator[Problem]:
    path = f"{template.path}.spec"
    theirs = _by("name", merged["spec"].get("volumes", []))
    for volume in template.ours["spec"]["volumes"]:
        if theirs.get(volume["name"]) != volume:
            yield Problem(f"{path}.volumes[{volume['name']}]", OURS)


def _container(template: Template, merged: Manifest) -> Iterator[Problem]:
    """Of the container that we bring: its mounts, its variables and, the runner's, its command."""
    path = f"{template.path}.spec.containers[{template.container}]"
    ours, theirs = _brought(template, template.ours), _brought(template, merged)
    mounts = _by("mountPath", theirs.get("volumeMounts", []))
    for mount in ours["volumeMounts"]:
        if mounts.get(mount["mountPath"]) != mount:
            yield Problem(f"{path}.volumeMounts[{mount['mountPath']}]", OURS)
    variables = _by("name", theirs.get("env", []))
    for variable in ours["env"]:
        name = variable["name"]
        held = environment.reserved(name) or name == "PYTHONPATH"
        if held and variables.get(name) != variable:
            yield Problem(f"{path}.env[{name}]", f"{OURS}; spec.env may set others")
    for name in variables.keys() - _by("name", ours["env"]).keys():
        if environment.reserved(name):
            yield Problem(f"{path}.env[{name}]", OURS)
    if template.container == RUNNER:
        for key in ("command", "args", "terminationMessagePath", "terminationMessagePolicy"):
            if ours.get(key) != theirs.get(key):
                yield Problem(f"{path}.{key}", OURS)


def _read_only_root(template: Template, merged: Manifest) -> Iterator[Problem]:
    """No rule of the restricted profile, but one of ours: /tmp is there to be written."""
    if not _brought(template, merged)["securityContext"].get("readOnlyRootFilesystem"):
        yield Problem(
            f"{template.path}.spec.containers[{template.container}]"
            ".securityContext.readOnlyRootFilesystem",
            "must be true",
        )


def _brought(template: Template, manifest: Manifest) -> Manifest:
    found: Manifest = _by("name", manifest["spec"]["containers"])[template.container]
    return found


def _by(key: str, items: list[Manifest]) -> dict[str, Manifest]:
    return {item[key]: item for item in items}
