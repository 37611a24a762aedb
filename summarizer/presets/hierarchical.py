"""Hierarchical encoder: tokens into sentences, sentences into the document.

Long documents consist of sentences, some of which matter more than others.

summarizer train --preset hierarchical --data SPEC

Source: Nallapati et al. (2016), arXiv:1602.06023, section 2.3; pooling as in Yang et al. (2016),
Hierarchical Attention Networks.
"""

from summarizer.config import Config, Part
from summarizer.presets._base import WIDTH, variant


def config() -> Config:
    """Return the configuration."""
    return variant("hierarchical", encoder=Part("hierarchical", {"width": WIDTH}))
