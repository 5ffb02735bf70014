"""`twin` and `python -m twin_app`: the command line, which Ctrl-C may end before it has begun."""

import sys


def main() -> int:
    """The exit code of the command."""
    try:
        from twin_app import cli

        return cli.main()
    except KeyboardInterrupt:
        sys.stderr.write("twin: interrupted\n")
        return 130


if __name__ == "__main__":
    sys.exit(main())
