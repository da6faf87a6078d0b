"""The runtime image with what S3 needs, as users build theirs, and with an S3 server for tests."""

import subprocess
import sys
import tempfile
from pathlib import Path

from hack.images.build import image
from hack.kind import cluster

S3 = "flowrun-e2e-s3:dev"
VERSIONS = "import sys, fsspec; print('%d.%d' % sys.version_info[:2], fsspec.__version__)"
BUILT_FROM = "dev.flowrun.e2e.built-from"


def make_s3() -> str:
    """Builds it where it is not there yet, and brings it into the cluster; its name."""
    runtime = _output("docker", "image", "inspect", "--format", "{{.Id}}", image("runtime"))
    label = f'{{{{index .Config.Labels "{BUILT_FROM}"}}}}'
    known = _said("docker", "image", "inspect", "--format", label, S3)
    if known.stdout != runtime:
        _build(runtime)
    cluster.load([S3])
    return S3


def _build(runtime: str) -> None:
    run = ("docker", "run", "--rm", image("runtime"), "python", "-c", VERSIONS)
    python, fsspec = _output(*run).split()
    with tempfile.TemporaryDirectory(prefix="flowrun-s3-") as scratch:
        _output(
            *(sys.executable, "-m", "pip", "install", "--quiet", "--target", f"{scratch}/packages"),
            *("--python-version", python, "--only-binary=:all:"),
            # Of moto, what its server needs for S3 alone.
            *("s3fs", f"fsspec=={fsspec}", "moto[s3]", "flask", "flask-cors"),
        )
        # That folder is the last on the image's path: what is installed there goes first.
        dockerfile = f"FROM {image('runtime')}\nCOPY packages /opt/flowrun-code\n"
        Path(scratch, "Dockerfile").write_text(dockerfile)
        label = f"{BUILT_FROM}={runtime.strip()}"
        _output("docker", "build", "--quiet", "--label", label, "--tag", S3, scratch)


def _said(*command: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(command, capture_output=True, text=True, check=False)


def _output(*command: str) -> str:
    done = _said(*command)
    assert done.returncode == 0, f"{' '.join(command)}: {done.stderr}"
    return done.stdout
