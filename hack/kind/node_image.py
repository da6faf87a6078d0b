"""The node image: kind's own where a registry answers, else one of the same contract, made here."""

import shutil
import subprocess
import tempfile
from pathlib import Path

from hack.kind import binaries, docker, paths, stages

SUITE = "bookworm"
NODE_PACKAGES = (
    "systemd systemd-sysv dbus containerd runc iptables nftables conntrack iproute2 procps kmod "
    "mount ethtool socat containernetworking-plugins ca-certificates hostname util-linux python3"
).split()
PROXY_PACKAGES = ["nftables", "iptables", "conntrack", "kmod"]
PUBLIC_IMAGE = f"kindest/node:v{paths.KUBERNETES}"


def ready() -> tuple[str, bool]:
    """The image's name, and whether it was made here. Raises StageError."""
    if has(PUBLIC_IMAGE) or pulled():
        return PUBLIC_IMAGE, False
    return made_here(), True


def has(image: str) -> bool:
    """Whether Docker holds the image."""
    return bool(stages.output(["docker", "image", "inspect", "--format", "{{.Id}}", image]))


def pulled() -> bool:
    """Whether the public image could be pulled. A silent registry is given up soon."""
    registry_answers = stages.output(["docker", "manifest", "inspect", PUBLIC_IMAGE], timeout=10)
    if not registry_answers:
        return False
    with stages.stage(f"pull {PUBLIC_IMAGE}"):
        stages.run(["docker", "pull", PUBLIC_IMAGE], "pull-node")
    return True


def made_here() -> str:
    """Builds the image unless one of the same content is there, in Docker or in the cache."""
    content = paths.digest(
        paths.NODE_FILES,
        Path(__file__),
        *(paths.KUBERNETES, paths.ETCD, paths.COREDNS, str(docker.lacks_sys_resource())),
    )
    image = f"flowrun-kind-node:{content}"
    if has(image):
        return image
    archive = paths.CACHE / "node-image" / f"{content}.tar"
    if archive.exists():
        with stages.stage("node image out of the cache"):
            stages.run(["docker", "load", "--input", archive], "node-load")
        return image
    kubernetes = binaries.kubernetes()
    with stages.stage("build the node image"):
        if not shutil.which("mmdebstrap"):
            docker.install("mmdebstrap")
        with tempfile.TemporaryDirectory(prefix="flowrun-node-") as scratch:
            build(image, kubernetes, Path(scratch))
        archive.parent.mkdir(parents=True, exist_ok=True)
        for old in archive.parent.glob("*.tar"):
            old.unlink()
        half = archive.with_suffix(".part")
        stages.run(["docker", "save", "--output", half, image], "node-save")
        half.rename(archive)
    return image


def build(image: str, kubernetes: Path, scratch: Path) -> None:
    """Debian roots, component images, and the node image around them."""
    with stages.stage("Debian root of the node"):
        import_debian("flowrun-kind-root", NODE_PACKAGES)
    with stages.stage("Debian root of kube-proxy"):
        import_debian("flowrun-kind-proxy-root", PROXY_PACKAGES)
    context = scratch / "node"
    shutil.copytree(paths.NODE_FILES, context)
    with stages.stage("component images"):
        (context / "images").mkdir()
        images = component_images(kubernetes, scratch)
        stages.run(
            ["docker", "save", "--output", context / "images/components.tar", *images],
            "save-components",
        )
    for name in ("kubelet", "kubeadm", "kubectl"):
        shutil.copy(kubernetes / name, context / name)
    (context / "version").write_text(f"v{paths.KUBERNETES}\n")
    (context / "containerd.toml").write_text(containerd_config(docker.lacks_sys_resource()))
    (context / "Dockerfile").write_text(NODE_DOCKERFILE)
    stages.run(["docker", "build", "--tag", image, context], "build-node")


def import_debian(image: str, packages: list[str]) -> None:
    """A minimal Debian with these packages, as a Docker image."""
    paths.LOGS.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as scratch:
        root = Path(scratch) / "root.tar"
        stages.run(
            ["mmdebstrap", "--variant=minbase", f"--include={','.join(packages)}", SUITE, root],
            f"debian-{image}",
        )
        stages.run(["docker", "import", root, image], f"import-{image}")


def component_images(kubernetes: Path, scratch: Path) -> list[str]:
    """The images kubeadm asks for, each one static binary; kube-proxy's on a Debian root."""
    version = f"v{paths.KUBERNETES}"
    command = [str(kubernetes / "kubeadm"), *"config images list --kubernetes-version".split()]
    named = (stages.output([*command, version]) or "").split()
    if not named:
        raise stages.StageError("kubeadm names no images")
    pause = scratch / "pause"
    subprocess.run(["cc", "-Os", "-static", "-o", pause, paths.NODE_FILES / "pause.c"], check=True)
    files = {"etcd": binaries.etcd(), "coredns": binaries.coredns(), "pause": pause}
    for image in named:
        component = image.rsplit("/", 1)[1].split(":")[0]
        binary = files.get(component, kubernetes / component)
        root = "flowrun-kind-proxy-root" if component == "kube-proxy" else "scratch"
        context = scratch / "images" / component
        context.mkdir(parents=True)
        shutil.copy(binary, context / component)
        (context / "Dockerfile").write_text(
            f"FROM {root}\nCOPY {component} /usr/local/bin/{component}\n"
            f'ENV PATH=/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin\nENTRYPOINT ["{component}"]\n'
        )
        stages.run(["docker", "build", "--tag", image, context], f"build-image-{component}")
    return named


def containerd_config(less_capabilities: bool) -> str:
    """containerd's CRI, with the runtime wrapper only where the capability is missing."""
    wrapper = '\n            BinaryName = "/usr/local/sbin/lesscaps"' if less_capabilities else ""
    return f"""\
version = 2
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "registry.k8s.io/pause:3.10.1"
  restrict_oom_score_adj = {str(less_capabilities).lower()}
  tolerate_missing_hugepages_controller = true
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "/usr/lib/cni"
    conf_dir = "/etc/cni/net.d"
  [plugins."io.containerd.grpc.v1.cri".containerd]
    default_runtime_name = "runc"
    [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
      runtime_type = "io.containerd.runc.v2"
      [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
            SystemdCgroup = true{wrapper}
"""


NODE_DOCKERFILE = """\
FROM flowrun-kind-root
COPY kubelet kubeadm kubectl /usr/bin/
COPY lesscaps /usr/local/sbin/
COPY entrypoint /usr/local/bin/
COPY cgroups /kind/bin/
COPY version /kind/version
COPY containerd.toml /etc/containerd/config.toml
COPY kubelet.service containerd.service load-images.service /etc/systemd/system/
COPY bridge.conflist /etc/cni/net.d/10-bridge.conflist
COPY images /kind/images
RUN chmod 755 /usr/local/bin/entrypoint /usr/local/sbin/lesscaps /kind/bin/cgroups \\
 && ln -sf /usr/sbin/runc /usr/bin/runc \\
 && systemctl enable containerd kubelet \\
 && systemctl set-default multi-user.target \\
 && systemctl mask getty.target console-getty.service systemd-udevd.service systemd-logind.service
ENV container=docker
STOPSIGNAL SIGRTMIN+3
VOLUME /var
ENTRYPOINT ["/usr/local/bin/entrypoint", "/sbin/init"]
"""
