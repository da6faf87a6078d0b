"""S3Result: objects in a bucket of S3, or of anything that speaks it."""

from typing import Any

from flowlib.client.secrets import local_secret
from flowlib.engine.results.filesystem_result import FileSystemResult

#: How the keys of the secret AWS_CREDENTIALS are called by the client.
CREDENTIALS = {
    "ACCESS_KEY": "aws_access_key_id",
    "SECRET_ACCESS_KEY": "aws_secret_access_key",
    "SESSION_TOKEN": "aws_session_token",
}


class S3Result(FileSystemResult):
    """Needs s3fs. boto3_kwargs are the client's arguments (``endpoint_url``, ``region_name``, ...).

    upload_options are extra arguments of each upload (``ServerSideEncryption``, ...). Without keys
    in boto3_kwargs, the secret AWS_CREDENTIALS is used, else what the machine's AWS set-up says.
    """

    protocol = "s3"

    def __init__(
        self,
        bucket: str,
        boto3_kwargs: dict[str, Any] | None = None,
        upload_options: dict[str, Any] | None = None,
        **kwargs: Any,
    ) -> None:
        self.bucket = bucket
        self.boto3_kwargs = boto3_kwargs or {}
        self.upload_options = upload_options or {}
        super().__init__(**kwargs)

    def _options(self) -> dict[str, Any]:
        secret = local_secret("AWS_CREDENTIALS")
        keys = {CREDENTIALS[k]: v for k, v in secret.items() if k in CREDENTIALS} if secret else {}
        return {
            "client_kwargs": {**keys, **self.boto3_kwargs},
            "s3_additional_kwargs": self.upload_options,
        }
