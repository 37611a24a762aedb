"""Intra-decoder attention: the decoder attends to its own earlier outputs, against repetition.

Paulus et al. (2017), arXiv:1705.04304, eq. 6 to 8.

summarizer train --preset intra_decoder --data SPEC
"""

from summarizer.config import Config
from summarizer.presets._base import variant


def config() -> Config:
    """Return the configuration."""
    return variant("intra_decoder", intra_attention=True)
