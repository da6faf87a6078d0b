"""The base image: what the user names, the public one, or a Debian with Python made here."""

import os
import shutil
import sys
import tempfile
from pathlib import Path

from hack.kind import docker, paths, stages

PUBLIC = "python:3.13-slim"
#: The Debian suite whose python3 fits the wheels that this machine's Python fetches.
SUITES = {(3, 11): "bookworm", (3, 13): "trixie"}
PACKAGES = "python3,python3-venv,ca-certificates"
#: What python:slim leaves out too.
LEFT_OUT = ("/usr/share/man/*", "/usr/share/doc/*", "/usr/share/locale/*", "/usr/share/info/*")


def ready() -> tuple[str, bool]:
    """The image's name, and whether the build has to bring its own wheels. Raises StageError."""
    named = os.environ.get("BASE_IMAGE")
    if named:
        return named, False
    if stages.output(["docker", "manifest", "inspect", PUBLIC], timeout=10):
        return PUBLIC, False
    return made_here(), True


def made_here() -> str:
    """A stand-in of the public image, cached by its suite."""
    version = sys.version_info[:2]
    suite = SUITES.get(version)
    if suite is None:
        raise stages.StageError(
            f"no registry answers, and no Debian release has Python {version[0]}.{version[1]}: run "
            "this with Python 3.11 or 3.13, or name an image by BASE_IMAGE"
        )
    image = f"flowrun-base:{suite}-{paths.digest(PACKAGES, *LEFT_OUT)}"
    if stages.output(["docker", "image", "inspect", "--format", "{{.Id}}", image]):
        return image
    archive = paths.CACHE / "base-image" / f"{image.partition(':')[2]}.tar"
    if not archive.exists():
        with stages.stage(f"base image: Debian {suite} with Python"):
            if not shutil.which("mmdebstrap"):
                docker.install("mmdebstrap")
            archive.parent.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryDirectory(dir=archive.parent) as scratch:
                made = Path(scratch) / "root.tar"
                stages.run(
                    ["mmdebstrap", "--variant=minbase", f"--include={PACKAGES}"]
                    + [f"--dpkgopt=path-exclude={path}" for path in LEFT_OUT]
                    + [suite, made],
                    "base-image",
                )
                made.rename(archive)
    stages.run(["docker", "import", archive, image], "base-import")
    return image
