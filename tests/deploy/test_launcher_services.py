"""The launcher with the product's own services."""

import json
import os
import re
import shlex
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.deploy.launching import ROOT, Launched, processes_of, until

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="looks at processes through /proc")


@pytest.fixture
def instance(data: Path) -> Iterator[Launched]:
    """The services with two workers of chat_service, ready."""
    launched = Launched(ROOT, data, environment={"WORKERS": "2", "RATE_LIMITS": "off"})
    try:
        yield launched.until_ready()
    finally:
        launched.end()
    until(lambda: not processes_of(data), "all processes end")


def test_the_next_steps_that_it_prints_work_and_ctrl_c_leaves_none_of_the_services(instance: Launched) -> None:
    printed = re.search(r"(curl -s .*)\\\n +(.*)", instance.output)
    assert printed is not None
    command = shlex.split(f"{printed[1]} {printed[2]}")

    account = json.loads(subprocess.run(command, capture_output=True, check=True).stdout)

    assert account["email"] == "you@example.com"
    page = re.search(rf"API pages +{instance.address}(\S+)", instance.output)
    assert page is not None
    assert instance.status("GET", page[1]) == 200
    made = subprocess.run(
        [sys.executable, "-m", "deploy.local", "create-admin", "ada@example.com"],
        cwd=ROOT,
        env={**os.environ, "DATA": str(instance.data), "ADMIN_PASSWORD": "correct horse battery staple"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert made.returncode == 0, made.stderr

    instance.stop()

    assert processes_of(instance.data) == {}
    assert "did not stop in time" not in instance.output


def test_the_services_find_each_other_again_after_any_dies_and_all_end_with_a_killed_launcher(
    instance: Launched,
) -> None:
    for name in ("postgres", "valkey", "ai_service", "chat_service"):
        os.kill(instance.child(name), signal.SIGKILL)

        instance.until_said(rf"{name} was started again")
        until(instance.is_ready, f"it is ready again after the death of {name}")

    instance.process.kill()
    instance.process.wait()

    until(lambda: not processes_of(instance.data), "no process is left", 5)
