"""A recurrent language model of characters, which continues a prompt (Mikolov et al. 2010).

summarizer train --preset language_model --data FOLDER
summarizer generate --model runs/language_model --prompt "Return the"

Also `--set model.intra_attention=true`, attention over its own past (Cheng et al. 2016,
arXiv:1601.06733), and `--set vocabulary.kind=unigram`, pieces of words. The default data are Python
docstrings.
"""

from summarizer.config import (
    Config,
    DataConfig,
    DecodeConfig,
    ModelConfig,
    Part,
    TrainConfig,
    VocabularyConfig,
)  # fmt: skip


def config() -> Config:
    """Return the configuration."""
    return Config(
        name="language_model",
        data=DataConfig(task="continue", document_pieces=1, summary_pieces=128),
        vocabulary=VocabularyConfig(kind="characters", size=1000, fold=False),
        model=ModelConfig(
            embedding=128,
            encoder=Part("nothing"),
            decoder=Part("lstm", {"width": 512}),
            bridge="zero",
            attention=Part("none"),
            pointer=False,
        ),
        train=TrainConfig(steps=1500, learning_rate=2e-3, warmup=100),
        decode=DecodeConfig(
            strategy=Part("sample", {"temperature": 0.7}),
            length_penalty=0.0,
            maximum=200,
            block_ngram=0,
        ),
    )
