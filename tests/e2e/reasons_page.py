"""docs/reasons.md shows the messages of each reason; what the cluster says is held against them.

In a message of the page, what stands between « and » is an example of others' words: any may stand
there. Names, quoted names and numbers may be others everywhere, and lines break anywhere.
"""

import re
from collections.abc import Iterator

from tests.e2e.kube import ROOT

PAGE = ROOT / "docs/reasons.md"
ENTRY = re.compile(r"^### (\w+)\n(.*?)(?=^##|\Z)", re.MULTILINE | re.DOTALL)
MESSAGES = re.compile(r"^```text\n(.*?)^```$", re.MULTILINE | re.DOTALL)
OTHERS_WORDS = re.compile(r"«.*?»", re.DOTALL)

# What differs from run to run, and a word for each.
MASKS = (
    (r"\b[a-z][a-z0-9-]*-\d+-[0-9a-f]{5}\b[a-z0-9-]*", "NAME"),  # an attempt's cluster, its pods
    (r"\bcontainer (runner|scheduler|worker)\b", "container NAME"),
    (r"'[^']*'", "'NAME'"),
    (r"\d+", "N"),
    (r"\s+", " "),
)


def entries() -> dict[str, str]:
    """What the page says of each reason."""
    return dict(ENTRY.findall(PAGE.read_text()))


def messages(reason: str) -> list[str]:
    """Every message that the page shows of this reason, as it stands there."""
    blocks = MESSAGES.findall(entries()[reason])
    return [message for block in blocks for message in block.strip().split("\n\n")]


def shown(reason: str, message: str) -> Iterator[str]:
    """Those messages of the page that this one, which the cluster gave, is an instance of."""
    for sample in messages(reason):
        own = (re.escape(_masked(words)) for words in OTHERS_WORDS.split(sample))
        if re.fullmatch(".+".join(own), _masked(message)):
            yield sample


def _masked(words: str) -> str:
    for pattern, word in MASKS:
        words = re.sub(pattern, word, words)
    return words
