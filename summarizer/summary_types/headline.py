"""Headlines, as newspapers write them."""

from summarizer.summary_types._base import SummaryType

TYPE = SummaryType("headline", "what happened, as a newspaper writes it", "words", (6, 12, 18))
