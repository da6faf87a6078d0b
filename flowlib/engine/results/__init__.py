"""The kinds of results: where their bytes go."""

from flowlib.engine.results.azure_result import AzureResult
from flowlib.engine.results.constant_result import ConstantResult
from flowlib.engine.results.gcs_result import GCSResult
from flowlib.engine.results.local_result import LocalResult
from flowlib.engine.results.prefect_result import PrefectResult
from flowlib.engine.results.s3_result import S3Result
from flowlib.engine.results.secret_result import SecretResult

__all__ = [
    "AzureResult",
    "ConstantResult",
    "GCSResult",
    "LocalResult",
    "PrefectResult",
    "S3Result",
    "SecretResult",
]
