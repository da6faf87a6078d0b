"""What to do about each reason of a failure, in the words of docs/reasons.md; a test compares."""

#: In the order of that page.
ADVICE = {
    "InvalidSpec": (
        "change that field; the platform's values `podSecurity` and "
        "`allowedServiceAccounts` say what is allowed"
    ),
    "InvalidFlow": (
        "`flowrun run FILE` shows the same on your machine; name one with `file.py:attr`"
    ),
    "InvalidParameters": "correct `spec.parameters`",
    "ImagePull": "name of the image, `imagePullSecrets`, the registry",
    "ContainerConfig": "create the object, or correct its name; `kubectl logs` of the runner",
    "Forbidden": "correct the podTemplate, or the namespace's policy",
    "QuotaExceeded": "free some, or ask for more",
    "Unschedulable": "smaller requests, other node selectors, a larger node",
    "ClusterStartTimeout": (
        "`kubectl logs` of runner, scheduler and workers, or of dask-kubernetes' operator where it "
        "has made none; a longer `startTimeoutSeconds` for large images, and for hundreds of runs "
        "at once"
    ),
    "TaskFailed": "the runner's log has the tracebacks",
    "VersionMismatch": ("one image for all three (`spec.image`); no other image in a podTemplate"),
    "RunnerCrashed": "the runner's log",
    "OutOfMemory": (
        "a larger limit in `runner.resources`, `cluster.scheduler.resources` or "
        "`cluster.worker.resources`; smaller tasks"
    ),
    "WorkersLost": "the workers' logs in the attempt's bundle; evictions and node events",
    "RunnerLost": "look for evictions and node events",
    "SchedulerLost": ("look at the scheduler pod's last state; more memory in `cluster.scheduler`"),
    "ClusterLost": "find out who did (the API server's audit log)",
    "DeadlineExceeded": "a longer deadline, or more workers",
    "Cancelled": "nothing; the phase is Cancelled",
    "Suspended": "`spec.suspend: false`",
}
