"""The FlowRun API: what a user writes, what the operator answers, and the CRD made from both."""

from flowrun_operator.api.flowrun import FlowRun, ObjectMeta
from flowrun_operator.api.problem import Problem
from flowrun_operator.api.reasons import Reason
from flowrun_operator.api.spec import FlowRunSpec
from flowrun_operator.api.status import ConditionType, FlowRunStatus, Phase

__all__ = [
    "ConditionType",
    "FlowRun",
    "FlowRunSpec",
    "FlowRunStatus",
    "ObjectMeta",
    "Phase",
    "Problem",
    "Reason",
]
