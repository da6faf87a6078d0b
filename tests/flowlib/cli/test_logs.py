import pytest

CORE = "/api/v1/namespaces/data"
ATTEMPTS = [
    {"number": 1, "runnerPodName": "diamond-1-u1-runner", "postMortem": "diamond-1-u1-post-mortem"},
    {"number": 2, "runnerPodName": "diamond-2-u1-runner"},
]


@pytest.fixture
def run(api_server, a_flowrun):
    """Two attempts; the first failed."""
    body = a_flowrun(phase="Running", attempts=ATTEMPTS)
    api_server.answer("GET", f"{api_server.runs}/diamond", (200, body))


def log_of(number):
    return f"{CORE}/pods/diamond-{number}-u1-runner/log"


def test_the_last_attempts_log_is_shown_as_it_is(cli, api_server, run):
    api_server.answer("GET", log_of(2), (200, "one\n[red]two\nthree"))
    result = cli("logs", "diamond")
    assert (result.exit_code, result.output) == (0, "one\n[red]two\nthree\n")
    assert api_server.requests[-1].query == {"container": ["runner"], "follow": ["false"]}


def test_a_log_is_followed(cli, api_server, run):
    api_server.answer("GET", log_of(2), (200, "one\n"))
    result = cli("logs", "diamond", "-f")
    assert (result.exit_code, result.output) == (0, "one\n"), result.exception
    assert api_server.requests[-1].query["follow"] == ["true"]


def test_of_a_pod_that_is_gone_the_last_lines_were_kept(cli, api_server, run, a_refusal):
    api_server.answer("GET", log_of(1), a_refusal(404, "not found", "pods"))
    bundle = {"data": {"runner.log": "last\nwords"}}
    api_server.answer("GET", f"{CORE}/configmaps/diamond-1-u1-post-mortem", (200, bundle))
    result = cli("logs", "diamond", "--attempt", "1")
    assert (result.exit_code, result.stdout) == (0, "last\nwords\n")
    assert "Pod diamond-1-u1-runner is gone" in result.stderr


def test_where_nothing_was_kept_it_is_said(cli, api_server, run, a_refusal):
    api_server.answer("GET", log_of(2), a_refusal(404, "not found", "pods"))
    result = cli("logs", "diamond")
    assert result.exit_code == 2
    assert "is gone, and nothing was kept of its log" in result.output


def test_an_attempt_that_is_not_there_is_named(cli, run):
    result = cli("logs", "diamond", "--attempt", "3")
    assert result.exit_code == 2
    assert "has no attempt 3 (it has 1, 2)" in result.output


def test_a_container_that_waits_is_told_in_the_servers_words(cli, api_server, run, a_refusal):
    words = 'container "runner" in pod "diamond-2-u1-runner" is waiting to start'
    api_server.answer("GET", log_of(2), a_refusal(400, words, ""))
    result = cli("logs", "diamond")
    assert (result.exit_code, result.output) == (2, f"Error: {words}\n")
