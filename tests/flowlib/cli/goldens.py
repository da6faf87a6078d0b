"""What the commands print, character by character; docs/cli.md shows the same."""

RUNNING_SCREEN = """\
FlowRun data/diamond  Running
  Flow         diamond.py
  Created      11s ago
  Duration     6s
  Attempt      1
  Workers      2 of 2 ready
  Tasks        180 of 301 succeeded, 2 running, 119 pending
  Dashboard    http://diamond-1-3f9c2-scheduler.data:8787
  Cluster      diamond-1-3f9c2
  Runner pod   diamond-1-3f9c2-runner

Conditions
  Valid          True   Valid   The spec is valid.
  ClusterReady   True   Ready   2 workers.

Attempts
  1   since 2026-11-22T05:00:01Z

Next
  flowrun dashboard diamond -n data
  kubectl logs -f diamond-1-3f9c2-runner -n data"""

ENDING = """\
Phase    Succeeded
Tasks    301 of 301 succeeded
Result   9900"""
