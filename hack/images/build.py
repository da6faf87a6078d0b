"""Build, load and measure the images."""

import shutil
import sys
import tempfile
from pathlib import Path

from hack.images import base
from hack.images.requirements import ROOT
from hack.kind import cluster, docker, paths, stages

TARGETS = ("runtime", "operator")
LABEL = "dev.flowrun.content"


def image(target: str) -> str:
    """The name an image is built under."""
    return f"flowrun-{target}:dev"


def sources() -> str:
    """A digest over all that goes into the images."""
    return paths.digest(
        ROOT / "Dockerfile",
        ROOT / "pyproject.toml",
        ROOT / "README.md",
        ROOT / "hack" / "images",
        ROOT / "requirements",
        *(file for top in ("operator", "flowlib") for file in python_files(ROOT / top)),
    )


def python_files(top: Path) -> list[Path]:
    """What of a package goes into its wheel."""
    return sorted(
        file for file in top.rglob("*") if file.is_file() and "__pycache__" not in file.parts
    )


def label(target: str) -> str | None:
    """The content the image was built from, if there is one."""
    form = f'{{{{index .Config.Labels "{LABEL}"}}}}'
    found = stages.output(["docker", "image", "inspect", "--format", form, image(target)])
    return found.strip() if found else None


def build() -> None:
    """Builds both images unless they are built from these very sources. Raises StageError."""
    docker.ready()
    base_image, wheels_needed = base.ready()
    content = f"{sources()}-{base_image}"
    if all(label(target) == content for target in TARGETS):
        stages.say("   both images are built from these sources already")
        sizes()
        return
    with tempfile.TemporaryDirectory(prefix="flowrun-context-") as scratch:
        context = Path(scratch)
        shutil.copytree(ROOT / "requirements", context / "requirements")
        shutil.copy(ROOT / "Dockerfile", context / "Dockerfile")
        shutil.copy(ROOT / "hack/images/install.sh", context / "install")
        if wheels_needed:
            shutil.copytree(third_party(), context / "wheels")
        else:
            (context / "wheels").mkdir()
        own_wheel(context / "dist")
        for target in TARGETS:
            with stages.stage(f"build {image(target)}"):
                stages.run(
                    ["docker", "build", "--target", target, "--tag", image(target)]
                    + ["--build-arg", f"BASE_IMAGE={base_image}", "--label", f"{LABEL}={content}"]
                    + [str(context)],
                    f"build-{target}",
                )
    sizes()


def third_party() -> Path:
    """The wheels of both images, fetched once for these pins and this Python."""
    pins = [ROOT / "requirements" / f"{target}.txt" for target in TARGETS]
    version = "{}.{}".format(*sys.version_info[:2])
    wheels = paths.CACHE / "wheels" / paths.digest(version, *pins)
    if not wheels.exists():
        with stages.stage("fetch third-party wheels"):
            half = wheels.with_suffix(".part")
            shutil.rmtree(half, ignore_errors=True)
            for pin in pins:
                stages.run(
                    [sys.executable, "-m", "pip", "wheel", "--no-deps", "--quiet"]
                    + ["--require-hashes", "--wheel-dir", str(half), "--requirement", str(pin)],
                    f"wheels-{pin.stem}",
                )
            half.rename(wheels)
    return wheels


def own_wheel(target: Path) -> None:
    """The checkout as a wheel."""
    with stages.stage("our own wheel"):
        stages.run(
            [sys.executable, "-m", "pip", "wheel", "--no-deps", "--quiet"]
            + ["--wheel-dir", str(target), str(ROOT)],
            "own-wheel",
        )


def load() -> None:
    """Brings both images into the test cluster."""
    cluster.load([image(target) for target in TARGETS])


def sizes() -> None:
    """Prints how large both images are."""
    for target in TARGETS:
        size = stages.output(["docker", "image", "inspect", "--format", "{{.Size}}", image(target)])
        if size is None:
            raise stages.StageError(f"{image(target)} is not built: python3 -m hack.images build")
        stages.say(f"   {image(target)}: {int(size) / 1e6:.0f} MB")
