"""Download one document from the web; only if the user requests it."""

import http.client
import time
import urllib.error
import urllib.request
from typing import Any, NamedTuple

from summarizer.errors import InputError
from summarizer.text import read_file

TIMEOUT = 20.0  # seconds without a response
MAX_SECONDS = 120.0  # for the whole document
_AGENT = "summarizer-lstm (one document, asked for by its user)"


class Fetched(NamedTuple):
    """A downloaded document.

    Attributes:
        raw: its content.
        type: the declared content type in lower case; "": none.
        charset: the declared encoding; None: none.
    """

    raw: bytes
    type: str
    charset: str | None


class _Redirects(urllib.request.HTTPRedirectHandler):
    """Follows redirects to http and https addresses only."""

    def redirect_request(
        self, req: Any, fp: Any, code: int, msg: str, headers: Any, newurl: str
    ) -> urllib.request.Request | None:
        if not newurl.lower().startswith(("http://", "https://")):
            fp.close()
            raise urllib.error.URLError(f"redirected to {newurl!r}, which is not a web address")
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def fetch(address: str) -> Fetched:
    """Download an http or https address.

    Raises:
        InputError: the download fails, or the document is too large.
    """
    headers = {"User-Agent": _AGENT, "Accept": "text/*, */*"}
    request = urllib.request.Request(address, headers=headers)
    try:
        with urllib.request.build_opener(_Redirects).open(request, timeout=TIMEOUT) as response:
            headers_received = response.headers
            has_type = "Content-Type" in headers_received
            return Fetched(
                _read_body(response, address),
                headers_received.get_content_type() if has_type else "",
                headers_received.get_content_charset() if has_type else None,
            )
    except urllib.error.HTTPError as error:
        error.close()
        reason = str(error.reason).partition("\n")[0]
        raise InputError(f"{address}: {error.code} {reason}".rstrip()) from None
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise InputError(f"{address}: {_reason(error)}") from None


def _read_body(response: http.client.HTTPResponse, address: str) -> bytes:
    """Return the body, read in parts to limit size and time."""
    parts, size, end = [], 0, time.monotonic() + MAX_SECONDS
    while part := response.read1(2**16):
        parts.append(part)
        size += len(part)
        if size > read_file.MAX_BYTES:
            raise InputError(f"{address}: {read_file.too_large()}")
        if time.monotonic() > end:
            raise TimeoutError
    if response.length:  # bytes that were announced but not received
        raise InputError(f"{address}: the connection broke off after {size} bytes")
    return b"".join(parts)


def _reason(error: Exception) -> str:
    """Return the cause of a failed download in a few words."""
    cause = error.reason if isinstance(error, urllib.error.URLError) else error
    if isinstance(cause, TimeoutError):
        return "no answer in time"
    message = cause.strerror if isinstance(cause, OSError) and cause.strerror else str(cause)
    return message.lower() if message else type(cause).__name__
