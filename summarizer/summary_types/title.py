"""Titles, as papers and reports have them."""

from summarizer.summary_types._base import SummaryType

TYPE = SummaryType("title", "what the document is about", "words", (6, 12, 18))
