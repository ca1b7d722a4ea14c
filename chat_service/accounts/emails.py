"""E-mail addresses as account names."""

import email_validator

from chat_service.errors import invalid

# A self-hosted installation may live in a private network, whose names are reserved for it (RFC 6761, RFC 6762).
for _name in ("local", "localhost", "test"):
    if _name in email_validator.SPECIAL_USE_DOMAIN_NAMES:
        email_validator.SPECIAL_USE_DOMAIN_NAMES.remove(_name)


def normalise(address: str) -> str:
    """The form under which an account is kept: RFC 5321 syntax, Unicode normalised, lower case.

    Raises INVALID with the reason why an address is none.
    """
    try:
        return email_validator.validate_email(address, check_deliverability=False, strict=True).normalized.lower()
    except email_validator.EmailNotValidError as error:
        raise invalid("email", str(error)) from None
