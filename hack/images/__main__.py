"""python3 -m hack.images COMMAND"""

import argparse
import sys

from hack.images import build, requirements
from hack.kind import stages

COMMANDS = {
    "build": (build.build, "build both images"),
    "load": (build.load, "bring both images into the test cluster"),
    "sizes": (build.sizes, "print their sizes"),
    "requirements": (requirements.compile_all, "compile requirements/*.txt anew (needs uv)"),
}


def main() -> int:
    """Returns the exit code: 0, or 1 with the failed stage on stderr."""
    parser = argparse.ArgumentParser(prog="python3 -m hack.images", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name, (_, text) in COMMANDS.items():
        commands.add_parser(name, help=text)
    try:
        COMMANDS[parser.parse_args().command][0]()
    except stages.StageError as error:
        stages.say(f"failed: {error}")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
