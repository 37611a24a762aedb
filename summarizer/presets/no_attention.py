"""No attention and no pointer: one vector carries the whole document to the decoder.

Where encoder-decoders started, and what attention was invented to avoid: long documents lose their
beginning. Without attention there is nothing to copy from. Sutskever et al. (2014),
arXiv:1409.3215.

summarizer train --preset no_attention --data SPEC
"""

from summarizer.config import Config, Part
from summarizer.presets._base import variant


def config() -> Config:
    """Return the configuration."""
    return variant("no_attention", attention=Part("none"), pointer=False)
