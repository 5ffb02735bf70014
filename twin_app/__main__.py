"""`twin` and `python -m twin_app`: the command line."""

import sys

from twin_app.cli import main

if __name__ == "__main__":
    sys.exit(main())
