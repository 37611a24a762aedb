"""Text of an e-mail without headers, quoted replies, signature and attachments.

Source: RFC 3676 for quotes (`>`) and the line before a signature (`-- `). The line that programs
write above a quote is not standardized; its most common forms are recognized.
"""

import email
import email.policy
import re
from email.message import EmailMessage, Message

from summarizer.documents import html
from summarizer.errors import InputError
from summarizer.text import cleaning

_SIGNATURE = re.compile(r"^--[ \xa0]?$.*", re.M | re.S)
# Begins the message that is answered.
_ORIGINAL = re.compile(
    r"^[-_]{2,} ?(?:Original Message|Original-Nachricht|Ursprüngliche Nachricht|"
    r"Message d'origine|Mensaje original|原始邮件|邮件原件) ?[-_]{2,}.*",
    re.M | re.S | re.I,
)
# "On Monday, Ann wrote:", on one or two lines.
_WROTE = re.compile(
    r"^(?:(?:On|Am|Le|El|Il|Op|Em)\b|在)[^\n]*(?:\n[^\n]*)?"
    r"(?:wrote|schrieb[^\n:]*|a écrit|escribió|ha scritto|schreef[^\n:]*|escreveu|写道)"
    r"\s?[:：][ ]*$",
    re.M,
)
_QUOTED = re.compile(r"^[ ]?>.*\n?", re.M)
_QUOTE = re.compile(r"^[ ]?(?:>[ ]?)+", re.M)
_FORWARDED = re.compile(
    r"^-{2,} ?(?:Forwarded message|Weitergeleitete Nachricht|Message transféré) ?-{2,}\n"
    r"(?:[^\n]+\n)*",
    re.M | re.I,
)


def text(raw: bytes, name: str, charset: str | None = None) -> str:
    """Return the text of a message, its paragraphs unchanged.

    If the message holds only quotes, the quotes are returned.

    Args:
        raw: the message, with its headers.
        name: name of the message in error messages.
        charset: unused, as a message declares its own.

    Raises:
        InputError: the message has no text body.
    """
    message = email.message_from_bytes(raw, policy=email.policy.default)
    body = message.get_body(("plain", "html"))
    written = _own(body) if body else ""
    if cleaning.is_blank(written):
        raise InputError(f"{name}: an e-mail without a text body")
    return written


def _own(body: Message) -> str:
    content = _decoded(body).replace("\r\n", "\n")
    if body.get_content_type() == "text/html":
        quoted = html.prose(content)
        content = html.prose(content, frozenset({"blockquote"}))
    else:
        quoted = _QUOTE.sub("", content)
    for pattern in (_FORWARDED, _ORIGINAL, _WROTE, _QUOTED, _SIGNATURE):
        content = pattern.sub("", content)
    return quoted if cleaning.is_blank(content) else content.strip()


def _decoded(body: Message) -> str:
    if isinstance(body, EmailMessage):
        try:
            return str(body.get_content(errors="replace"))
        except LookupError:  # an unknown encoding
            pass
    content = body.get_payload(decode=True)
    return content.decode("utf-8", "replace") if isinstance(content, bytes) else ""
