"""Whether runner, scheduler and workers understand each other, before anything is run.

They talk in pickles: of objects of dask and distributed, and of functions that cloudpickle takes
apart. None of the three promises anything between two of its versions. Of Python the first two
numbers count: bytecode, which functions are made of, changes with them and not with the third.
"""

from collections.abc import Iterator, Mapping, Sequence

from flowlib.executors.protocol import ExecutorFailed

PACKAGES = ("python", "dask", "distributed", "cloudpickle")
#: Of those who have one version, so many are named.
NAMED = 3

#: Package to version, by who has it: "runner", "scheduler", or a worker's address.
Versions = Mapping[str, Mapping[str, str | None]]


class VersionMismatch(ExecutorFailed):
    """Runner, scheduler and workers do not understand each other."""


def compare(versions: Versions) -> None:
    """Raises VersionMismatch, which names each package, each version, and whose it is."""
    faults = [
        f"{package} is {said}" for package in PACKAGES if (said := _differing(package, versions))
    ]
    if faults:
        raise VersionMismatch(
            f"Versions differ: {'; '.join(faults)}. Runner, scheduler and workers need the same "
            "ones: give them one image."
        )


def _differing(package: str, versions: Versions) -> str | None:
    holders: dict[str, list[str]] = {}
    for who, packages in versions.items():
        holders.setdefault(_relevant(package, packages.get(package)), []).append(who)
    if len(holders) < 2:
        return None
    return ", ".join(f"{version} ({'; '.join(_named(who))})" for version, who in holders.items())


def _relevant(package: str, version: str | None) -> str:
    if version is None:
        return "missing"
    return ".".join(version.split(".")[:2]) if package == "python" else version


def _named(who: Sequence[str]) -> Iterator[str]:
    yield from who[:NAMED]
    if len(who) > NAMED:
        yield f"{len(who) - NAMED} more"
