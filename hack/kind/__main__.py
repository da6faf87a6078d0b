"""python3 -m hack.kind COMMAND"""

import argparse
import fcntl
import shlex
import sys
import time

from hack.kind import binaries, cluster, paths, stages

COMMANDS = {
    "up": "bring the cluster up; may be called again at any time",
    "load": "bring images of the local Docker into the cluster",
    "down": "end the cluster; caches stay",
    "status": "one look",
    "tools": "find or fetch kubectl and helm",
    "kwok": "build kwok, for nodes that do not exist; tests/chaos/ asks for it",
    "env": 'print the shell variables that name the cluster: eval "$(python3 -m hack.kind env)"',
    "audit": "print the API server's audit log, one JSON object a line",
}


def main() -> int:
    """Returns the exit code: 0, or 1 with the failed stage on stderr."""
    parser = argparse.ArgumentParser(prog="python3 -m hack.kind", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name, text in COMMANDS.items():
        command = commands.add_parser(name, help=text)
        if name == "load":
            command.add_argument("image", nargs="+")
    arguments = parser.parse_args()
    try:
        run(arguments)
    except stages.StageError as error:
        stages.say(f"failed: {error}")
        return 1
    return 0


def run(arguments: argparse.Namespace) -> None:
    """One command. What changes the machine is done by one process at a time."""
    if arguments.command == "env":
        for name, value in cluster.environment().items():
            print(f"export {name}={shlex.quote(value)}")
    elif arguments.command == "status":
        print(cluster.status())
    elif arguments.command == "audit":
        sys.stdout.write(cluster.audit())
    else:
        paths.CACHE.mkdir(parents=True, exist_ok=True)
        with (paths.CACHE / "lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            start = time.monotonic()
            if arguments.command == "up":
                cluster.up()
            elif arguments.command == "load":
                cluster.load(arguments.image)
            elif arguments.command == "tools":
                binaries.kubectl_and_helm()
            elif arguments.command == "kwok":
                binaries.kwok()
            else:
                cluster.down()
            stages.say(f"{arguments.command}: {time.monotonic() - start:.1f} s")


if __name__ == "__main__":
    sys.exit(main())
