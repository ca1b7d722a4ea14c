"""Whether somebody who was recognised before still is who he was."""

from chat_service.accounts.api_keys import ApiKeys
from chat_service.accounts.identity import Identity
from chat_service.accounts.sessions import Sessions


class Standing:
    """For what outlives a request: a socket, a ticket."""

    def __init__(self, sessions: Sessions, api_keys: ApiKeys) -> None:
        self._sessions = sessions
        self._api_keys = api_keys

    async def require(self, identity: Identity) -> None:
        """Raises UNAUTHENTICATED within three seconds of a logout, a revocation, a demotion or a deletion.

        Cheap enough to be asked for every message of a socket, and once in a few seconds while it is silent.
        """
        if identity.key_id is not None:
            await self._api_keys.check(identity)
        else:
            await self._sessions.check(identity.session_id)
