import subprocess
import sys

from deploy.local.data_folder import DataFolder
from deploy.local.postgres import owner_url
from deploy.local.secrets_file import Secrets
from deploy.local.services import chat_environment
from deploy.local.settings import ROOT, Settings
from deploy.local.valkey import server_url


def create_admin(settings: Settings, email: str) -> int:
    """Run chat_service's command against the running instance; returns its exit code.

    It asks for the password on the terminal, or takes it from ADMIN_PASSWORD. Raises LaunchError when nothing runs.
    """
    folder = DataFolder(settings.data)
    instance = folder.running()
    secrets = Secrets.load(folder.secrets)
    environment = chat_environment(
        settings,
        folder,
        secrets,
        database_url=owner_url(secrets.database_password, instance.postgres_port),
        redis_url=server_url(secrets.redis_password, instance.valkey_port),
        ai_port=instance.ai_port,
    )
    command = [sys.executable, "-m", "chat_service", "create-admin", email]
    return subprocess.run(command, env=environment, cwd=ROOT, check=False).returncode
