"""Forms of the text of an e-mail: signed, encrypted, flowed (RFC 3676), and of an appointment."""

import re
from email.message import Message

from summarizer.text import cleaning

_ENCRYPTED = "an encrypted e-mail; save it decrypted"
_ENVELOPED = "an e-mail inside its signature (S/MIME); save its text"
_ARMOUR = re.compile(r"-----(BEGIN|END) (PGP [A-Z ]{1,30}|CERTIFICATE|PKCS7)-----[ \t]*")
_MARKS = re.compile(r">*")
_ESCAPED = re.compile(r"\\([\\;,nN])")


class HiddenTextError(Exception):
    """The text of a message is encrypted, or inside a signature."""


def parameter(part: Message, name: str) -> str:
    """Return a parameter of the content type; "": there is none."""
    value = part.get_param(name, "")
    if isinstance(value, tuple):  # RFC 2231: encoding, language, value
        value = value[2]
    return str(value).strip()


def check_readable(part: Message) -> None:
    """Refuse a part that hides its text.

    Raises:
        HiddenTextError: it is encrypted, or an envelope of S/MIME.
    """
    kind = part.get_content_type()
    if kind == "multipart/encrypted":
        raise HiddenTextError(_ENCRYPTED)
    if kind in ("application/pkcs7-mime", "application/x-pkcs7-mime"):
        is_signed = parameter(part, "smime-type").lower() == "signed-data"
        raise HiddenTextError(_ENVELOPED if is_signed else _ENCRYPTED)


def without_armour(text: str) -> str:
    """Return a text without the armour of OpenPGP (RFC 4880, 6.2 and 7).

    Raises:
        HiddenTextError: nothing but an encrypted text is there.
    """
    if "-----BEGIN " not in text:
        return text
    lines: list[str] = []
    inside, is_encrypted, in_headers = "", False, False
    for line in text.split("\n"):
        match = _ARMOUR.fullmatch(line)
        if match:
            begins = match[1] == "BEGIN"
            inside = match[2] if begins else ""
            in_headers = begins
            is_encrypted |= inside == "PGP MESSAGE"
        elif inside == "PGP SIGNED MESSAGE":
            if not in_headers:
                lines.append(line.removeprefix("- "))
            in_headers = in_headers and bool(line.strip())
        elif not inside:
            lines.append(line)
    clear = "\n".join(lines)
    if is_encrypted and cleaning.is_blank(clear):
        raise HiddenTextError(_ENCRYPTED)
    return clear


def unflowed(text: str, delete_space: bool) -> str:
    """Return flowed text with a line for each paragraph (RFC 3676, section 4).

    Args:
        text: the text; a line that ends with a space goes on in the next of the same quote depth.
        delete_space: that space is no part of the text.
    """
    lines: list[str] = []
    parts: list[str] = []
    depth = 0

    def end_paragraph() -> None:
        if parts:
            marks = ">" * depth + " " if depth else ""
            lines.append(marks + "".join(parts))
            parts.clear()

    for line in text.split("\n"):
        match = _MARKS.match(line)
        marks = len(match[0]) if match else 0
        content = line[marks:].removeprefix(" ")
        if marks != depth:
            end_paragraph()
        is_signature = content == "-- "
        if is_signature:
            end_paragraph()
        depth = marks
        flows = content.endswith(" ") and not is_signature
        parts.append(content[:-1] if flows and delete_space else content)
        if not flows:
            end_paragraph()
    end_paragraph()
    return "\n".join(lines)


def appointment(calendar: str) -> str:
    """Return summary and description of the events of a calendar (RFC 5545)."""
    texts: list[str] = []
    in_event = False
    for line in re.sub(r"\n[ \t]", "", calendar).split("\n"):
        label, _, value = line.partition(":")
        name = label.partition(";")[0].upper()
        if name in ("BEGIN", "END"):
            in_event = name == "BEGIN" and value.strip().upper() in ("VEVENT", "VTODO", "VJOURNAL")
        elif in_event and name in ("SUMMARY", "DESCRIPTION"):
            texts.append(_ESCAPED.sub(lambda m: "\n" if m[1] in "nN" else m[1], value).strip())
    return "\n\n".join(filter(None, texts))
