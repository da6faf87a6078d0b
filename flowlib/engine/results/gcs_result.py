"""GCSResult: objects in a bucket of Google Cloud Storage."""

from typing import Any

from flowlib.client.secrets import local_secret
from flowlib.engine.results.filesystem_result import FileSystemResult


class GCSResult(FileSystemResult):
    """Needs gcsfs. Uses the secret GCP_CREDENTIALS, else what the machine's set-up says."""

    protocol = "gcs"

    def __init__(self, bucket: str | None = None, **kwargs: Any) -> None:
        if not bucket:
            raise ValueError("GCSResult needs the name of a bucket.")
        self.bucket = bucket
        super().__init__(**kwargs)

    def _options(self) -> dict[str, Any]:
        secret = local_secret("GCP_CREDENTIALS")
        return {"token": secret} if secret else {}
