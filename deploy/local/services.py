import sys
from collections.abc import Mapping

from deploy.local.data_folder import DataFolder
from deploy.local.process import Process
from deploy.local.secrets_file import Secrets
from deploy.local.settings import ROOT, Settings
from deploy.local.watch import Watch

# Ctrl-C is to stop everything within 5 s.
_DRAIN_SECONDS = 2


def ai_environment(settings: Settings, folder: DataFolder, secrets: Secrets, *, ai_port: int) -> Mapping[str, str]:
    """What ai_service reads from its environment."""
    return {
        **settings.passed_on,
        "AI_LISTEN": f"127.0.0.1:{ai_port}",
        "AI_SERVICE_TOKEN": secrets.service_token,
        "AI_CACHE": str(folder.cache),
    }


def chat_environment(
    settings: Settings, folder: DataFolder, secrets: Secrets, *, database_url: str, redis_url: str, ai_port: int
) -> Mapping[str, str]:
    """What chat_service and its commands read from their environment. A JWT_SECRET of the operator's is used."""
    return {
        "JWT_SECRET": secrets.jwt_secret,
        "DRAIN_SECONDS": str(_DRAIN_SECONDS),
        "AUDIO_FOLDER": str(folder.audio),
        **settings.passed_on,
        "DATABASE_URL": database_url,
        "REDIS_URL": redis_url,
        "AI_ADDRESS": f"127.0.0.1:{ai_port}",
        "AI_SERVICE_TOKEN": secrets.service_token,
        "HOST": settings.host,
        "PORT": str(settings.port),
    }


def service_process(
    name: str, environment: Mapping[str, str], folder: DataFolder, watch: Watch, *module_and_command: str
) -> Process:
    """One of the product's own commands as a child of the launcher, with its log in the data folder."""
    return Process(
        name=name,
        command=[sys.executable, "-m", *module_and_command],
        log=folder.logs / f"{name}.log",
        environment=environment,
        working_folder=ROOT,
        watch=watch,
    )
