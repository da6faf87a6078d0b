"""What the chart says by environment variables."""

import pytest

from flowrun_operator.settings import Settings

LEAST = {"FLOWRUN_RUNTIME_IMAGE": "runtime:1", "FLOWRUN_OPERATOR_NAMESPACE": "flowrun-system"}


def test_defaults() -> None:
    assert Settings.from_environment(LEAST) == Settings(
        runtime_image="runtime:1",
        operator_namespace="flowrun-system",
        allowed_service_accounts=frozenset({"default"}),
        pod_security="restricted",
        network_policy=True,
    )


def test_everything_said() -> None:
    said = {
        **LEAST,
        "FLOWRUN_ALLOWED_SERVICE_ACCOUNTS": "default, flows,",
        "FLOWRUN_POD_SECURITY": "namespace",
        "FLOWRUN_NETWORK_POLICY": "false",
    }
    settings = Settings.from_environment(said)

    assert settings.allowed_service_accounts == {"default", "flows"}
    assert settings.pod_security == "namespace"
    assert settings.network_policy is False


def test_no_service_account_may_be_named_where_the_list_is_empty() -> None:
    said = {**LEAST, "FLOWRUN_ALLOWED_SERVICE_ACCOUNTS": ""}
    assert Settings.from_environment(said).allowed_service_accounts == frozenset()


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("FLOWRUN_RUNTIME_IMAGE", ""),
        ("FLOWRUN_OPERATOR_NAMESPACE", " "),
        ("FLOWRUN_POD_SECURITY", "baseline"),
        ("FLOWRUN_NETWORK_POLICY", "yes"),
    ],
)
def test_a_wrong_value_is_named(variable: str, value: str) -> None:
    with pytest.raises(ValueError, match=variable):
        Settings.from_environment({**LEAST, variable: value})
