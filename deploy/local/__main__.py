import argparse
import sys

from deploy.local.admin import create_admin
from deploy.local.errors import LaunchError
from deploy.local.launcher import Launcher
from deploy.local.settings import Settings


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python -m deploy.local",
        description="Runs Mock Interview with its own PostgreSQL and Valkey. Environment: PORT, DATA, HOST, and "
        "every setting of the services.",
    )
    commands = parser.add_subparsers(dest="command")
    run = commands.add_parser("run", help="start everything and keep it running (the default)")
    run.add_argument("--stop-with-parent", action="store_true", help="stop when the calling process ends")
    admin = commands.add_parser("create-admin", help="make an admin of the instance that runs on DATA")
    admin.add_argument("email")
    chosen = parser.parse_args()
    try:
        settings = Settings.from_environment()
        if chosen.command == "create-admin":
            return create_admin(settings, chosen.email)
        Launcher(settings, stop_with_parent=getattr(chosen, "stop_with_parent", False)).run()
    except LaunchError as error:
        print(f"mock-interview: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
