"""Tasks that come with flowlib."""

import flowlib.core  # noqa: F401  first: core makes tasks of values, and tasks are core's
