"""Autoencoder: read a text into one vector and write it again, to pre-train an encoder.

summarizer train --preset sequence_autoencoder --data SPEC
summarizer train --preset lstm --data SPEC --init runs/sequence_autoencoder \
        --set train.init_parts=encoder

It needs texts without summaries, so it helps if pairs are few (Dai and Le 2015, arXiv:1511.01432).
"""

import dataclasses

from summarizer.config import Config, DataConfig, DecodeConfig, Part
from summarizer.presets._base import variant


def config() -> Config:
    """Return the configuration."""
    base = variant("sequence_autoencoder", attention=Part("none"), pointer=False)
    return dataclasses.replace(
        base,
        data=DataConfig(task="autoencode", max_document_tokens=64, max_summary_tokens=64),
        decode=DecodeConfig(length_penalty=0.0, max_tokens=64, no_repeat_ngram=0),
    )
