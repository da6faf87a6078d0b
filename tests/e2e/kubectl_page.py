"""docs/kubectl.md is a transcript: its commands are run again and their outputs compared.

python3 -m tests.e2e.kubectl_page writes the page anew with what the commands print now.
"""

import re
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.e2e.kube import ROOT, Kubectl, cluster_environment
from tests.e2e.namespaces import RESTRICTED, fresh_namespace

PAGE = ROOT / "docs/kubectl.md"
BLOCK = re.compile(r"(?<=^```console\n).*?(?=^```$)", re.MULTILINE | re.DOTALL)
READER = "data"  # the namespace in which the page's reader works
PROMPT, CONTINUED = "$ ", "> "

# What differs from run to run, and a word for each.
MASKS = (
    (r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z", "TIME"),
    (r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", "UID"),
    (r"(?<=-1-)[0-9a-f]{5}\b", "UID5"),
    (r"e2e-kubectl-page-[0-9a-f]{6}|data(?=\.svc)", "NAMESPACE"),
    (r"(?<!\S)(\d+(\.\d+)?(ms|s|m|h|d))+(?=[\s.])", "SPAN"),
    (r"\b(\d+)/(?!\1\b)(\d+)", r"SOME/\2"),
    # One worker is enough to start: whether both are there is chance.
    (r"\b[12] of 2 workers|(?<=runs on )\d workers?", "WORKERS"),
    (r"((?:Cpu|Worker|Gibibyte) Seconds|Peak Memory Bytes):\s+[\d.]+", r"\1: USED"),
    (r"[ \t]+", " "),
    (r" $", ""),
)


@dataclass(frozen=True)
class Exchange:
    """One command of the page, and what it printed."""

    command: str
    output: str

    def masked(self) -> str:
        """The output without what differs from run to run."""
        text = self.output
        for pattern, word in MASKS:
            text = re.sub(pattern, word, text, flags=re.MULTILINE)
        return text


def exchanges(block: str) -> Iterator[Exchange]:
    """The commands of one fenced block: `$ ` begins one, `> ` continues it."""
    command: list[str] = []
    output: list[str] = []
    for line in block.splitlines(keepends=True):
        if line.startswith(PROMPT):
            if command:
                yield Exchange("".join(command), "".join(output))
            command, output = [line[len(PROMPT) :]], []
        elif line.startswith(CONTINUED.rstrip()) and not output:
            command.append(line[len(CONTINUED) :] or "\n")
        else:
            output.append(line)
    yield Exchange("".join(command), "".join(output))


def written(page: str) -> list[Exchange]:
    """Every command of the page, with the output that stands there."""
    return [exchange for block in BLOCK.findall(page) for exchange in exchanges(block)]


def played(commands: list[str]) -> list[Exchange]:
    """Runs the commands one after the other in a fresh namespace that kubectl takes by itself."""
    with (
        fresh_namespace("kubectl-page", RESTRICTED) as namespace,
        tempfile.TemporaryDirectory() as folder,
    ):
        config = Path(folder) / "config"
        config.write_text(Kubectl()("config", "view", "--raw", "--minify", "--flatten").stdout)
        config.chmod(0o600)
        environment = dict(cluster_environment()) | {"KUBECONFIG": str(config)}
        Kubectl()(
            "config", "set-context", "--current", f"--namespace={namespace}",
            f"--kubeconfig={config}",
        )  # fmt: skip
        return [Exchange(command, _output(command, environment)) for command in commands]


def _output(command: str, environment: dict[str, str]) -> str:
    return subprocess.run(
        ["bash", "-c", command],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=180,
        check=False,
    ).stdout


def rewrite() -> None:
    """Puts what the commands print now into the page."""
    page = PAGE.read_text()
    fresh = iter(played([exchange.command for exchange in written(page)]))

    def block(found: re.Match[str]) -> str:
        return "".join(
            _prompted(exchange.command) + _readable(next(fresh).output)
            for exchange in exchanges(found.group())
        )

    PAGE.write_text(BLOCK.sub(block, page))


def _prompted(command: str) -> str:
    first, *rest = command.splitlines()
    return "".join([f"{PROMPT}{first}\n", *(f"{CONTINUED}{line}".rstrip() + "\n" for line in rest)])


def _readable(output: str) -> str:
    """With a short namespace instead of the test's own, the columns kept where they are."""

    def shortened(found: re.Match[str]) -> str:
        before, long, after, gap = found.groups()
        return f"{before}{READER}{after}{gap and gap + ' ' * (len(long) - len(READER))}"

    text = re.sub(r"(\S*?)(e2e-kubectl-page-[0-9a-f]{6})(\S*)( {2,}|)", shortened, output)
    return "".join(f"{line.rstrip()}\n" for line in text.splitlines())


if __name__ == "__main__":
    rewrite()
