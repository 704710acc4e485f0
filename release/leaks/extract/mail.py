"""A text as mail is sent comes in, such as a page saved as MHTML; the files in it go out."""

from __future__ import annotations

import email
import re
from collections.abc import Iterator
from email.errors import MessageError

_HEAD = 20_000
_IS_MAIL = re.compile(
    r"^Content-Transfer-Encoding:\s*(?:quoted-printable|base64)\b", re.IGNORECASE | re.MULTILINE
)


def is_mail(text: str) -> bool:
    """Whether a text has parts that are encoded as in mail."""
    return _IS_MAIL.search(text[:_HEAD]) is not None


def mail_parts(text: str) -> Iterator[tuple[str, bytes]]:
    """Each part of a message with its number or name, decoded."""
    try:
        message = email.message_from_string(text)
    except (MessageError, ValueError):
        return
    for number, part in enumerate(message.walk(), start=1):
        content = part.get_payload(decode=True)
        if isinstance(content, bytes) and content:
            yield part.get_filename() or f"{number}", content
