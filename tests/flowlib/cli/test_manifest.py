from pathlib import Path

import pytest

from flowlib.cli.manifest import BadManifest, load, read

GOOD = """\
apiVersion: flowrun.dev/v1alpha1
kind: FlowRun
metadata:
  name: diamond
spec:
  flow:
    entrypoint: diamond.py
  env:
    - name: DAY
      value: "1"
"""


def test_every_field_knows_its_line():
    manifest = read(GOOD, "m.yaml")
    assert manifest.at(("spec", "env", 0, "value")) == "m.yaml:10"
    assert manifest.at(("spec", "flow", "source", "inline")) == "m.yaml:6"


def test_a_date_stays_text_as_kubernetes_reads_it():
    manifest = read(GOOD + "  parameters: {day: 2026-11-22}\n", "m.yaml")
    assert manifest.spec["parameters"] == {"day": "2026-11-22"}


def test_metadata_may_be_empty():
    assert read(GOOD.replace("  name: diamond\n", ""), "m.yaml").metadata == {}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("spec: [", "m.yaml:1:8: no YAML: "),
        ("", "m.yaml: holds 0 YAML documents, not one FlowRun"),
        (GOOD + "---\n" + GOOD, "m.yaml: holds 2 YAML documents, not one FlowRun"),
        ("- a\n", "m.yaml:1: a FlowRun manifest is a YAML mapping"),
        (GOOD.replace("FlowRun", "Flow"), "m.yaml:2: kind is 'Flow', not 'FlowRun'"),
        (
            GOOD.replace("v1alpha1", "v2"),
            "m.yaml:1: apiVersion is 'flowrun.dev/v2', not 'flowrun.dev/v1alpha1'",
        ),
        (GOOD.replace("  name: diamond", "  - a"), "m.yaml:3: metadata is not a mapping"),
        (GOOD[: GOOD.index("spec:")], "m.yaml:1: spec is missing, or not a mapping"),
        (GOOD + "  flow: {}\n", "m.yaml:11: spec.flow is written twice, first in line 6"),
        (GOOD + "  parameters: !!python/name:os.system\n", "m.yaml:11:15: no YAML: "),
    ],
)
def test_what_is_no_flowrun_is_named_with_its_line(text, message):
    with pytest.raises(BadManifest) as raised:
        read(text, "m.yaml")
    assert raised.value.message.startswith(message)


def test_an_alias_that_leads_round_in_a_circle_ends():
    manifest = read(GOOD + "  parameters: &here\n    again: *here\n", "m.yaml")
    assert manifest.at(("spec", "parameters", "again")) == "m.yaml:12"


def test_a_missing_file_is_named(tmp_path: Path):
    with pytest.raises(BadManifest, match=r"none.yaml: No such file or directory"):
        load(str(tmp_path / "none.yaml"))


def test_a_file_that_is_not_text_is_named(tmp_path: Path):
    (tmp_path / "m.yaml").write_bytes(b"\xff\xfe")
    with pytest.raises(BadManifest, match="not UTF-8"):
        load(str(tmp_path / "m.yaml"))
