"""The page and the code have the same findings."""

from pathlib import Path

from summarizer.doctor.messages import MESSAGES
from tests import markdown

PAGE = Path(__file__).parents[3] / "docs" / "howto" / "doctor.md"


def test_docs_list_all_findings():
    cells = [row[0].strip(" *") for row in markdown.rows(PAGE.read_text("utf-8"))]
    assert set(MESSAGES) <= {name for cell in cells for name in cell.split(", ")}
