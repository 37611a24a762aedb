"""Character language model that continues a prompt (Mikolov et al. 2010).

summarizer train --preset language_model --data FOLDER
summarizer generate --model runs/language_model --prompt "Return the"

Options: `--set model.intra_attention=true` attends to the text written so far (Cheng et al. 2016,
arXiv:1601.06733); `--set vocabulary.kind=unigram` uses subwords instead of characters. The default
data are Python docstrings.
"""

from summarizer.config import (
    Config,
    DataConfig,
    DecodeConfig,
    ModelConfig,
    Part,
    TrainConfig,
    VocabularyConfig,
)


def config() -> Config:
    """Return the configuration."""
    return Config(
        name="language_model",
        data=DataConfig(task="language_model", max_document_tokens=1, max_summary_tokens=128),
        vocabulary=VocabularyConfig(kind="characters", size=1000, lowercase=False),
        model=ModelConfig(
            embedding_size=128,
            encoder=Part("none"),
            decoder_cell=Part("lstm", {"width": 512}),
            bridge="zero",
            attention=Part("none"),
            pointer=False,
        ),
        train=TrainConfig(steps=1500, learning_rate=2e-3, warmup_steps=100),
        decode=DecodeConfig(
            strategy=Part("sample", {"temperature": 0.7}),
            length_penalty=0.0,
            max_tokens=200,
            no_repeat_ngram=0,
        ),
    )
