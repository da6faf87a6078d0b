"""AzureResult: blobs in a container of Azure Storage."""

import os
from typing import Any

from flowlib.client.secrets import Secret
from flowlib.engine.results.filesystem_result import FileSystemResult


class AzureResult(FileSystemResult):
    """Needs adlfs. The connection string is given, or the value of the secret that is named.

    Without either, ``AZURE_STORAGE_CONNECTION_STRING`` of the environment is used.
    """

    protocol = "abfs"

    def __init__(
        self,
        container: str,
        connection_string: str | None = None,
        connection_string_secret: str | None = None,
        **kwargs: Any,
    ) -> None:
        self.container = container
        self.connection_string = connection_string
        self.connection_string_secret = connection_string_secret
        super().__init__(**kwargs)

    @property
    def bucket(self) -> str:  # type: ignore[override]  # Azure calls it a container
        return self.container

    def _options(self) -> dict[str, Any]:
        given = self.connection_string
        if given is None and self.connection_string_secret is not None:
            given = Secret(self.connection_string_secret).get()
        return {"connection_string": given or os.environ.get("AZURE_STORAGE_CONNECTION_STRING")}
