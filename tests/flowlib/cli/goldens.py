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

WHY = """\
FlowRun data/nightly  Failed
  Reason    WorkersLost
  Message   1 of 3 tasks failed; the first was load[1]: Attempted to run task 'load-1-4'
  Tasks     1 of 3 succeeded, 1 failed, 1 pending
  Memory    900 MiB at most, all workers together

What to do
  the workers' logs in the attempt's bundle; evictions and node events

Failed tasks
  load[1]   Attempted to run task 'load-1-4'

Attempts
  1   ended after 95s   exit code 3   WorkersLost

Last words of attempt 1
  runner.log
    line 12
    line 13
    line 14
    line 15
    line 16
    line 17
    line 18
    line 19
  events.txt
    w1: Warning OOMKilling
  worker-w1.log
    loading

Next
  flowrun logs nightly --attempt 1 -n data
  kubectl get configmap nightly-1-u1-post-mortem -o yaml -n data
  kubectl describe fr nightly -n data"""
