"""Whisper's weights: in a local folder, or fetched from the hub into the cache with progress on the log."""

import time
from pathlib import Path
from typing import Any

import structlog
from tqdm.asyncio import tqdm_asyncio

from ai_service.errors import ResourceError

# What faster-whisper reads.
_FILES = ("config.json", "preprocessor_config.json", "model.bin", "tokenizer.json", "vocabulary.*")
_LOG_SECONDS = 5.0
_MEGABYTE = 1_000_000

_log = structlog.get_logger("ai_service.speech")


def local_folder(model: str) -> Path | None:
    """The folder that `model` names; None when it is the name of a model of the hub."""
    path = Path(model).expanduser()
    return path if path.is_dir() else None


def fetched(model: str, cache: Path, endpoint: str | None = None) -> Path:
    """The folder of a model: its own, that of the cache, or a new one of the cache, fetched from the hub first.

    `model` is a folder, a short name of faster-whisper such as small.en, or a repository of the hub; `endpoint` is
    another hub's address. Blocks, for minutes where it fetches. Raises `ResourceError`.
    """
    folder = local_folder(model)
    if folder is not None:
        return folder
    from huggingface_hub import errors, hf_hub_download, snapshot_download

    repository, hub_cache = _repository(model), cache / "whisper"
    try:
        folder = Path(
            snapshot_download(repository, cache_dir=hub_cache, allow_patterns=list(_FILES), local_files_only=True)
        )
        if _is_complete(folder):
            return folder
    except errors.LocalEntryNotFoundError:
        pass
    began = time.monotonic()
    try:
        listed = snapshot_download(
            repository,
            cache_dir=hub_cache,
            allow_patterns=list(_FILES),
            endpoint=endpoint,
            tqdm_class=_bar(_Report(repository, 0)),
            dry_run=True,
        )
        report = _Report(repository, sum(file.file_size or 0 for file in listed))
        for file in listed:
            path = hf_hub_download(
                repository,
                file.filename,
                revision=file.commit_hash,
                cache_dir=hub_cache,
                endpoint=endpoint,
                tqdm_class=_bar(report),
            )
            folder = Path(path).parent
            report.add_file(file.file_size or 0)
    except Exception as error:
        raise ResourceError(
            f"the Whisper model {repository} could not be fetched from the hub ({type(error).__name__}); "
            "check the network and SPEECH_WHISPER_MODEL, or name a folder that holds it"
        ) from error
    if folder is None or not _is_complete(folder):
        raise ResourceError(f"{repository} holds no Whisper model that CTranslate2 converted; see SPEECH_WHISPER_MODEL")
    _log.info("speech_model_fetched", model=repository, seconds=round(time.monotonic() - began, 1))
    return folder


def _is_complete(folder: Path) -> bool:
    return (folder / "model.bin").is_file() and (folder / "tokenizer.json").is_file()


def _repository(model: str) -> str:
    from faster_whisper import utils

    known: dict[str, str] = utils._MODELS  # noqa: SLF001 - the only list that leads from names to repositories
    found = model if "/" in model else known.get(model)
    if found is None:
        raise ResourceError(
            f"there is no Whisper model {model!r}; SPEECH_WHISPER_MODEL is a folder, a repository of the hub, "
            f"or one of {', '.join(known)}"
        )
    return found


class _Report:
    """Writes how much is there to the log, a few seconds apart."""

    def __init__(self, repository: str, of_bytes: int) -> None:
        self._repository = repository
        self._of_bytes = of_bytes
        self._done = 0
        self._next = 0.0

    def add_file(self, size: int) -> None:
        """One more file is complete."""
        self._done += size

    def tell(self, of_next_file: float) -> None:
        """So many bytes of the file after the complete ones are there."""
        done, now = self._done + of_next_file, time.monotonic()
        if now < self._next:
            return
        self._next = now + _LOG_SECONDS
        _log.info(
            "speech_model_fetching",
            model=self._repository,
            megabytes=round(done / _MEGABYTE, 1),
            of_megabytes=round(self._of_bytes / _MEGABYTE, 1),
        )


def _bar(report: _Report) -> "type[tqdm_asyncio[Any]]":
    """What the hub's client takes for a progress bar."""

    class Bar(tqdm_asyncio):  # type: ignore[type-arg]
        monitor_interval = 0

        def display(self, msg: str | None = None, pos: int | None = None) -> None:
            del msg, pos
            report.tell(self.n)

    return Bar
