"""The page of `summarize --explain`: where each word of the summaries came from.

Documents are added one at a time, so that memory is bounded by the largest one. The page is
written beside its path and renamed when it is complete.
"""

import os
from pathlib import Path
from types import TracebackType
from typing import TextIO

from summarizer.errors import SummarizerError
from summarizer.reports import html
from summarizer.reports.highlights import highlight_pair, mark_by_provenance
from summarizer.types import Summary

_DOCUMENTS = "<!-- documents -->\n"  # stands in the template where the documents go


class ProvenancePage:
    """Writes the page: `with ProvenancePage(path) as page: page.add(...)`.

    A page without documents is not written. If an error ends the `with` block, the file that was
    at the path before stays there.
    """

    def __init__(self, path: Path):
        """Open the page for writing.

        Raises:
            SummarizerError: the file cannot be written.
        """
        self._path, self._count = path, 0
        if os.path.isdir(path):  # `/` and `.` have no name to derive a temporary name from
            raise SummarizerError(f"{path}: cannot be written: is a directory")
        self._part = path.with_name(path.name + ".part")
        head, self._tail = html.render("provenance.html.j2").split(_DOCUMENTS)
        try:
            self._file: TextIO = open(  # noqa: SIM115  (closed by __exit__)
                self._part, "w", encoding="utf-8", errors="backslashreplace", newline="\n"
            )
            self._file.write(head)
        except OSError as error:
            raise self._write_error(error) from None

    def add(self, name: str, text: str, summaries: list[Summary]) -> None:
        """Append a document with its summaries.

        Args:
            name: the name of the document.
            text: the document as the user gave it.
            summaries: its summaries with their explanations; several for an outline.

        Raises:
            SummarizerError: the file cannot be written.
        """
        pair = highlight_pair([mark_by_provenance(s, text) for s in summaries], text)
        section = html.render(
            "provenance_document.html.j2",
            name=name,
            summaries=list(zip(pair.summaries, (s.unsupported for s in summaries), strict=True)),
            document=pair.document,
        )
        try:
            self._file.write(section)
        except OSError as error:
            raise self._write_error(error) from None
        self._count += 1

    def __enter__(self) -> "ProvenancePage":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        try:
            with self._file as file:
                file.write(self._tail)
            if kind is None and self._count:
                os.replace(self._part, self._path)
        except OSError as write_error:
            raise self._write_error(write_error) from None
        finally:
            self._part.unlink(missing_ok=True)

    def _write_error(self, error: OSError) -> SummarizerError:
        return SummarizerError(f"{self._path}: cannot be written: {error.strerror or error}")
