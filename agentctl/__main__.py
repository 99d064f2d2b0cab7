"""The entry point."""

from __future__ import annotations

import sys


def main() -> None:
    """Run the command line and exit with its code. `--version` alone is answered without loading anything."""
    if sys.argv[1:] in (["--version"], ["-V"]):
        from agentctl import __version__

        sys.stdout.write(f"agentctl {__version__}\n")
        return
    from agentctl.cli.quick import quick

    code = quick(sys.argv[1:])
    if code is not None:
        sys.exit(code)
    from agentctl.cli.app import run

    sys.exit(run(sys.argv[1:]))


if __name__ == "__main__":
    main()
