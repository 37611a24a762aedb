"""The base of the presets that are compared with each other; each changes one part of it."""

import dataclasses
from typing import Any

from summarizer.config import Config, DataConfig, ModelConfig, Part, TrainConfig, VocabularyConfig

WIDTH = 128  # width of each direction of the encoder; decoder and embeddings follow it


def variant(name: str, **changes: Any) -> Config:
    """Return the base configuration with changes.

    The base is an LSTM in both directions with dot attention and a pointer.

    Args:
        name: of the run.
        changes: settings of `ModelConfig` that differ from the base.
    """
    model = ModelConfig(
        embedding_size=WIDTH,
        encoder=Part("bidirectional", {"width": WIDTH}),
        decoder_cell=Part("lstm", {"width": 2 * WIDTH}),
        attention=Part("dot"),
    )
    return Config(
        name=name,
        data=DataConfig(max_document_tokens=192),
        vocabulary=VocabularyConfig(size=8000),
        model=dataclasses.replace(model, **changes),
        train=TrainConfig(steps=1500, learning_rate=2e-3, warmup_steps=100),
    )


def cell_variant(cell: str, name: str | None = None) -> Config:
    """Return the base configuration with another cell in encoder and decoder.

    Args:
        cell: name of the cell.
        name: of the run; None: that of the cell.
    """
    return variant(
        name or cell,
        encoder=Part("bidirectional", {"width": WIDTH, "cell": cell}),
        decoder_cell=Part(cell, {"width": 2 * WIDTH}),
    )
