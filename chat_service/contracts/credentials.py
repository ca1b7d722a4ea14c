"""The credentials by which a door may recognise who is asking."""

from abc import ABC, abstractmethod
from typing import ClassVar

from fastapi.openapi.models import APIKey as ApiKeyModel
from fastapi.openapi.models import APIKeyIn
from fastapi.openapi.models import HTTPBearer as BearerModel
from fastapi.openapi.models import SecurityBase as SchemeModel
from starlette.requests import HTTPConnection
from starlette.responses import Response

from chat_service.accounts.accounts import Tokens
from chat_service.accounts.api_keys import is_api_key
from chat_service.accounts.identity import Identity
from chat_service.core import Core
from chat_service.errors import AppError, ErrorKind

SESSION_COOKIE_NAME = "session"
CSRF_COOKIE_NAME = "csrf_token"
CSRF_HEADER = "X-CSRF-Token"
_SAFE_METHODS = {"GET", "HEAD", "OPTIONS", "TRACE"}


class Scheme(ABC):
    """One kind of credential. `name` and `model` are what OpenAPI says of it."""

    name: ClassVar[str]
    model: ClassVar[SchemeModel]

    @abstractmethod
    async def identify(self, connection: HTTPConnection, core: Core) -> Identity | None:
        """Who asks; None when the connection has no such credential. Raises UNAUTHENTICATED for a bad one."""


class AccessToken(Scheme):
    """`Authorization: Bearer` with an access token."""

    name = "access_token"
    model = BearerModel(bearerFormat="JWT", description="The access_token of POST /auth/login.")

    async def identify(self, connection: HTTPConnection, core: Core) -> Identity | None:
        """Who holds the token."""
        token = bearer_token(connection)
        return None if token is None or is_api_key(token) else await core.accounts.authenticate(token)


class ApiKey(Scheme):
    """`Authorization: Bearer` with an API key."""

    name = "api_key"
    model = BearerModel(description="An API key, made by POST /api/v1/auth/api-keys.")

    async def identify(self, connection: HTTPConnection, core: Core) -> Identity | None:
        """Whose key it is."""
        token = bearer_token(connection)
        return await core.api_keys.authenticate(token) if token is not None and is_api_key(token) else None


class Bearer(AccessToken):
    """`Authorization: Bearer` with either."""

    model = BearerModel(
        bearerFormat="JWT", description="The access_token of POST /auth/login, or an API key of POST /auth/api-keys."
    )

    async def identify(self, connection: HTTPConnection, core: Core) -> Identity | None:
        """Who holds the token, or whose key it is."""
        token = bearer_token(connection)
        if token is None:
            return None
        return await (core.api_keys if is_api_key(token) else core.accounts).authenticate(token)


class SessionCookie(Scheme):
    """The cookie of a session.

    A request that may change something has to come from a page of ours, by what the browser itself says
    (Sec-Fetch-Site, else Origin), or to carry the token of the csrf_token cookie in X-CSRF-Token; a token that is sent
    has to be right, and a page elsewhere is refused even with one (OWASP, Cross-Site Request Forgery Prevention).
    """

    name = "session"
    model = ApiKeyModel(
        **{"in": APIKeyIn.cookie},
        name=SESSION_COOKIE_NAME,
        description="Set by a login. Requests that change something come from a page of the same origin, or repeat the "
        f"cookie {CSRF_COOKIE_NAME} in the header {CSRF_HEADER}.",
    )

    async def identify(self, connection: HTTPConnection, core: Core) -> Identity | None:
        """Whose session it is. Raises FORBIDDEN for what another site may have made the browser send."""
        cookie = connection.cookies.get(SESSION_COOKIE_NAME)
        if not cookie:
            return None
        if connection.scope["type"] == "websocket" or connection.scope["method"] not in _SAFE_METHODS:
            _require_own_site(connection, core, cookie)
        return await core.cookie_sessions.authenticate(cookie)


class TicketInQuery(Scheme):
    """`?ticket=` of a WebSocket: good once, for 30 seconds."""

    name = "ticket"
    model = ApiKeyModel(**{"in": APIKeyIn.query}, name="ticket", description="A ticket of POST /auth/websocket-ticket.")

    async def identify(self, connection: HTTPConnection, core: Core) -> Identity | None:
        """Who the ticket was issued to."""
        ticket = connection.query_params.get("ticket")
        return await core.tickets.redeem(ticket) if ticket else None


class ApiKeyInQuery(Scheme):
    """`?token=` of a WebSocket with an API key, never with an access token."""

    name = "api_key_in_query"
    model = ApiKeyModel(**{"in": APIKeyIn.query}, name="token", description="An API key.")

    async def identify(self, connection: HTTPConnection, core: Core) -> Identity | None:
        """Whose key it is."""
        token = connection.query_params.get("token")
        return await core.api_keys.authenticate(token) if token else None


ACCESS_TOKEN = AccessToken()
API_KEY = ApiKey()
BEARER = Bearer()
SESSION_COOKIE = SessionCookie()
TICKET_IN_QUERY = TicketInQuery()
API_KEY_IN_QUERY = ApiKeyInQuery()


def bearer_token(connection: HTTPConnection) -> str | None:
    """The token of the Authorization header (RFC 6750), if there is one."""
    scheme, _, token = connection.headers.get("authorization", "").partition(" ")
    return token.strip() or None if scheme.lower() == "bearer" else None


async def set_session_cookies(connection: HTTPConnection, response: Response, core: Core, tokens: Tokens) -> None:
    """Adds to a login's response the cookie of its session, and the token to repeat in X-CSRF-Token.

    Both are good below the door's prefix, for as long as the session's refresh token.
    """
    cookie = await core.cookie_sessions.open(await core.accounts.authenticate(tokens.access_token))
    secure = core.settings.cookie_secure == "always" or connection.url.scheme in {"https", "wss"}
    for name, value, hidden in (
        (SESSION_COOKIE_NAME, cookie, True),
        (CSRF_COOKIE_NAME, core.cookie_sessions.csrf_token(cookie), False),
    ):
        response.set_cookie(
            name,
            value,
            max_age=int(core.cookie_sessions.life.total_seconds()),
            path=_cookie_path(connection),
            secure=secure,
            httponly=hidden,
            samesite="lax",
        )


def clear_session_cookies(connection: HTTPConnection, response: Response) -> None:
    """Takes both cookies away, with a logout's response."""
    for name in (SESSION_COOKIE_NAME, CSRF_COOKIE_NAME):
        response.delete_cookie(name, path=_cookie_path(connection))


def _cookie_path(connection: HTTPConnection) -> str:
    return str(connection.scope.get("root_path")) or "/"


def _require_own_site(connection: HTTPConnection, core: Core, cookie: str) -> None:
    headers = connection.headers
    site, origin, token = headers.get("sec-fetch-site"), headers.get("origin"), headers.get(CSRF_HEADER)
    if site is not None:
        ours = site == "same-origin"
    else:
        # The scheme is a proxy's affair; the host is what tells one site from another.
        ours = origin is not None and origin.partition("://")[2] == headers.get("host")
    ours = ours or origin in core.settings.origins
    if not ours and (origin is not None or site not in {None, "none"}):
        raise AppError(ErrorKind.FORBIDDEN, "cross_site_request", "This request came from a page of another site.")
    if token is not None and not core.cookie_sessions.csrf_token_fits(cookie, token):
        raise AppError(ErrorKind.FORBIDDEN, "csrf_token_invalid", f"{CSRF_HEADER} does not fit the session.")
    if token is None and not ours:
        raise AppError(
            ErrorKind.FORBIDDEN,
            "csrf_token_missing",
            f"Repeat the cookie {CSRF_COOKIE_NAME} in the header {CSRF_HEADER}, or use a bearer token.",
        )
