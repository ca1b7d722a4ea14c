import os
import subprocess
import sys
from pathlib import Path

import pytest
from google.protobuf import descriptor_pb2

ROOT = Path(__file__).resolve().parents[3]
FOLDER = Path("protos/interview_engine/v1")
PROTOS = sorted(path.relative_to(ROOT) for path in (ROOT / FOLDER).glob("*.proto"))


def _protoc(*arguments: str) -> None:
    # The mypy plugins of protoc are programs beside the interpreter.
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
    subprocess.run(
        [sys.executable, "-m", "grpc_tools.protoc", "-I", ".", *arguments, *map(str, PROTOS)],
        cwd=ROOT,
        env={**os.environ, "PATH": path},
        check=True,
        capture_output=True,
        timeout=60,
    )


def test_the_generated_modules_are_those_of_the_protos(tmp_path: Path) -> None:
    kinds = ("python", "grpc_python", "mypy", "mypy_grpc")
    _protoc(*(f"--{kind}_out={tmp_path}" for kind in kinds))
    made = {path.name: path.read_text(encoding="utf-8") for path in (tmp_path / FOLDER).iterdir()}
    committed = {
        path.name: path.read_text(encoding="utf-8")
        for path in (ROOT / FOLDER).iterdir()
        if "_pb2" in path.name and path.suffix in (".py", ".pyi")
    }
    assert made.keys() == committed.keys()
    stale = [name for name in made if made[name] != committed[name]]
    assert stale == [], "run `make protos`"


@pytest.fixture(scope="module")
def described(tmp_path_factory: pytest.TempPathFactory) -> list[descriptor_pb2.FileDescriptorProto]:
    file = tmp_path_factory.mktemp("protos") / "descriptors"
    _protoc("--include_source_info", f"--descriptor_set_out={file}")
    return list(descriptor_pb2.FileDescriptorSet.FromString(file.read_bytes()).file)


def _paths(file: descriptor_pb2.FileDescriptorProto) -> dict[tuple[int, ...], str]:
    """The descriptor path of every message, field, enumeration, value, service and method, with its name."""
    paths: dict[tuple[int, ...], str] = {}
    for number, message in enumerate(file.message_type):
        paths[4, number] = message.name
        for place, field in enumerate(message.field):
            paths[4, number, 2, place] = f"{message.name}.{field.name}"
    for number, enumeration in enumerate(file.enum_type):
        paths[5, number] = enumeration.name
        for place, value in enumerate(enumeration.value):
            paths[5, number, 2, place] = value.name
    for number, service in enumerate(file.service):
        paths[6, number] = service.name
        for place, method in enumerate(service.method):
            paths[6, number, 2, place] = f"{service.name}.{method.name}"
    return paths


def test_every_message_field_value_and_method_has_a_comment(
    described: list[descriptor_pb2.FileDescriptorProto],
) -> None:
    bare = []
    for file in described:
        commented = {
            tuple(location.path) for location in file.source_code_info.location if location.leading_comments.strip()
        }
        bare += [name for path, name in _paths(file).items() if path not in commented]
    assert bare == []


def test_every_enumeration_begins_with_an_unspecified_value(
    described: list[descriptor_pb2.FileDescriptorProto],
) -> None:
    for file in described:
        assert file.package == "interview_engine.v1"
        for enumeration in file.enum_type:
            assert enumeration.value[0].name.endswith("_UNSPECIFIED")
            assert enumeration.value[0].number == 0
