"""What a run's World means: pure policies, one subject a file, first answer wins."""

from flowrun_operator.judge.policy import CHECKS, judge
from flowrun_operator.judge.verdict import Cause, Verdict

__all__ = ["CHECKS", "Cause", "Verdict", "judge"]
