import pytest


@pytest.mark.parametrize(
    ("command", "spec", "said"),
    [
        ("cancel", {"cancel": True}, "is to be cancelled"),
        ("suspend", {"suspend": True}, "is to be suspended"),
        ("resume", {"suspend": False}, "may go on"),
    ],
)
def test_it_sets_one_field_of_spec(cli, api_server, a_flowrun, command, spec, said):
    path = f"{api_server.runs}/diamond"
    api_server.answer("GET", path, (200, a_flowrun(phase="Running")))
    api_server.answer("PATCH", path, (200, a_flowrun(phase="Running")))
    result = cli(command, "diamond")
    assert (result.exit_code, result.output) == (0, f"flowrun.flowrun.dev/diamond {said}\n")
    assert [r.body for r in api_server.requests if r.method == "PATCH"] == [{"spec": spec}]


@pytest.mark.parametrize("command", ["cancel", "suspend", "resume"])
def test_a_run_that_has_ended_is_left_alone(cli, api_server, a_flowrun, command):
    run = a_flowrun(phase="Succeeded")
    api_server.answer("GET", f"{api_server.runs}/diamond", (200, run))
    result = cli(command, "diamond")
    assert result.exit_code == 2
    assert result.output == "Error: FlowRun data/diamond has ended already: Succeeded\n"
    assert [request.method for request in api_server.requests] == ["GET"]
