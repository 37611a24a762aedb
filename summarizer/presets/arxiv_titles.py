"""Abstracts of papers to their titles; the model that was shipped before `english`.

summarizer train --preset arxiv_titles --data arxiv_titles.train.jsonl.gz \
        --set data.validation=arxiv_titles.validation.jsonl.gz

293,257 pairs; ROUGE-1 46.4 on 2,000 test pairs. The model was shipped up to commit 58a5724, whose
`saved_models/arxiv-titles/card.md` describes how it was trained.
"""

from summarizer.config import (
    Config,
    DataConfig,
    DecodeConfig,
    ModelConfig,
    TrainConfig,
    VocabularyConfig,
)


def config() -> Config:
    """Return the configuration."""
    return Config(
        name="arxiv-titles",
        data=DataConfig(train="arxiv_titles.train.jsonl.gz", max_document_tokens=192),
        vocabulary=VocabularyConfig(size=16000, sample_size=49_000),
        model=ModelConfig(dropout=0.05),
        train=TrainConfig(
            steps=7000, learning_rate=1.5e-3, warmup_steps=400, validation_examples=500
        ),
        decode=DecodeConfig(length_penalty=1.4, no_repeat_ngram=2),
    )
