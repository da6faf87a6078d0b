"""A Docker daemon: the one that answers, else one that is installed and started here."""

import os
import shutil
import subprocess
from pathlib import Path

from hack.kind import paths, stages

#: Bit of CAP_SYS_RESOURCE in the kernel's capability sets (capabilities(7)).
SYS_RESOURCE_BIT = 24


def lacks_sys_resource(status: str | None = None) -> bool:
    """Whether the bounding set lacks CAP_SYS_RESOURCE; reads /proc/self/status unless given it."""
    text = Path("/proc/self/status").read_text() if status is None else status
    for line in text.splitlines():
        if line.startswith("CapBnd:"):
            return not int(line.split()[1], 16) >> SYS_RESOURCE_BIT & 1
    return False


def answers() -> bool:
    """Whether a Docker daemon answers."""
    return bool(stages.output(["docker", "info", "--format", "{{.ServerVersion}}"], timeout=20))


def ready() -> None:
    """Finds a Docker daemon, or installs and starts one. Raises StageError."""
    if answers():
        return
    with stages.stage("Docker"):
        if not shutil.which("dockerd") or not shutil.which("docker"):
            install("docker.io")
        start()


def install(*packages: str) -> None:
    """Installs Debian packages. Raises StageError where that cannot be done."""
    if not shutil.which("apt-get") or os.geteuid() != 0:
        raise stages.StageError(
            f"{', '.join(packages)} is needed: install it, or run this as root on Debian or Ubuntu"
        )
    environment = {"DEBIAN_FRONTEND": "noninteractive"}
    stages.run(["apt-get", "update"], "apt-update", env=environment)
    stages.run(
        ["apt-get", "install", "--yes", "--no-install-recommends", *packages],
        "apt-install",
        env=environment,
    )


def start() -> None:
    """Starts dockerd by hand, for machines without systemd; it outlives this process."""
    if os.geteuid() != 0:
        raise stages.StageError(
            "no Docker daemon answers: start it, or give this user access to it"
        )
    paths.LOGS.mkdir(parents=True, exist_ok=True)
    command = ["dockerd"]
    if lacks_sys_resource():
        wrapper = paths.BIN / "lesscaps"
        paths.BIN.mkdir(parents=True, exist_ok=True)
        shutil.copy(paths.NODE_FILES / "lesscaps", wrapper)
        wrapper.chmod(0o755)
        command += ["--add-runtime", f"lesscaps={wrapper}", "--default-runtime", "lesscaps"]
    # A daemon that was killed leaves its pid file, and the next one refuses to start.
    left = Path("/var/run/docker.pid")
    if left.exists() and not Path(f"/proc/{left.read_text().strip()}").exists():
        left.unlink()
    log = paths.LOGS / "dockerd.log"
    with log.open("wb") as out:
        daemon = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )

    def up() -> bool:
        if daemon.poll() is not None:
            end = "\n".join(f"   | {line}" for line in stages.tail(log, stages.TAIL_LINES))
            raise stages.StageError(f"dockerd ended at once; the end of {log}:\n{end}")
        return answers()

    stages.wait_until(f"dockerd answers (log: {log})", up, 60)
