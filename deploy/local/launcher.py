import http.client
import os
import shlex
import sys
import time
from pathlib import Path

from deploy.local.data_folder import DataFolder, Instance
from deploy.local.errors import StopRequested
from deploy.local.ports import accepts_connections, free_port, reachable_host, require_free
from deploy.local.postgres import PostgresServer
from deploy.local.secrets_file import Secrets
from deploy.local.services import ai_environment, chat_environment, service_process
from deploy.local.settings import DEFAULT_DATA, DEFAULT_PORT, Settings
from deploy.local.stop_signals import StopSignals
from deploy.local.supervisor import Supervisor
from deploy.local.valkey import ValkeyServer
from deploy.local.watch import Watch

# What the slowest machine may take; a machine with two cores takes a few seconds.
_READY_SECONDS = 120.0

_NEXT_STEPS = """
Mock Interview is ready at {address} (in {seconds:.1f} s; its data is in {data}).

  API pages      {address}/api/v1/docs
  sign up        curl -s {address}/api/v1/auth/signup -H 'Content-Type: application/json' \\
                   -d '{{"email": "you@example.com", "password": "a-long-passphrase-1"}}'
  an interview   make demo{variables}
  first admin    make admin EMAIL=you@example.com{variables}

Ctrl-C stops it. Logs are in {logs}."""


class Launcher:
    """Starts everything, keeps it running, and stops it when asked to."""

    def __init__(self, settings: Settings, *, stop_with_parent: bool) -> None:
        self._settings = settings
        self._folder = DataFolder(settings.data)
        self._signals = StopSignals(os.getppid() if stop_with_parent else None)
        self._begun = time.monotonic()
        self._address = f"http://{reachable_host(settings.host)}:{settings.port}"

    def run(self) -> None:
        """Returns once a stop was asked for and all has stopped. Raises LaunchError when it cannot start or go on."""
        try:
            self._folder.open(say, self._signals.wait_or_stop)
        except StopRequested:
            return
        require_free(self._settings.host, self._settings.port)
        watch = Watch(holds=[self._folder.lock])
        watch.start()
        supervisor = Supervisor(self._signals, watch, say)
        try:
            self._start(supervisor, watch)
            supervisor.watch_over()
        except StopRequested:
            say("Stopping.")
        finally:
            supervisor.stop()
            watch.stop()
            self._folder.retract()
            self._signals.ignore()
        say("Stopped.")

    def _start(self, supervisor: Supervisor, watch: Watch) -> None:
        folder, secrets = self._folder, Secrets.load_or_create(self._folder.secrets, self._folder.postgres)
        postgres = PostgresServer(
            folder.postgres,
            folder.logs / "postgres.log",
            owner_password=secrets.database_password,
            superuser_password=secrets.database_superuser_password,
            watch=watch,
        )
        valkey = ValkeyServer(folder.valkey, folder.logs / "valkey.log", secrets.redis_password, watch=watch)
        ai_port = free_port()
        chat = chat_environment(
            self._settings, folder, secrets, database_url=postgres.url(), redis_url=valkey.url(), ai_port=ai_port
        )
        ai = ai_environment(self._settings, folder, secrets, ai_port=ai_port)
        folder.announce(Instance(os.getpid(), self._address, postgres.port, valkey.port, ai_port))

        supervisor.start(valkey.process)
        supervisor.start(service_process("ai_service", ai, folder, watch, "ai_service", "serve"))
        if postgres.create(supervisor.pause):
            self._progress("postgres", "made its data folder")
        supervisor.start(postgres.process)
        supervisor.wait_until(postgres.is_ready, "postgres", 60)
        self._progress("postgres", "is ready")
        migrations = service_process("migrations", chat, folder, watch, "chat_service", "migrate")
        migrations.run_to_end(_READY_SECONDS, supervisor.pause)
        self._progress("migrations", "are done")
        supervisor.wait_until(valkey.is_ready, "valkey", 60)
        self._progress("valkey", "is ready")
        supervisor.start(service_process("chat_service", chat, folder, watch, "chat_service", "serve"))
        supervisor.wait_until(lambda: accepts_connections(ai_port), "ai_service", _READY_SECONDS)
        self._progress("ai_service", "listens")
        supervisor.wait_until(self._is_ready, "chat_service", _READY_SECONDS)
        self._progress("chat_service", "is ready")
        say(self._next_steps())

    def _is_ready(self) -> bool:
        connection = http.client.HTTPConnection(reachable_host(self._settings.host), self._settings.port, timeout=0.9)
        try:
            connection.request("GET", "/readyz")
            return connection.getresponse().status == 200
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()

    def _progress(self, name: str, what: str) -> None:
        say(f"  {time.monotonic() - self._begun:5.1f} s  {name} {what}")

    def _next_steps(self) -> str:
        port, data = self._settings.port, self._settings.data
        chosen = [f"PORT={port}"] if port != DEFAULT_PORT else []
        if data != Path(DEFAULT_DATA).absolute():
            chosen.append(f"DATA={shlex.quote(str(data))}")
        return _NEXT_STEPS.format(
            address=self._address,
            seconds=time.monotonic() - self._begun,
            data=data,
            logs=self._folder.logs,
            variables="".join(f" {variable}" for variable in chosen),
        )


def say(line: str) -> None:
    """Print a line; a terminal or pipe that has gone away stops nothing."""
    try:
        print(line, flush=True)
    except OSError:
        # So that the interpreter does not fail on it once more at its end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
