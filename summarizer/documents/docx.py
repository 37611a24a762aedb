"""Prose of a Word document (.docx): its paragraphs and headings; needs the extra `files`."""

import io
import zipfile

from summarizer.documents import html
from summarizer.errors import InputError
from summarizer.text import cleaning, read_file

INSTALL = "pip install 'summarizer-lstm[files]'"
_PROTECTED = "EncryptedPackage".encode("utf-16-le")  # MS-OFFCRYPTO, 2.3.4.4


def text(raw: bytes, name: str, charset: str | None = None) -> str:
    """Return the paragraphs of a document, separated by blank lines.

    Args:
        raw: the file, a ZIP archive.
        name: name of the file in error messages.
        charset: unused, as Word documents are UTF-8.

    Raises:
        InputError: the document is protected, damaged, of another kind, too large or without
            text; or the extra is not installed.
    """
    if not raw.startswith(b"PK"):
        if _PROTECTED in raw:
            raise InputError(f"{name}: protected with a password; save it without one")
        raise InputError(f"{name}: an old Office file; save it as .docx")
    _check_archive(raw, name)
    try:
        import mammoth
    except ModuleNotFoundError:
        raise InputError(f"{name}: Word documents need {INSTALL}") from None
    try:
        page = mammoth.convert_to_html(
            io.BytesIO(raw), convert_image=mammoth.images.img_element(lambda image: {})
        ).value
    except Exception:  # of zipfile, of the XML parser or of mammoth
        raise InputError(f"{name}: a damaged Word document") from None
    paragraphs = html.prose(page)
    if cleaning.is_blank(paragraphs):
        raise InputError(f"{name}: a Word document without text")
    return paragraphs


def _check_archive(raw: bytes, name: str) -> None:
    """Refuse a damaged archive, one of another kind, and one that unpacks to too much."""
    try:
        with zipfile.ZipFile(io.BytesIO(raw)) as archive:
            entries = [e for e in archive.infolist() if e.filename.startswith("word/")]
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
        raise InputError(f"{name}: a cut or damaged archive") from None
    if not entries:
        raise InputError(f"{name}: a ZIP archive, but not a Word document (.docx)")
    size = sum(e.file_size for e in entries if e.filename.endswith(".xml"))
    if size > read_file.MAX_BYTES:
        raise InputError(
            f"{name}: unpacks to more than {read_file.MAX_SIZE}, the maximum for one document"
        )
