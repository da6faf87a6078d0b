import json


def test_one_run_is_shown_at_one_look(cli, api_server, a_flowrun):
    api_server.answer("GET", f"{api_server.runs}/diamond", (200, a_flowrun(phase="Running")))
    result = cli("status", "diamond")
    assert result.exit_code == 0
    assert result.output.startswith("FlowRun data/diamond  Running\n  Flow      diamond.py\n")


def test_a_line_is_not_folded_on_a_pipe(cli, api_server, a_flowrun):
    long = "word " * 50 + "end"
    run = a_flowrun(phase="Failed", reason="TaskFailed", message=long)
    api_server.answer("GET", f"{api_server.runs}/diamond", (200, run))
    assert f"  Message   {long}\n" in cli("status", "diamond").output


def test_all_runs_of_a_namespace_are_a_table(cli, api_server, a_flowrun):
    runs = api_server.runs.replace("/data/", "/other/")
    api_server.answer("GET", runs, (200, {"items": [a_flowrun(), a_flowrun("b")]}))
    lines = cli("status", "-n", "other").output.splitlines()
    assert [line.split()[0] for line in lines] == ["NAME", "diamond", "b"]


def test_an_empty_namespace_is_said_to_be_empty(cli, api_server):
    api_server.answer("GET", api_server.runs, (200, {"items": []}))
    result = cli("status")
    assert (result.exit_code, result.output) == (0, "No FlowRuns in namespace data.\n")


def test_json_is_the_object_of_the_api_server(cli, api_server, a_flowrun):
    run = a_flowrun(phase="Running", result="\N{SNOWMAN}")
    api_server.answer("GET", f"{api_server.runs}/diamond", (200, run))
    assert json.loads(cli("status", "diamond", "--output", "json").output) == run


def test_a_run_that_is_not_there_is_named_in_the_servers_words(cli, api_server, a_refusal):
    words = 'flowruns.flowrun.dev "diamond" not found'
    api_server.answer("GET", f"{api_server.runs}/diamond", a_refusal(404, words))
    result = cli("status", "diamond")
    assert (result.exit_code, result.output) == (2, f"Error: {words}\n")
