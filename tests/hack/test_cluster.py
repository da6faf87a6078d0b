"""What kind is told, and what is done to CoreDNS."""

import json
from pathlib import Path
from typing import Any

import pytest

from hack.kind import __main__ as command
from hack.kind import cluster, paths

COREFILE = """\
.:53 {
    kubernetes cluster.local in-addr.arpa ip6.arpa {
       pods insecure
    }
    forward . /etc/resolv.conf {
       max_concurrent 1000
    }
    cache 30
    loop
    reload
}
"""


def config(made_here: bool) -> Any:
    return json.loads(json.dumps(cluster.kind_config("image:1", Path("/policy"), made_here)))


def test_corefile_loses_forward_and_loop_and_nothing_else() -> None:
    assert cluster.without_upstream(COREFILE) == (
        ".:53 {\n"
        "    kubernetes cluster.local in-addr.arpa ip6.arpa {\n"
        "       pods insecure\n"
        "    }\n"
        "    cache 30\n"
        "    reload\n"
        "}\n"
    )


def test_api_server_listens_on_loopback_only() -> None:
    assert config(made_here=False)["networking"] == {"apiServerAddress": "127.0.0.1"}


def test_an_image_made_here_brings_its_own_network() -> None:
    networking = config(made_here=True)["networking"]
    assert networking["disableDefaultCNI"] is True
    assert networking["kubeProxyMode"] == "nftables"


def test_audit_log_is_written_bounded_and_where_it_is_read() -> None:
    (patch,) = config(made_here=True)["nodes"][0]["kubeadmConfigPatches"]
    server = json.loads(patch)["apiServer"]
    arguments = server["extraArgs"]
    assert arguments["audit-log-path"] == cluster.AUDIT_LOG
    assert {"audit-log-maxsize", "audit-log-maxbackup"} <= arguments.keys()
    mounted = {volume["mountPath"]: volume["readOnly"] for volume in server["extraVolumes"]}
    assert mounted[str(Path(cluster.AUDIT_LOG).parent)] is False
    assert mounted[str(Path(arguments["audit-policy-file"]).parent)] is True


def test_marks_of_loaded_images_are_plain_file_names() -> None:
    assert cluster.mark_file("a.example/b:c") == "/kind/loaded-a.example_b_c"


@pytest.mark.parametrize("words", [["down"], ["load", "image:1"]])
def test_a_cluster_that_the_user_names_is_left_alone(
    words: list[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("FLOWRUN_KUBECONFIG", "/named")
    monkeypatch.setattr(paths, "CACHE", tmp_path)
    monkeypatch.setattr("sys.argv", ["hack.kind", *words])
    assert command.main() == 1
    assert "FLOWRUN_KUBECONFIG" in capsys.readouterr().err
