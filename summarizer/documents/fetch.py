"""Fetch one document from the web, where the user asks for it."""

import http.client
import time
import urllib.error
import urllib.request
from typing import Any, NamedTuple

from summarizer.errors import InputError
from summarizer.text import read_file

TIMEOUT = 20.0  # seconds without an answer
LONGEST = 120.0  # seconds for the whole document
_AGENT = "summarizer-lstm (one document, asked for by its user)"


class Fetched(NamedTuple):
    """A document from the web.

    Attributes:
        raw: its bytes.
        type: the declared content type in lower case, "" where there is none.
        charset: the declared encoding, if any.
    """

    raw: bytes
    type: str
    charset: str | None


class _Redirects(urllib.request.HTTPRedirectHandler):
    """Follows redirects within the web only: never to ftp or a file."""

    def redirect_request(
        self, req: Any, fp: Any, code: int, msg: str, headers: Any, newurl: str
    ) -> urllib.request.Request | None:
        if not newurl.lower().startswith(("http://", "https://")):
            fp.close()
            raise urllib.error.URLError(f"sent on to {newurl!r}, which is not on the web")
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def fetch(address: str) -> Fetched:
    """Get what is at an http or https address.

    Raises:
        InputError: it cannot be had, or is too large; with the reason.
    """
    headers = {"User-Agent": _AGENT, "Accept": "text/*, */*"}
    request = urllib.request.Request(address, headers=headers)
    try:
        with urllib.request.build_opener(_Redirects).open(request, timeout=TIMEOUT) as answer:
            declared = answer.headers
            named = "Content-Type" in declared
            return Fetched(
                _body(answer, address),
                declared.get_content_type() if named else "",
                declared.get_content_charset() if named else None,
            )
    except urllib.error.HTTPError as error:
        error.close()
        reason = str(error.reason).partition("\n")[0]
        raise InputError(f"{address}: {error.code} {reason}".rstrip()) from None
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise InputError(f"{address}: {_reason(error)}") from None


def _body(answer: Any, address: str) -> bytes:
    """Read in parts, so that an answer that drips does not take for ever."""
    parts, size, end = [], 0, time.monotonic() + LONGEST
    while part := answer.read1(2**16):
        parts.append(part)
        size += len(part)
        if size > read_file.MAX_BYTES:
            raise InputError(f"{address}: {read_file.too_large()}")
        if time.monotonic() > end:
            raise TimeoutError
    if answer.length:  # what was announced and did not come
        raise InputError(f"{address}: the connection broke off after {size} bytes")
    return b"".join(parts)


def _reason(error: Exception) -> str:
    cause = error.reason if isinstance(error, urllib.error.URLError) else error
    if isinstance(cause, TimeoutError):
        return "no answer in time"
    said = cause.strerror if isinstance(cause, OSError) and cause.strerror else str(cause)
    return said.lower() if said else type(cause).__name__
