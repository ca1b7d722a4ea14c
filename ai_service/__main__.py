"""The command line: `python -m ai_service serve`, `grade`, `calibrate` and `transcribe`."""

import argparse
import asyncio
import os
import sys

from ai_service.calibration.commands import CommandError, add_commands
from ai_service.errors import ResourceError
from ai_service.main import serve
from ai_service.settings import SettingsError, load_engine_settings, load_settings
from ai_service.speech_commands import add_speech_commands


def main(arguments: list[str] | None = None) -> int:
    """Run a command and return its exit status: 0 done, 1 it could not run, 2 wrong usage or settings."""
    parser = argparse.ArgumentParser(prog="python -m ai_service", description="The interview engine.")
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser(
        "serve",
        help="serve gRPC until SIGTERM or Ctrl-C",
        description="Serve gRPC on AI_LISTEN until SIGTERM or Ctrl-C. AI_SERVICE_TOKEN is required.",
    )
    add_commands(commands)
    add_speech_commands(commands)
    chosen = parser.parse_args(arguments)
    try:
        if chosen.command == "serve":
            asyncio.run(serve(load_settings()))
            return 0
        status: int = chosen.run(chosen, load_engine_settings())
        return status
    except SettingsError as error:
        print(f"ai_service cannot start, because of its settings:\n{error}", file=sys.stderr)
        return 2
    except CommandError as error:
        print(error, file=sys.stderr)
        return 2
    except ResourceError as error:
        print(f"ai_service cannot run: {error}", file=sys.stderr)
        return 1
    except BrokenPipeError:  # whoever read the output has seen enough; nothing may be flushed to it any more
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1


if __name__ == "__main__":
    sys.exit(main())
