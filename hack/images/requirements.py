"""requirements/*.txt: hashed pins for images and development, without an index's address."""

import subprocess
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[2]


def wanted() -> dict[str, list[str]]:
    """File name to requirements. The operator's image needs nothing of what flows need."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    flows, extras = project["dependencies"], project["optional-dependencies"]
    tools = [line for line in extras["dev"] if not line.startswith("flowrun[")]
    return {
        "runtime": [*flows, *extras["cli"]],
        "operator": extras["operator"],
        "uv": ["uv>=0.9"],  # what installs dev.txt; the images have pip, which is there already
        "dev": [*flows, *extras["cli"], *extras["operator"], *extras["viz"], *tools],
    }


def compile_all() -> None:
    """Writes requirements/*.txt anew. Raises CalledProcessError."""
    for name, lines in wanted().items():
        subprocess.run(
            [sys.executable, "-m", "uv", "pip", "compile", "--quiet", "--universal"]
            + ["--python-version", "3.11", "--generate-hashes", "--no-emit-index-url"]
            + ["--no-emit-find-links", "--no-annotate", "--no-header"]
            + ["--output-file", str(ROOT / "requirements" / f"{name}.txt"), "-"],
            input="\n".join(lines),
            text=True,
            check=True,
        )
