"""What all systems of the family have in common, so that one setting tells two of them apart."""

import dataclasses
from typing import Any

from summarizer.config import Config, DataConfig, ModelConfig, Part, TrainConfig, VocabularyConfig

WIDTH = 128  # of each direction; decoder and embeddings go with it


def variant(name: str, **changes: Any) -> Config:
    """Return the configuration of a system.

    Args:
        name: of the run.
        changes: settings of `ModelConfig` in which it differs from an LSTM in both directions with
            dot attention and a pointer.
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


def celled(name: str, **options: Any) -> Config:
    """Return the configuration of a system that differs in the cell that both sides are made of.

    Args:
        name: of the cell and of the run.
        options: of the cell; the encoder's has none but its width.
    """
    return variant(
        name,
        encoder=Part("bidirectional", {"width": WIDTH, "cell": name}),
        decoder=Part(name, {"width": 2 * WIDTH, **options}),
    )
