import fcntl
import signal
import subprocess
import sys
from pathlib import Path

from deploy.local.watch import Watch
from tests.deploy.launching import ROOT, until

STUBBORN = """
import signal, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
print("set", flush=True)
time.sleep(60)
"""
POLITE = """
import signal, sys
signal.signal(signal.SIGINT, lambda *_: sys.exit(7))
print("set", flush=True)
signal.pause()
"""


def started(code: str) -> subprocess.Popen[bytes]:
    """A process in a group of its own that has set its signal handlers."""
    process = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, start_new_session=True)
    assert process.stdout is not None
    assert process.stdout.readline() == b"set\n"
    return process


def test_end_of_the_launcher_gives_each_group_its_own_signal_and_kills_what_stays() -> None:
    polite, stubborn, removed = started(POLITE), started(STUBBORN), started(STUBBORN)
    watch = Watch()
    watch.start()
    watch.add(polite.pid, signal.SIGINT)
    watch.add(stubborn.pid, signal.SIGTERM)
    watch.add(removed.pid, signal.SIGTERM)
    watch.remove(removed.pid)

    watch.stop()

    assert polite.wait(timeout=5) == 7
    assert stubborn.wait(timeout=5) == -signal.SIGKILL
    assert removed.poll() is None
    removed.kill()
    removed.wait()


def is_locked(path: Path) -> bool:
    with path.open("rb") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False


def test_a_killed_launchers_lock_is_held_until_everything_has_ended(tmp_path: Path) -> None:
    stubborn = started(STUBBORN)
    path = tmp_path / "lock"
    launcher = (
        "import fcntl, os, sys\n"
        "from deploy.local.watch import Watch\n"
        "lock = os.open(sys.argv[1], os.O_CREAT | os.O_RDWR)\n"
        "fcntl.flock(lock, fcntl.LOCK_EX)\n"
        "watch = Watch(holds=[lock])\n"
        "watch.start()\n"
        "watch.add(int(sys.argv[2]), 15)\n"
        "os.kill(os.getpid(), 9)\n"
    )

    subprocess.run([sys.executable, "-c", launcher, str(path), str(stubborn.pid)], cwd=ROOT, check=False)

    assert is_locked(path)
    until(lambda: not is_locked(path), "the lock is free")
    assert stubborn.poll() == -signal.SIGKILL
