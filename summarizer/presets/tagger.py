"""Tagger: keep or drop each word of the document (compression by deletion).

A summarizer may write false statements; a tagger can only leave words out. Filippova et al. (2015);
as the content selector of bottom-up summarization: Gehrmann et al. (2018), arXiv:1808.10792.

summarizer train --preset tagger --data SPEC
"""

import dataclasses

from summarizer.config import Config
from summarizer.presets._base import variant


def config() -> Config:
    """Return the configuration."""
    base = variant("tagger")
    return dataclasses.replace(base, data=dataclasses.replace(base.data, task="tag"))
