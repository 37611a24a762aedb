"""Additive attention (Bahdanau): a small network scores each token of the document.

The first attention, proposed against the single fixed vector of encoder-decoders: Bahdanau et al.
(2015), arXiv:1409.0473.

summarizer train --preset additive --data SPEC
"""

from summarizer.config import Config, Part
from summarizer.presets._base import WIDTH, variant


def config() -> Config:
    """Return the configuration."""
    return variant("additive", attention=Part("additive", {"width": WIDTH}))
