"""Text of an e-mail without headers, quoted replies, signature and attachments.

Nothing that a message names is fetched. The work grows with the length of the message: headers are
cut, and parts may be nested `MAX_DEPTH` deep.
"""

import binascii
import email
import email.policy
import functools
import io
import itertools
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from email.message import Message

from summarizer.documents import email_body, encoding, mailbox
from summarizer.documents.email_quotes import QUOTED, is_short_note, quoted_text, written_text
from summarizer.errors import InputError
from summarizer.text import cleaning

MAX_DEPTH = 20  # of parts within parts
_MAX_HEADER = 2000  # characters
_PLAIN_SHARE = 5  # a plain part with fewer than 1/5 of the text of the HTML only points to that
_HTML = ("text/html", "application/xhtml+xml", "text/enriched", "text/richtext")
_NOT_PROSE = ("text/css", "text/x-vcard", "text/vcard", "text/directory", "text/rfc822-headers")
_BLOCKQUOTE = re.compile(r"<blockquote\b", re.I)
_SAVED_PAGE = ("snapshot-content-location", "x-snapshot-content-location")


def text(raw: bytes, name: str, charset: str | None = None) -> str:
    """Return what the writer of a message wrote; that of a forwarded message if this is nothing.

    Args:
        raw: the message, with its headers.
        name: name of the message in error messages.
        charset: unused, as a message declares its own.

    Raises:
        InputError: the message has no text body, is encrypted, or its parts are nested too deep;
            or it is a mailbox of several messages.
    """
    messages = mailbox.messages(io.BytesIO(raw)) if mailbox.is_mailbox(raw) else iter(())
    if len(list(itertools.islice(messages, 2))) > 1:
        raise InputError(f"{name}: a mailbox of several e-mails, not one document")
    try:
        message = email.message_from_bytes(raw, _class=_Part, policy=_POLICY)
        written = _written(message)
    except email_body.HiddenTextError as error:
        raise InputError(f"{name}: {error}") from None
    except _DepthError:
        raise InputError(f"{name}: an e-mail of parts nested more than {MAX_DEPTH} deep") from None
    if cleaning.is_blank(written):
        raise InputError(f"{name}: an e-mail without a text body")
    return written


class _DepthError(Exception):
    """Parts are nested too deep."""


class _Part(Message):
    """A part of a message, which knows how deep it is nested."""

    depth = 0

    def attach(self, payload: Message) -> None:  # type: ignore[override]
        """Add a part; the parser calls it before it reads the part."""
        if isinstance(payload, _Part):
            payload.depth = self.depth + 1
            if payload.depth > MAX_DEPTH:
                raise _DepthError
        super().attach(payload)


class _ShortHeaders(email.policy.Compat32):
    """Cuts headers, as some take the square of their length to analyze."""

    def header_source_parse(self, sourcelines: Sequence[str]) -> tuple[str, str]:
        """Return name and value of a header."""
        name, value = super().header_source_parse(list(sourcelines[:200]))
        return name, value[:_MAX_HEADER]


_POLICY = _ShortHeaders()


@dataclass(frozen=True)
class _Body:
    """A part with text.

    Attributes:
        content: the decoded text, or HTML.
        kind: "plain", "html", "calendar" or "forwarded" (the text that its writer wrote).
    """

    content: str
    kind: str

    @functools.cached_property
    def prose(self) -> str:
        """The text, with all quotations."""
        if self.kind != "html":
            return self.content
        from summarizer.documents import html

        return html.prose(self.content)

    @functools.cached_property
    def unquoted(self) -> str:
        """The text, with `>` in place of each block quotation of HTML."""
        if self.kind != "html":
            return self.content
        from summarizer.documents import html

        marked = _BLOCKQUOTE.sub(f"<p>{QUOTED}</p><blockquote", self.content)
        return html.prose(marked, frozenset({"blockquote"}))


def _written(message: Message) -> str:
    """Return the text of a message: its writer's, or a forwarded, quoted or appointed one."""
    if _is_saved_page(message):
        return "\n\n".join(body.prose for body in _bodies(message))
    bodies = list(_bodies(message))
    texts = [body for body in bodies if body.kind in ("plain", "html")]
    forwarded = [body.content for body in bodies if body.kind == "forwarded"]
    if own := written_text("\n\n".join(body.unquoted for body in texts)):
        return "\n\n".join([own, *forwarded] if is_short_note(own) else [own])
    if forwarded:
        return "\n\n".join(forwarded)
    quoted = "\n\n".join(body.prose for body in texts)
    if quoted := written_text(quoted) or quoted_text(quoted):
        return quoted
    return "\n\n".join(body.content for body in bodies if body.kind == "calendar")


def _is_saved_page(message: Message) -> bool:
    """Return whether a message is a page that a browser saved (MHTML)."""
    author = str(message.get("from", ""))
    return "<saved by" in author.lower() or any(name in message for name in _SAVED_PAGE)


def _bodies(part: Message) -> Iterator[_Body]:
    """Yield the parts with text, in order, of each alternative the best."""
    kind = part.get_content_type()
    email_body.check_readable(part)
    payload = part.get_payload()
    if kind.startswith("message/") and isinstance(payload, list):
        if kind in ("message/rfc822", "message/global"):
            written = "\n\n".join(filter(None, map(_written, _attached(part, payload))))
            yield from [_Body(written, "forwarded")] if written else []
    elif isinstance(payload, list):
        yield from _bodies_of_several(kind, _messages(payload))
    elif part.get_content_disposition() != "attachment":
        yield from _body(part, kind)


def _messages(payload: Iterable[object]) -> list[Message]:
    return [part for part in payload if isinstance(part, Message)]


def _attached(part: Message, payload: Iterable[object]) -> list[Message]:
    """Return the message that a part holds; some programs encode it (RFC 2046 forbids that)."""
    inner = _messages(payload)
    is_encoded = str(part.get("content-transfer-encoding", "")).strip().lower() == "base64"
    if not is_encoded or any(message.keys() for message in inner):
        return inner
    encoded = "".join(str(message.get_payload()) for message in inner).encode("ascii", "ignore")
    try:
        raw = binascii.a2b_base64(encoded)
    except binascii.Error:
        return inner
    return [email.message_from_bytes(raw, _class=_Part, policy=_POLICY)]


def _bodies_of_several(kind: str, parts: list[Message]) -> Iterator[_Body]:
    if kind == "multipart/alternative":
        yield from _best([list(_bodies(part)) for part in parts])
    elif kind == "multipart/signed":
        yield from (body for part in parts[:1] for body in _bodies(part))
    elif kind == "multipart/related":  # the other parts belong to the page
        yield from next(filter(None, (list(_bodies(part)) for part in parts)), [])
    else:
        yield from (body for part in parts for body in _bodies(part))


def _best(alternatives: list[list[_Body]]) -> list[_Body]:
    """Return plain text, or HTML if the plain text is empty or only points to it."""
    sizes = {"plain": 0, "html": 0, "calendar": 0, "forwarded": 0}
    best: dict[str, list[_Body]] = {}
    for bodies in alternatives:
        kinds = {body.kind for body in bodies}
        kind = next((kind for kind in ("html", "plain", "calendar") if kind in kinds), "forwarded")
        size = sum(len("".join(body.prose.split())) for body in bodies)
        if size > sizes[kind]:
            sizes[kind], best[kind] = size, bodies
    if sizes["plain"] * _PLAIN_SHARE >= sizes["html"] and "plain" in best:
        return best["plain"]
    return next((best[kind] for kind in ("html", "forwarded", "calendar") if kind in best), [])


def _body(part: Message, kind: str) -> Iterator[_Body]:
    """Yield the text of a part that holds no others."""
    is_text = part.get_content_maintype() in ("text", "multipart") or kind in _HTML
    if not is_text or kind in _NOT_PROSE:
        return
    content = part.get_payload(decode=True)
    raw = content if isinstance(content, bytes) else b""
    declared = email_body.parameter(part, "charset")
    in_page = encoding.declared_in_page(raw) if kind in _HTML else None
    decoded = encoding.decode_leniently(raw, declared, in_page)
    decoded = decoded.replace("\r\n", "\n").replace("\r", "\n")
    if kind in _HTML:
        yield _Body(decoded, "html")
    elif kind == "text/calendar":
        yield _Body(email_body.appointment(decoded), "calendar")
    else:
        if email_body.parameter(part, "format").lower() == "flowed":
            joins = email_body.parameter(part, "delsp").lower() == "yes"
            decoded = email_body.unflowed(decoded, joins)
        yield _Body(email_body.without_armour(decoded), "plain")
