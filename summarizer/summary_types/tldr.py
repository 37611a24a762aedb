"""TL;DR ("too long; didn't read"): the content in one to three whole sentences."""

from summarizer.summary_types._base import SummaryType

TYPE = SummaryType("tldr", "the content in one to three sentences", "sentences", (1, 2, 3))
