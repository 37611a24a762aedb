"""Selective encoder: a gate on the encoder's outputs passes on what the summary needs.

A summary drops most of the document; the gate lets the encoder do so.

summarizer train --preset selective --data SPEC

Source: Zhou et al. (2017), arXiv:1704.07073 (SEASS).
"""

from summarizer.config import Config, Part
from summarizer.presets._base import WIDTH, variant


def config() -> Config:
    """Return the configuration."""
    return variant("selective", encoder=Part("selective", {"width": WIDTH}))
