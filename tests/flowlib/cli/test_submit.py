from pathlib import Path

import pytest

MANIFEST = """\
apiVersion: flowrun.dev/v1alpha1
kind: FlowRun
metadata:
  name: diamond
  annotations: {team: a}
spec:
  flow: {entrypoint: diamond.py}
  parameters: {n: 1, m: 2}
"""
JOB = {"FLOWRUN_JOB_NAME": "nightly-29000000", "FLOWRUN_JOB_UID": "job-1"}
JOB_ANNOTATION = "flowrun.dev/created-by-job"


@pytest.fixture(autouse=True)
def manifest(tmp_path: Path) -> None:
    (tmp_path / "m.yaml").write_text(MANIFEST)


@pytest.fixture
def made_by(a_flowrun):
    def build(job: str, **status):
        run = a_flowrun("nightly-29000000", **status)
        run["metadata"]["annotations"] = {JOB_ANNOTATION: job}
        return run

    return build


def test_the_manifest_is_created_as_it_stands_and_strictly_validated(cli, api_server, a_flowrun):
    api_server.answer("POST", api_server.runs, (201, a_flowrun()))
    result = cli("submit", "m.yaml")
    assert (result.exit_code, result.output) == (0, "flowrun.flowrun.dev/diamond created\n")
    (request,) = api_server.requests
    assert request.query == {"fieldValidation": ["Strict"]}
    assert request.body["metadata"] == {
        "name": "diamond",
        "namespace": "data",
        "annotations": {"team": "a"},
    }
    assert request.body["spec"]["parameters"] == {"n": 1, "m": 2}


def test_options_win_over_the_manifest(cli, api_server, a_flowrun):
    api_server.answer("POST", api_server.runs.replace("data", "other"), (201, a_flowrun("x")))
    arguments = ["--name", "x", "-n", "other", "-p", "n=[3]"]
    assert cli("submit", "--from-file", "m.yaml", *arguments).exit_code == 0
    (request,) = api_server.requests
    assert request.body["metadata"]["name"] == "x"
    assert request.body["metadata"]["namespace"] == "other"
    assert request.body["spec"]["parameters"] == {"n": [3], "m": 2}


def test_a_scheduled_run_has_its_jobs_name_and_uid(cli, api_server, made_by):
    api_server.answer("POST", api_server.runs, (201, made_by("job-1")))
    result = cli("submit", "m.yaml", "--name-from-schedule", **JOB)
    assert result.output == "flowrun.flowrun.dev/nightly-29000000 created\n"
    metadata = api_server.requests[0].body["metadata"]
    assert metadata["name"] == "nightly-29000000"
    assert metadata["annotations"] == {"team": "a", JOB_ANNOTATION: "job-1"}


def test_outside_a_job_a_scheduled_name_is_refused_with_what_to_set(cli):
    result = cli("submit", "m.yaml", "--name-from-schedule", FLOWRUN_JOB_NAME="nightly-1")
    assert result.exit_code == 2
    assert "FLOWRUN_JOB_NAME and FLOWRUN_JOB_UID are not set" in result.output
    assert "batch.kubernetes.io/controller-uid" in result.output


def test_a_creator_started_anew_waits_for_the_run_that_its_job_made(
    cli, api_server, a_refusal, made_by
):
    api_server.answer("POST", api_server.runs, a_refusal(409, "already exists"))
    api_server.answer(
        "GET",
        f"{api_server.runs}/nightly-29000000",
        (200, made_by("job-1", phase="Running")),
        (200, made_by("job-1", phase="Running")),
    )
    api_server.answer(
        "WATCH",
        api_server.runs,
        (200, [{"type": "MODIFIED", "object": made_by("job-1", phase="Succeeded")}]),
    )
    result = cli("submit", "m.yaml", "--name-from-schedule", "--wait", **JOB)
    assert result.exit_code == 0
    assert result.output.startswith("flowrun.flowrun.dev/nightly-29000000 exists: this Job made")


@pytest.mark.parametrize("environment", [JOB, {}])
def test_a_run_of_that_name_that_something_else_made_is_an_error(
    cli, api_server, environment, a_flowrun, a_refusal
):
    api_server.answer("POST", api_server.runs, a_refusal(409, "already exists"))
    api_server.answer("GET", f"{api_server.runs}/diamond", (200, a_flowrun()))
    result = cli("submit", "m.yaml", **environment)
    assert result.exit_code == 2
    assert "FlowRun data/diamond exists already, and something else made it" in result.output
    assert "kubectl delete fr diamond -n data" in result.output


@pytest.mark.parametrize(("phase", "code"), [("Succeeded", 0), ("Failed", 3), ("Cancelled", 4)])
def test_the_wait_prints_what_changes_and_ends_as_the_run_does(
    cli, api_server, phase, code, a_flowrun
):
    api_server.answer("POST", api_server.runs, (201, a_flowrun()))
    api_server.answer("GET", f"{api_server.runs}/diamond", (200, a_flowrun()))
    starting = a_flowrun(version=2, phase="Starting")
    stuck = a_flowrun(version=3, phase="Starting", reason="ImagePull", message="no such image")
    ended = a_flowrun(
        version=4,
        phase=phase,
        tasks={"total": 3, "succeeded": 2, "failed": 1},
        failedTasks=[{"name": "inc[1]", "message": "ValueError('no')"}],
        result=9900,
    )
    events = [{"type": "MODIFIED", "object": run} for run in (starting, starting, stuck, ended)]
    api_server.answer("WATCH", api_server.runs, (200, events))
    result = cli("submit", "m.yaml", "--wait")
    assert result.exit_code == code
    assert result.output == (
        "flowrun.flowrun.dev/diamond created\n"
        "diamond: Pending\n"
        "diamond: Starting\n"
        "diamond: Starting (ImagePull: no such image)\n"
        f"Phase         {phase}\n"
        "Tasks         2 of 3 succeeded, 1 failed\n"
        "Failed task   inc[1]: ValueError('no')\n"
        "Result        9900\n"
    )
    watch = api_server.requests[-1]
    assert watch.query["fieldSelector"] == ["metadata.name=diamond"]
    assert watch.query["resourceVersion"] == ["1"]


def test_a_run_that_is_deleted_while_it_is_waited_for_exits_4(cli, api_server, a_flowrun):
    api_server.answer("POST", api_server.runs, (201, a_flowrun()))
    api_server.answer("GET", f"{api_server.runs}/diamond", (200, a_flowrun()))
    api_server.answer(
        "WATCH", api_server.runs, (200, [{"type": "DELETED", "object": a_flowrun(version=2)}])
    )
    result = cli("submit", "m.yaml", "--wait")
    assert result.exit_code == 4
    assert "data/diamond was deleted before it finished" in result.output


def test_a_refusal_is_shown_in_the_api_servers_words(cli, api_server, a_refusal):
    words = 'FlowRun in version "v1alpha1" cannot be handled: unknown field "spec.imag"'
    api_server.answer("POST", api_server.runs, a_refusal(400, words))
    result = cli("submit", "m.yaml")
    assert (result.exit_code, result.output) == (2, f"Error: {words}\n")


def test_a_cluster_without_flowruns_gets_the_command_that_installs_them(cli, api_server):
    api_server.answer("POST", api_server.runs, (404, "404 page not found"))
    result = cli("submit", "m.yaml")
    assert result.exit_code == 2
    assert "does not know FlowRuns" in result.output
    assert "helm install" in result.output


def test_an_api_server_that_is_not_well_is_no_refusal(cli, api_server, a_refusal):
    api_server.answer("POST", api_server.runs, a_refusal(503, "etcd is away"))
    result = cli("submit", "m.yaml")
    assert result.exit_code == 1
    assert "cannot answer now: etcd is away" in result.output


def test_no_connection_exits_1_and_says_where_it_looked(cli, api_server, tmp_path):
    kubeconfig = Path(cli.environment["KUBECONFIG"])
    kubeconfig.write_text(kubeconfig.read_text().replace(api_server.url, "http://127.0.0.1:1"))
    result = cli("submit", "m.yaml")
    assert result.exit_code == 1
    assert "no connection to the API server http://127.0.0.1:1" in result.output
    assert "Traceback" not in result.output


def test_no_kubeconfig_at_all_exits_1(cli, tmp_path):
    result = cli("submit", "m.yaml", KUBECONFIG=str(tmp_path / "none"))
    assert result.exit_code == 1
    assert "no way to a Kubernetes API server" in result.output


def test_a_kubeconfig_that_cannot_be_read_is_named(cli, tmp_path):
    (tmp_path / "bad").write_text("a: [")
    result = cli("submit", "m.yaml", "--kubeconfig", str(tmp_path / "bad"))
    assert result.exit_code == 1
    assert "no way to a Kubernetes API server" in result.output
    assert str(tmp_path / "bad") in result.output


def test_a_context_that_does_not_exist_is_named(cli):
    result = cli("submit", "m.yaml", "--context", "production")
    assert result.exit_code == 1
    assert "production" in result.output


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "give one manifest"),
        (["m.yaml", "--from-file", "m.yaml"], "give one manifest"),
        (["m.yaml", "--name", "x", "--name-from-schedule"], "exclude each other"),
        (["none.yaml"], "none.yaml: No such file or directory"),
    ],
)
def test_wrong_usage_exits_2_before_anything_is_sent(cli, api_server, arguments, message):
    result = cli("submit", *arguments)
    assert (result.exit_code, message in result.output) == (2, True)
    assert api_server.requests == []


def test_a_namespace_option_that_contradicts_the_manifest_is_an_error(cli, tmp_path):
    (tmp_path / "m.yaml").write_text(MANIFEST.replace("  name:", "  namespace: a\n  name:"))
    result = cli("submit", "m.yaml", "-n", "b")
    assert result.exit_code == 2
    assert "m.yaml:4: namespace 'a', but -n says 'b'" in result.output


def test_a_manifest_without_a_name_needs_one(cli, tmp_path):
    (tmp_path / "m.yaml").write_text(MANIFEST.replace("  name: diamond\n", ""))
    result = cli("submit", "m.yaml")
    assert (result.exit_code, "m.yaml: no metadata.name" in result.output) == (2, True)
