"""``python -m flowlib.runner``: docs/contract.md says what it is given and what it answers."""

import sys

from flowlib.runner.sigterm import Sigterm

if __name__ == "__main__":
    sigterm = Sigterm()  # before all other imports, which take their time

    from flowlib.runner.main import main

    sys.exit(main(sigterm))
