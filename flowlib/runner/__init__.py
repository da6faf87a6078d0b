"""What the runner pod does: preflight, wait, run, report, verdict (docs/contract.md)."""
