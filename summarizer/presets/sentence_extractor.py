r"""Sentence extractor: choose the sentences that say most of what the summary says.

It has the encoder of a trained summarizer, which stays as it is, so that `summarizer export` can
attach its scorer to that summarizer. Nallapati, Zhai, Zhou (2017), arXiv:1611.04230.

summarizer train --preset sentence_extractor --data SPEC --init MODEL \
    --set train.init_parts=frozen_encoder
"""

import dataclasses

from summarizer.config import Config
from summarizer.presets._base import variant


def config() -> Config:
    """Return the configuration."""
    base = variant("sentence_extractor")
    return dataclasses.replace(
        base,
        data=dataclasses.replace(base.data, task="extract"),
        decode=dataclasses.replace(base.decode, tagger_unit="sentences"),
    )
