"""The command line: `python -m ai_service serve`."""

import argparse
import asyncio
import sys

from ai_service.errors import ResourceError
from ai_service.main import serve
from ai_service.settings import SettingsError, load_settings


def main(arguments: list[str] | None = None) -> int:
    """Run a command and return its exit status: 0 done, 1 it could not run, 2 wrong usage or settings."""
    parser = argparse.ArgumentParser(prog="python -m ai_service", description="The interview engine.")
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser(
        "serve",
        help="serve gRPC until SIGTERM or Ctrl-C",
        description="Serve gRPC on AI_LISTEN until SIGTERM or Ctrl-C. AI_SERVICE_TOKEN is required.",
    )
    parser.parse_args(arguments)
    try:
        settings = load_settings()
    except SettingsError as error:
        print(f"ai_service cannot start, because of its settings:\n{error}", file=sys.stderr)
        return 2
    try:
        asyncio.run(serve(settings))
    except ResourceError as error:
        print(f"ai_service cannot run: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
