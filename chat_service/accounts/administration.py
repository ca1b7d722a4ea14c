"""What is done on the server itself: the first administrator, and roles."""

from collections.abc import Callable

from chat_service.accounts.accounts import Account, Accounts
from chat_service.accounts.identity import Role
from chat_service.errors import AppError, ErrorKind


async def create_admin(accounts: Accounts, email: str, password: Callable[[], str]) -> Account:
    """Makes an administrator: promotes the account of the address, or opens one with the password.

    `password` is asked only when there is no account yet. Raises INVALID.
    """
    try:
        return await accounts.change_role(email, Role.ADMIN)
    except AppError as error:
        if error.kind is not ErrorKind.NOT_FOUND:
            raise
    return await accounts.sign_up(email, password(), role=Role.ADMIN)
