"""The kind cluster: up, load, down, status."""

import json
import os
import re
import shutil
from collections.abc import Mapping
from functools import partial
from pathlib import Path

from hack.kind import binaries, docker, node_image, paths, stages

AUDIT_LOG = "/var/log/kubernetes/audit.log"


def kubectl(*words: str | Path, timeout: float = 60) -> str | None:
    """What kubectl prints about the test cluster, or None when it fails."""
    command = shutil.which("kubectl", path=binaries.environment_path()) or "kubectl"
    kubeconfig = paths.named_kubeconfig() or paths.KUBECONFIG
    return stages.output([command, "--kubeconfig", kubeconfig, *words], timeout=timeout)


def api_answers() -> bool:
    """Whether the API server of the test cluster is ready."""
    return answers("/readyz")


def up() -> None:
    """Brings the cluster up, whatever state it is in. Raises StageError."""
    binaries.kubectl_and_helm()
    named = paths.named_kubeconfig()
    if named:
        if not api_answers():
            raise stages.StageError(f"no ready API server behind FLOWRUN_KUBECONFIG={named}")
        stages.say(f"   using the cluster of {named}")
        return
    docker.ready()
    binaries.kind()
    if container_state() not in (None, "running"):
        with stages.stage("start the stopped node"):
            stages.output(["docker", "start", paths.NODE])
    if container_state() == "running":
        try:
            stages.wait_until("the API server is ready", api_answers, 90)
            wait_ready()
            return
        except stages.StageError as error:
            stages.say(f"   {error}: the cluster is made anew")
    if container_state() is not None:  # one that does not start or does not answer
        remove()
    create()


def container_state() -> str | None:
    """Docker's word for the node's container, or None when there is none."""
    state = stages.output(["docker", "inspect", "--format", "{{.State.Status}}", paths.NODE])
    return state.strip() if state else None


def create() -> None:
    """Makes the cluster."""
    image, made_here = node_image.ready()
    with stages.stage("kind create cluster"):
        policy = paths.CACHE / "audit-policy.yaml"
        shutil.copy(paths.NODE_FILES / "audit-policy.yaml", policy)
        config = paths.CACHE / "kind.yaml"
        config.write_text(json.dumps(kind_config(image, policy, made_here), indent=1))
        # kind takes what KUBECONFIG names into account even when told another file.
        stages.run(
            [str(binaries.kind()), "create", "cluster", "--config", str(config)]
            + ["--kubeconfig", str(paths.KUBECONFIG), "--wait", "120s"],
            "kind-create",
            env={"KUBECONFIG": str(paths.KUBECONFIG)},
        )
    if made_here:
        with stages.stage("CoreDNS without an upstream"):
            cut_upstream()
    wait_ready()


def kind_config(image: str, policy: Path, made_here: bool) -> Mapping[str, object]:
    """kind's configuration; JSON is YAML."""
    networking = {"apiServerAddress": "127.0.0.1"}
    if made_here:  # the image brings its own CNI file, and nftables only
        networking |= {"disableDefaultCNI": True, "kubeProxyMode": "nftables"}  # type: ignore[dict-item]  # a mixed JSON object
    audit = "/etc/kubernetes/audit"
    patch = {
        "kind": "ClusterConfiguration",
        # A test cluster's data need not survive the machine's end.
        "etcd": {"local": {"extraArgs": {"unsafe-no-fsync": "true"}}},
        # By default each controller asks 20 times a second: among 1,000 runs all waits for that.
        "controllerManager": {"extraArgs": {"kube-api-qps": "200", "kube-api-burst": "400"}},
        "apiServer": {
            "extraArgs": {
                "audit-policy-file": f"{audit}/policy.yaml",
                "audit-log-path": AUDIT_LOG,
                "audit-log-maxsize": "200",
                "audit-log-maxbackup": "1",
            },
            "extraVolumes": [
                volume("audit-policy", audit, read_only=True),
                volume("audit-log", str(Path(AUDIT_LOG).parent), read_only=False),
            ],
        },
    }
    node = {
        "role": "control-plane",
        "image": image,
        "extraMounts": [
            {"hostPath": str(policy), "containerPath": f"{audit}/policy.yaml", "readOnly": True}
        ],
        "kubeadmConfigPatches": [json.dumps(patch)],
    }
    return {
        "kind": "Cluster",
        "apiVersion": "kind.x-k8s.io/v1alpha4",
        "name": paths.CLUSTER,
        "networking": networking,
        "nodes": [node],
    }


def volume(name: str, path: str, *, read_only: bool) -> dict[str, object]:
    """A host folder in the API server's static pod."""
    where = {"hostPath": path, "mountPath": path, "pathType": "DirectoryOrCreate"}
    return {"name": name, "readOnly": read_only, **where}


def without_upstream(corefile: str) -> str:
    """A Corefile that forwards nowhere: in a closed network the forward is a loop."""
    without_blocks = re.sub(r"(?m)^\s*forward [^\n{]*\{[^}]*\}\n", "", corefile)
    return re.sub(r"(?m)^\s*(forward [^\n]*|loop)\n", "", without_blocks)


def cut_upstream() -> None:
    """Applies ``without_upstream`` and restarts CoreDNS."""
    read = kubectl("-n", "kube-system", "get", "configmap", "coredns", "-o", "json")
    if read is None:
        raise stages.StageError("CoreDNS has no ConfigMap")
    corefile = without_upstream(json.loads(read)["data"]["Corefile"])
    patch = json.dumps({"data": {"Corefile": corefile}})
    coredns = ["-n", "kube-system"]
    if (
        kubectl(*coredns, "patch", "configmap", "coredns", "--patch", patch) is None
        or kubectl(*coredns, "rollout", "restart", "deployment/coredns") is None
    ):
        raise stages.StageError("CoreDNS could not be reconfigured")


def wait_ready() -> None:
    """Waits until the node is Ready and CoreDNS serves."""
    for words in (
        f"wait node {paths.NODE} --for=condition=Ready --timeout=120s",
        "-n kube-system rollout status deployment/coredns --timeout=120s",
    ):
        if kubectl(*words.split(), timeout=130) is None:
            raise stages.StageError(f"kubectl {words} failed")
    # What stands in a status may be from before a restart: only an answer is from now.
    for what, address in (
        ("the kubelet answers", f"/api/v1/nodes/{paths.NODE}/proxy/healthz"),
        (
            "CoreDNS answers",
            "/api/v1/namespaces/kube-system/services/kube-dns:metrics/proxy/metrics",
        ),
    ):
        stages.wait_until(what, partial(answers, address), 60)


def answers(address: str) -> bool:
    """Whether something behind the API server answers now."""
    return kubectl("get", "--raw", address, timeout=10) is not None


def load(images: list[str]) -> None:
    """Brings images of the local Docker into the cluster, unless they are there."""
    if paths.named_kubeconfig():
        raise stages.StageError(
            "images cannot be loaded into a cluster named by FLOWRUN_KUBECONFIG: push them to a "
            "registry it can pull from, and install the chart with those names"
        )
    there = {image: identity_and_size(image) for image in images}
    missing = [image for image in images if on_node(image) != there[image][0]]
    for image in images:
        if image not in missing:
            stages.say(f"   {image} is on the node already")
    if not missing:
        return
    sizes = ", ".join(f"{image} ({there[image][1] / 1e6:.0f} MB)" for image in missing)
    with stages.stage(f"load {sizes}"):
        archive = paths.CACHE / "load.tar"  # of all at once: they share most of their layers
        stages.run(["docker", "save", "--output", archive, *missing], "load-save")
        stages.run(
            [binaries.kind(), "load", "image-archive", "--name", paths.CLUSTER, archive],
            "load",
        )
        archive.unlink()
        for image in missing:
            mark(image, there[image][0])


def identity_and_size(image: str) -> tuple[str, int]:
    """The ID of an image of the local Docker, and its bytes. Raises StageError without one."""
    found = stages.output(["docker", "image", "inspect", "--format", "{{.Id}} {{.Size}}", image])
    if found is None:
        raise stages.StageError(f"Docker has no image {image}: python3 -m hack.images build")
    identity, size = found.split()
    return identity, int(size)


def mark_file(image: str) -> str:
    """Where the node keeps the ID of the image that was loaded last under this name."""
    return f"/kind/loaded-{re.sub('[^A-Za-z0-9.-]', '_', image)}"


def on_node(image: str) -> str | None:
    """The ID under which this name was last loaded, if containerd still has it."""
    listed = stages.output(
        ["docker", "exec", paths.NODE, "ctr", "-n", "k8s.io", "images", "ls", "-q"]
    )
    if listed is None or not any(line.endswith(f"/{image}") for line in listed.splitlines()):
        return None
    known = stages.output(["docker", "exec", paths.NODE, "cat", mark_file(image)])
    return known.strip() if known else None


def mark(image: str, identity: str) -> None:
    """Remembers on the node, and so as long as the node lives, what was loaded."""
    stages.output(
        ["docker", "exec", paths.NODE, "sh", "-c", f"echo {identity} > {mark_file(image)}"]
    )


def down() -> None:
    """Ends the cluster. A cluster that the user named is left alone."""
    if paths.named_kubeconfig():
        raise stages.StageError(
            "the cluster named by FLOWRUN_KUBECONFIG is yours: it is left alone"
        )
    if not docker.answers() or container_state() is None:
        stages.say("   no cluster is there")
        return
    with stages.stage("kind delete cluster"):
        remove()


def remove() -> None:
    """Deletes node and kubeconfig entry."""
    stages.run(
        [str(binaries.kind()), "delete", "cluster", "--name", paths.CLUSTER]
        + ["--kubeconfig", str(paths.KUBECONFIG)],
        "kind-delete",
    )


def status() -> str:
    """One look at the cluster, for a person."""
    named = paths.named_kubeconfig()
    lines = [f"kubeconfig   {named or paths.KUBECONFIG}"]
    if not named:
        lines.append(f"docker       {'answers' if docker.answers() else 'does not answer'}")
        lines.append(f"node         {container_state() or 'none'}")
    lines.append(f"API server   {'ready' if api_answers() else 'does not answer'}")
    return "\n".join(lines)


def environment() -> dict[str, str]:
    """What a shell needs to use the cluster."""
    return {
        "KUBECONFIG": str(paths.named_kubeconfig() or paths.KUBECONFIG),
        "PATH": binaries.environment_path(),
        "FLOWRUN_NODE": os.environ.get(
            "FLOWRUN_NODE", "" if paths.named_kubeconfig() else paths.NODE
        ),
    }


def audit() -> str:
    """The API server's audit log, rotated part first, one JSON object a line."""
    log = f"cat {AUDIT_LOG.replace('.log', '-*.log')} {AUDIT_LOG} 2>/dev/null; true"
    read = stages.output(["docker", "exec", paths.NODE, "sh", "-c", log], timeout=120)
    if read is None:
        raise stages.StageError(f"the node {paths.NODE} does not answer")
    return read
