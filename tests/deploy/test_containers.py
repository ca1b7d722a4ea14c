import json
import secrets
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from pydantic_settings import BaseSettings

from ai_service.settings import Settings as AiSettings
from ai_service.settings import load_settings
from chat_service.settings import DatabaseSettings
from chat_service.settings import Settings as ChatSettings
from tests.deploy.container_files import (
    COMPOSE_FILE,
    DOCKERFILE,
    ENV_EXAMPLE,
    ROOT,
    built_stage,
    compose,
    interpolated,
    services,
    stages,
    variables,
)

OWN_IMAGES = ("chat", "migrate", "ai")
STORES = ("postgres", "redis")
JOB = "migrate"
SETTINGS: dict[str, type[BaseSettings]] = {"chat": ChatSettings, "migrate": DatabaseSettings, "ai": AiSettings}
# Read by a command that an operator runs, never by the server.
OF_COMMANDS = {"ADMIN_PASSWORD"}


def run_tool(name: str, arguments: Sequence[str | Path]) -> None:
    """Run a checker of the development environment; fails with what it found."""
    program = Path(sys.executable).with_name(name)
    if not program.exists():
        pytest.skip(f"{name} is not installed beside {sys.executable}")
    done = subprocess.run([program, *arguments], cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def given(service: str) -> dict[str, str | None]:
    """What a container's environment names: its image's variables, and over them those of the compose file."""
    stage = built_stage(service)
    assert stage is not None
    return {**stage.environment(), **services()[service]["environment"]}


def test_the_compose_file_follows_the_published_schema() -> None:
    run_tool("check-jsonschema", ["--builtin-schema", "vendor.compose-spec", COMPOSE_FILE])


def test_the_compose_file_is_tidy_yaml() -> None:
    run_tool("yamllint", ["--strict", COMPOSE_FILE])


def test_the_dockerfile_passes_hadolint() -> None:
    run_tool("hadolint", ["--failure-threshold", "style", DOCKERFILE])


def test_only_the_chat_service_is_published_and_by_default_on_this_machine_alone() -> None:
    published = {name: service["ports"] for name, service in services().items() if "ports" in service}
    assert set(published) == {"chat"}
    assert [interpolated(port, {}) for port in published["chat"]] == ["127.0.0.1:8000:8000"]
    assert not any("network_mode" in service for service in services().values())


def test_the_stores_are_on_networks_without_a_way_out() -> None:
    internal = {name for name, network in compose()["networks"].items() if (network or {}).get("internal") is True}
    for name, service in services().items():
        if name not in {"chat", "ai"}:
            assert set(service["networks"]) <= internal, name


def test_the_engine_has_a_way_out_to_its_models_endpoint_that_nothing_else_shares() -> None:
    assert set(services()["ai"]["networks"]) == {"engine", "models"}
    assert compose()["networks"]["engine"] == {"internal": True}
    assert not compose()["networks"]["models"], "an ordinary network: outward connections, no published port"
    assert "ports" not in services()["ai"]
    for name, service in services().items():
        assert ("models" in service["networks"]) == (name == "ai"), name


def test_the_engine_cannot_reach_the_stores() -> None:
    for store in STORES:
        assert not set(services()["ai"]["networks"]) & set(services()[store]["networks"])


def test_every_secret_is_required_and_has_no_default() -> None:
    kinds = {name: kind for name, (kind, _) in variables(compose()).items()}
    secret = {name for name in kinds if name.endswith(("PASSWORD", "SECRET", "TOKEN"))}
    assert secret == {"POSTGRES_PASSWORD", "DATABASE_PASSWORD", "REDIS_PASSWORD", "JWT_SECRET", "AI_SERVICE_TOKEN"}
    assert {kinds[name] for name in secret} == {"?"}
    for name, (kind, message) in variables(compose()).items():
        assert kind == "-" or message == f"set {name}, e.g. openssl rand -hex 32"


def test_no_secret_is_written_down_in_an_environment() -> None:
    for service in services().values():
        for name, value in service["environment"].items():
            if name.endswith(("PASSWORD", "SECRET", "TOKEN", "AUTH", "_URL", "_KEY")) and value is not None:
                assert "?" in {kind for kind, _ in variables(value).values()}, name


def test_the_example_environment_names_every_secret_and_gives_none() -> None:
    lines = ENV_EXAMPLE.read_text("utf-8").splitlines()
    active = dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))
    optional = {line.removeprefix("#").split("=")[0] for line in lines if line.startswith("#") and line[1] != " "}
    required = {name for name, (kind, _) in variables(compose()).items() if kind == "?"}
    assert active == dict.fromkeys(required, "")
    passed_on = {name for service in services().values() for name, value in service["environment"].items() if not value}
    assert optional <= set(variables(compose())) | passed_on


def test_every_service_but_the_job_has_a_health_check() -> None:
    for name, service in services().items():
        if name == JOB:
            assert service["healthcheck"] == {"disable": True}
        elif stage := built_stage(name):
            assert stage.last("HEALTHCHECK"), name
            assert "healthcheck" not in service, name
        else:
            assert service["healthcheck"]["test"][0] == "CMD", name


def test_no_container_runs_as_root_or_can_gain_a_privilege() -> None:
    for name, service in services().items():
        assert service["cap_drop"] == ["ALL"], name
        assert service["security_opt"] == ["no-new-privileges:true"], name
        assert not {"privileged", "cap_add", "devices", "pid"} & set(service), name
        if stage := built_stage(name):
            assert stage.last("USER") == "10001:10001", name
        else:
            assert service["user"] not in {"root", "0"}, name


def test_every_container_writes_only_to_its_volumes_and_memory_and_has_limits() -> None:
    for name, service in services().items():
        assert service["read_only"] is True, name
        assert {"mem_limit", "pids_limit", "tmpfs"} <= set(service), name
        assert {"max-size", "max-file"} <= set(service["logging"]["options"]), name


def test_the_stores_keep_their_data_in_named_volumes() -> None:
    for store in STORES:
        assert services()[store]["volumes"][0].split(":")[0] in compose()["volumes"]


def test_no_two_services_build_the_same_image() -> None:
    built = [service["image"] for service in services().values() if "build" in service]
    assert len(built) == len(set(built))
    assert all(built_stage(name) for name in OWN_IMAGES)


def test_images_of_others_are_named_by_an_exact_version() -> None:
    for store in STORES:
        version = services()[store]["image"].rpartition(":")[2].partition("-")[0]
        assert len(version.split(".")) >= 2
        assert all(part.isdecimal() for part in version.split("."))


def test_the_schema_is_migrated_once_after_the_database_and_before_the_chat_service() -> None:
    job, chat = services()[JOB], services()["chat"]
    assert job["command"] == ["migrate"]
    assert job["restart"] == "no"
    assert job["image"] == chat["image"]
    assert job["depends_on"]["postgres"]["condition"] == "service_healthy"
    assert chat["depends_on"][JOB]["condition"] == "service_completed_successfully"
    assert all(service["restart"] == "unless-stopped" for name, service in services().items() if name != JOB)


@pytest.mark.parametrize("service", OWN_IMAGES)
def test_each_variable_is_a_setting_and_each_setting_can_be_set(service: str) -> None:
    settings = {name.upper() for name in SETTINGS[service].model_fields}
    if service == JOB:
        assert set(services()[service]["environment"]) == settings
    else:
        missing_or_unknown = set(given(service)) ^ (settings - OF_COMMANDS)
        assert not missing_or_unknown, "docker-compose.yml and settings.py differ"


@pytest.mark.parametrize("service", OWN_IMAGES)
def test_the_services_accept_the_environment_they_are_given(
    service: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    chosen = {name: secrets.token_hex(32) for name, (kind, _) in variables(compose()).items() if kind == "?"}
    for name in (name.upper() for name in SETTINGS[service].model_fields):
        monkeypatch.delenv(name, raising=False)
    for name, value in given(service).items():
        if value is not None:
            monkeypatch.setenv(name, interpolated(value, chosen))
    if service == "ai":
        monkeypatch.setenv("AI_CACHE", str(tmp_path))
    loaded: Any = {"chat": ChatSettings.load, "migrate": DatabaseSettings.load, "ai": load_settings}[service]()
    if service == "ai":
        assert loaded.ai_listen == "0.0.0.0:50051"
    else:
        assert chosen["DATABASE_PASSWORD"] in loaded.database_url
    if service == "chat":
        assert (loaded.host, loaded.port) == ("0.0.0.0", 8000)
        assert loaded.ai_address == f"ai:{given('ai')['AI_LISTEN'].rpartition(':')[2]}"  # type: ignore[union-attr]


def test_docker_waits_for_longer_than_the_services_take_to_stop() -> None:
    grace = services()["chat"]["stop_grace_period"]
    assert grace.endswith("s")
    assert int(grace[:-1]) > ChatSettings.model_fields["drain_seconds"].default


@pytest.mark.parametrize("service", ["chat", "ai"])
def test_the_health_check_asks_where_the_service_listens(service: str) -> None:
    check = stages()[service].last("HEALTHCHECK")
    assert check is not None
    command = json.loads(check.partition(" CMD ")[2])
    environment = stages()[service].environment()
    expected = {
        "chat": ["python", "probe.py", "http", f"http://127.0.0.1:{environment.get('PORT')}/readyz"],
        "ai": ["python", "probe.py", "grpc", f"127.0.0.1:{environment.get('AI_LISTEN', '').rpartition(':')[2]}"],
    }
    assert command == expected[service]
