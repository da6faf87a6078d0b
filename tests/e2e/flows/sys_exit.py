"""Ends its process while it is imported, as a script does that is done early."""

import sys

sys.exit(7)
