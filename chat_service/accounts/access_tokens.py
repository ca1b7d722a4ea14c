"""Access tokens: short-lived JWTs (RFC 7519), HS256 only."""

import time
from collections import OrderedDict
from datetime import UTC, datetime, timedelta
from uuid import UUID

import jwt

from chat_service.accounts.identity import Identity, Role
from chat_service.errors import AppError, ErrorKind

_ALGORITHM = "HS256"
_TYPE = "access"
_LEEWAY_SECONDS = 5
_VERIFIED_TOKENS = 20_000


class AccessTokens:
    """Signs and reads access tokens with the claims sub, email, role, sid, typ, iat and exp."""

    def __init__(self, secret: str, life: timedelta) -> None:
        self._secret = secret
        self._life = life
        self._verified: OrderedDict[str, tuple[Identity, float]] = OrderedDict()

    @property
    def life(self) -> timedelta:
        """How long a token is good for."""
        return self._life

    def issue(self, identity: Identity) -> str:
        """A token for the identity, good from now for `life`."""
        now = datetime.now(UTC)
        claims = {
            "sub": str(identity.user_id),
            "email": identity.email,
            "role": identity.role.value,
            "sid": identity.session_id,
            "typ": _TYPE,
            "iat": now,
            "exp": now + self._life,
        }
        return jwt.encode(claims, self._secret, algorithm=_ALGORITHM)

    def read(self, token: str) -> Identity:
        """The identity that a valid token states. Raises UNAUTHENTICATED, telling an expired token apart.

        A token that has been verified is recognised by its text until it expires.
        """
        known = self._verified.get(token)
        if known is not None and known[1] > time.time():
            return known[0]
        identity, expires_at = self._verify(token)
        self._verified[token] = identity, expires_at
        if len(self._verified) > _VERIFIED_TOKENS:
            self._verified.popitem(last=False)
        return identity

    def _verify(self, token: str) -> tuple[Identity, float]:
        try:
            claims = jwt.decode(
                token,
                self._secret,
                algorithms=[_ALGORITHM],
                leeway=_LEEWAY_SECONDS,
                options={"require": ["exp", "iat", "sub", "typ", "sid", "role", "email"]},
            )
            if claims["typ"] != _TYPE:
                raise refused("token_invalid", "This is not an access token.")
            identity = Identity(UUID(claims["sub"]), str(claims["email"]), Role(claims["role"]), str(claims["sid"]))
            return identity, float(claims["exp"])
        except jwt.ExpiredSignatureError:
            raise refused("token_expired", "The access token has expired. Get a new one at /auth/refresh.") from None
        except (jwt.InvalidTokenError, ValueError, AttributeError, TypeError):
            raise refused("token_invalid", "The access token is not valid. Log in again.") from None


def refused(reason: str, message: str) -> AppError:
    """The caller has to authenticate again."""
    return AppError(ErrorKind.UNAUTHENTICATED, reason, message)
