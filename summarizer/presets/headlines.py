"""News-like pairs of your own to headlines, from the shipped model on.

summarizer train --preset headlines --data news.csv,document=body,summary=headline \
        --init saved_models/english

The learning rate is a third of that of the preset `english`, so that a small set changes the style
and does not replace what the model knows, and validation decides when to stop. Without `--init` the
same network starts from random weights, which takes many more pairs and a rate of 1.5e-3.
"""

from summarizer.config import Config, DataConfig, DecodeConfig, ModelConfig, TrainConfig


def config() -> Config:
    """Return the configuration."""
    return Config(
        name="headlines",
        data=DataConfig(train="headlines.jsonl", max_document_tokens=192),
        model=ModelConfig(dropout=0.1),
        train=TrainConfig(
            steps=2000,
            learning_rate=5e-4,
            warmup_steps=100,
            validation_interval=200,
            patience=4,
        ),
        decode=DecodeConfig(length_penalty=1.0, no_repeat_ngram=3),
    )
