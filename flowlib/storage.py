"""Where Prefect 1 kept flows. Here kept as data and otherwise ignored: a FlowRun names the file.

Flows that say where they are stored run unchanged; spec.flow of a FlowRun says where the flow is.
"""

from typing import Any


class Storage:
    """Keeps its arguments as attributes, and does nothing."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self.args = args
        vars(self).update(kwargs)

    def __repr__(self) -> str:
        return f"<Storage: {type(self).__name__}>"


class Azure(Storage):
    """Azure Blob Storage."""


class Bitbucket(Storage):
    """A repository."""


class CodeCommit(Storage):
    """A repository."""


class Docker(Storage):
    """An image."""


class GCS(Storage):
    """Google Cloud Storage."""


class Git(Storage):
    """A repository."""


class GitHub(Storage):
    """A repository."""


class GitLab(Storage):
    """A repository."""


class Local(Storage):
    """A folder."""


class Module(Storage):
    """A Python module."""


class S3(Storage):
    """Amazon S3."""


class Webhook(Storage):
    """Any place that HTTP reaches."""
