import contextlib
import json
import os
import re
import signal
import socket
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.deploy.launching import Launched, processes_of, until

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="looks at processes through /proc")

Launch = Callable[..., Launched]


def accepts(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def test_first_start_answers_and_prints_what_to_try_next(launch: Launch) -> None:
    instance = launch().until_ready()

    assert instance.is_ready()
    assert f"curl -s {instance.address}/api/v1/auth/signup" in instance.output
    assert f"make demo PORT={instance.port} DATA={instance.data}" in instance.output
    assert "make admin EMAIL=" in instance.output


def test_secrets_are_private_and_on_no_command_line(launch: Launch) -> None:
    instance = launch().until_ready()

    file = instance.data / "secrets.json"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    commands = " ".join(processes_of(instance.data).values())
    assert "valkey-server" in commands
    assert not [name for name, value in json.loads(file.read_text()).items() if value in commands]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_stop_signal_leaves_no_process_and_no_open_port(relaunch: Launch, number: int) -> None:
    instance = relaunch().until_ready()
    running = json.loads((instance.data / "instance.json").read_text())
    ports = [instance.port, *(running[name] for name in ("postgres_port", "valkey_port", "ai_port"))]
    assert all(accepts(port) for port in ports)

    instance.stop(number)

    assert processes_of(instance.data) == {}
    assert not any(accepts(port) for port in ports)


def test_a_stop_during_the_start_leaves_nothing_and_the_next_start_works(launch: Launch) -> None:
    instance = launch()
    until(lambda: processes_of(instance.data).keys() - {instance.process.pid}, "its first child runs")

    instance.stop()

    assert processes_of(instance.data) == {}
    launch().until_ready()


def test_a_service_that_does_not_stop_is_ended_in_time(relaunch: Launch) -> None:
    instance = relaunch(STANDIN_CHAT_HANGS="1").until_ready()

    instance.stop()

    assert "chat_service did not stop in time" in instance.output
    assert processes_of(instance.data) == {}


def test_a_second_stop_signal_ends_everything_at_once(relaunch: Launch) -> None:
    instance = relaunch(STANDIN_CHAT_HANGS="1").until_ready()
    instance.process.send_signal(signal.SIGINT)
    instance.until_said("Stopping")

    def has_ended_after_another_signal() -> bool:
        instance.process.send_signal(signal.SIGINT)
        return instance.process.poll() is not None

    # Signals close to the first count as the same request, so more of them are sent until one counts.
    until(has_ended_after_another_signal, "it ends", 1.9)

    assert instance.process.returncode == 0
    assert processes_of(instance.data) == {}


def test_data_and_secrets_survive_a_restart(relaunch: Launch) -> None:
    first = relaunch().until_ready()
    first.request("POST", "/visits")
    secrets = (first.data / "secrets.json").read_text()
    first.stop()

    second = relaunch().until_ready()

    assert second.request("POST", "/visits") == (200, {"rows": 2, "visits": 2})
    assert (second.data / "secrets.json").read_text() == secrets


def test_a_second_instance_on_the_same_data_is_refused_with_the_first_one_named(relaunch: Launch) -> None:
    first = relaunch().until_ready()

    second = relaunch(port=first.port)

    assert second.ended(within=5) == 1
    assert f"process {first.process.pid} at {first.address}" in second.output
    assert first.is_ready()


def test_a_killed_launcher_leaves_no_process_and_its_data_to_the_next(relaunch: Launch) -> None:
    first = relaunch(STANDIN_CHAT_HANGS="1").until_ready()
    first.request("POST", "/visits")

    first.process.kill()
    first.process.wait()
    second = relaunch(port=first.port).until_ready()

    assert second.request("POST", "/visits") == (200, {"rows": 2, "visits": 2})
    second.process.kill()
    second.process.wait()
    until(lambda: not processes_of(second.data), "no process is left", 5)


def test_all_processes_killed_at_once_lose_nothing_that_was_acknowledged(relaunch: Launch) -> None:
    first = relaunch().until_ready()
    first.request("POST", "/visits")
    for pid in processes_of(first.data):
        with contextlib.suppress(ProcessLookupError):  # it ended with the one that was killed before it
            os.kill(pid, signal.SIGKILL)
    first.process.wait()

    second = relaunch().until_ready()

    assert second.request("POST", "/visits") == (200, {"rows": 2, "visits": 2})


@pytest.mark.parametrize("name", ["postgres", "valkey", "ai_service", "chat_service"])
def test_a_child_that_dies_is_started_again_with_a_message(relaunch: Launch, name: str) -> None:
    instance = relaunch().until_ready()
    before = instance.child(name)

    os.kill(before, signal.SIGKILL)

    instance.until_said(rf"{name} was ended by SIGKILL unexpectedly; starting it again")
    instance.until_said(rf"{name} was started again")
    until(instance.is_ready, "it is ready again")
    assert instance.child(name) != before


def test_a_child_that_others_keep_killing_is_started_again_each_time(relaunch: Launch) -> None:
    instance = relaunch().until_ready()
    for times in range(1, 6):
        os.kill(instance.child("chat_service"), signal.SIGKILL)
        instance.until_said(rf"(?s)(chat_service was started again.*){{{times}}}")
    until(instance.is_ready, "it is ready again")


def test_a_watchdog_that_dies_is_started_again_and_knows_all_children(relaunch: Launch) -> None:
    instance = relaunch().until_ready()
    before = instance.child("watchdog")
    os.kill(before, signal.SIGKILL)
    instance.until_said("watchdog had ended and was started again")

    assert instance.child("watchdog") != before
    instance.process.kill()
    instance.process.wait()
    until(lambda: not processes_of(instance.data), "no process is left", 5)


def test_a_child_that_keeps_dying_ends_the_launcher_with_its_last_words(relaunch: Launch) -> None:
    instance = relaunch().until_ready()
    (instance.data / "broken").touch()

    os.kill(instance.child("chat_service"), signal.SIGKILL)

    assert instance.ended(within=20) == 1
    assert "chat_service ended with exit code 1, 5 times in a row; giving up" in instance.output
    assert "the stand-in is broken" in instance.output
    assert processes_of(instance.data) == {}


def test_a_service_that_refuses_to_start_is_not_tried_again(launch: Launch) -> None:
    instance = launch(STANDIN_AI_REFUSES="'magic' is no engine")

    assert instance.ended(within=20) == 1
    assert "AI_ENGINE: 'magic' is no engine" in instance.output
    assert "starting it again" not in instance.output
    assert processes_of(instance.data) == {}


def test_a_port_in_use_is_said_before_anything_is_started(launch: Launch) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]

        instance = launch(port=port)

        assert instance.ended(within=5) == 1
    assert f"Port {port} on 127.0.0.1 is in use" in instance.output
    assert not (instance.data / "secrets.json").exists()


@pytest.mark.parametrize(
    ("variables", "message"),
    [
        ({"PORT": "http"}, "PORT='http' is not a port: give a number from 1 to 65535"),
        ({"PORT": "70000"}, "PORT='70000' is not a port"),
        ({"HOST": "no.such.host.invalid"}, "HOST='no.such.host.invalid' is not an address of this machine"),
    ],
)
def test_a_wrong_setting_is_named(launch: Launch, variables: dict[str, str], message: str) -> None:
    instance = launch(**variables)

    assert instance.ended(within=5) == 1
    assert message in instance.output


def test_a_file_as_data_is_refused(launch: Launch, data: Path) -> None:
    data.write_text("a file")

    instance = launch()

    assert instance.ended(within=5) == 1
    assert re.search(rf"DATA={data} cannot be used .*give a folder", instance.output)


def test_a_folder_with_other_files_is_refused_and_left_alone(launch: Launch, data: Path) -> None:
    data.mkdir()
    (data / "thesis.tex").touch()

    instance = launch()

    assert instance.ended(within=5) == 1
    assert "has files in it that are not of this program" in instance.output
    assert [path.name for path in data.iterdir()] == ["thesis.tex"]


def test_lost_secrets_are_not_replaced_beside_the_data_they_protect(relaunch: Launch) -> None:
    instance = relaunch().until_ready()
    instance.stop()
    secrets = instance.data / "secrets.json"
    secrets.unlink()

    again = relaunch()

    assert again.ended(within=10) == 1
    assert f"{secrets} is missing" in again.output
    assert not secrets.exists()


def test_a_pid_file_with_the_id_of_another_program_does_not_stop_the_database(relaunch: Launch) -> None:
    first = relaunch().until_ready()
    pid_file = first.data / "postgres" / "postmaster.pid"
    lines = pid_file.read_text().splitlines()
    first.stop()
    pid_file.write_text("\n".join([str(os.getpid()), *lines[1:]]) + "\n")

    relaunch().until_ready()


def test_admin_command_reaches_the_running_instance(relaunch: Launch, standin_checkout: Path) -> None:
    instance = relaunch().until_ready()
    environment = {**os.environ, "DATA": str(instance.data), "ADMIN_PASSWORD": "a-passphrase"}
    command = [sys.executable, "-m", "deploy.local", "create-admin", "ada@example.com"]

    made = subprocess.run(command, cwd=standin_checkout, env=environment, capture_output=True, text=True, check=False)
    instance.stop()
    late = subprocess.run(command, cwd=standin_checkout, env=environment, capture_output=True, text=True, check=False)

    assert (made.returncode, made.stdout) == (0, "ada@example.com a-passphrase 0\n")
    assert late.returncode == 1
    assert "Nothing runs on DATA=" in late.stderr


def test_it_stops_when_the_process_that_called_it_is_killed(relaunch: Launch) -> None:
    launcher = [sys.executable, "-m", "deploy.local", "run", "--stop-with-parent"]
    caller = relaunch(command=[sys.executable, "-c", f"import subprocess; subprocess.run({launcher})"]).until_ready()

    caller.process.kill()

    until(lambda: not processes_of(caller.data), "no process is left", 6)
    assert "Stopped." in caller.output


def test_it_stops_when_only_the_make_that_called_it_is_interrupted(relaunch: Launch, tmp_path: Path) -> None:
    makefile = tmp_path / "Makefile"
    makefile.write_text(f"run:\n\t@exec {sys.executable} -m deploy.local run --stop-with-parent\n")
    instance = relaunch(command=["make", "-f", str(makefile)]).until_ready()

    instance.process.send_signal(signal.SIGINT)

    assert instance.ended(within=5) == -signal.SIGINT
    assert "Stopped." in instance.output
    assert processes_of(instance.data) == {}


@pytest.mark.skipif(os.geteuid() != 0, reason="drops root")
def test_postgres_started_by_root_below_a_private_folder_keeps_one_capability(launch: Launch, tmp_path: Path) -> None:
    assert stat.S_IMODE(tmp_path.parent.stat().st_mode) == 0o700
    instance = launch().until_ready()

    status = Path(f"/proc/{instance.child('postgres')}/status").read_text()

    uids = re.search(r"Uid:\t(\d+)\t(\d+)\t(\d+)\t(\d+)", status)
    assert uids is not None
    assert "0" not in uids.groups()
    read_search = f"{1 << 2:016x}"
    for kind in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"):
        assert f"{kind}:\t{read_search}" in status
    assert stat.S_IMODE(tmp_path.parent.stat().st_mode) == 0o700
