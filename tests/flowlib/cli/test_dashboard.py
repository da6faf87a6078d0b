import socket

import pytest

PODS = "/api/v1/namespaces/data/pods"
ENDED = "FlowRun data/diamond has ended (Succeeded): its cluster is gone"


@pytest.mark.parametrize(
    ("status", "message"),
    [
        ({}, "FlowRun data/diamond is Pending: it has no cluster yet"),
        ({"phase": "Succeeded", "clusterName": "diamond-1-abcde"}, ENDED),
    ],
)
def test_a_run_without_a_cluster_has_no_dashboard(cli, api_server, a_flowrun, status, message):
    api_server.answer("GET", f"{api_server.runs}/diamond", (200, a_flowrun(**status)))
    result = cli("dashboard", "diamond")
    assert result.exit_code == 2
    assert message in result.output
    assert "flowrun status diamond -n data" in result.output


def test_a_scheduler_that_is_not_ready_is_said_to_be_so(cli, api_server, a_flowrun):
    run = a_flowrun(phase="Starting", clusterName="diamond-1-abcde")
    api_server.answer("GET", f"{api_server.runs}/diamond", (200, run))
    api_server.answer("GET", PODS, (200, {"items": [a_scheduler("False")]}))
    result = cli("dashboard", "diamond")
    assert result.exit_code == 2
    assert "is Starting: its scheduler is not ready yet" in result.output
    assert api_server.requests[-1].query["labelSelector"] == [
        "dask.org/cluster-name=diamond-1-abcde,dask.org/component=scheduler"
    ]


def test_the_address_is_printed_and_the_command_ends_with_the_run(cli, api_server, a_flowrun):
    running = a_flowrun(phase="Running", clusterName="diamond-1-abcde")
    api_server.answer("GET", f"{api_server.runs}/diamond", (200, running))
    api_server.answer("GET", PODS, (200, {"items": [a_scheduler("True")]}))
    ended = a_flowrun(version=2, phase="Succeeded")
    api_server.answer("WATCH", api_server.runs, (200, [{"type": "MODIFIED", "object": ended}]))
    result = cli("dashboard", "diamond", "--port", "0")
    assert result.exit_code == 0
    assert result.stdout.startswith("http://127.0.0.1:")
    assert result.stdout.endswith("/status\n")
    assert "diamond: Succeeded: the dashboard went with its cluster" in result.stderr


def test_a_port_that_is_taken_is_an_error_where_it_was_asked_for(cli, api_server, a_flowrun):
    running = a_flowrun(phase="Running", clusterName="diamond-1-abcde")
    api_server.answer("GET", f"{api_server.runs}/diamond", (200, running))
    api_server.answer("GET", PODS, (200, {"items": [a_scheduler("True")]}))
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        result = cli("dashboard", "diamond", "--port", port)
    assert result.exit_code == 2
    assert f"--port {port}: Address already in use" in result.output


def a_scheduler(ready: str):
    return {
        "metadata": {"name": "diamond-1-abcde-scheduler-x"},
        "status": {"conditions": [{"type": "Ready", "status": ready}]},
    }
