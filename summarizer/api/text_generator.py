"""A trained language model that continues texts."""

import dataclasses
import math
from pathlib import Path
from typing import TYPE_CHECKING, Any

from summarizer.api.shipped_model import find_model
from summarizer.config import Config
from summarizer.decoding.graph_inputs import BOUNDARY
from summarizer.decoding.options import (
    RENAMED_GENERATION_OPTIONS,
    DecodingOptions,
    GenerationOptions,
    check_values,
)
from summarizer.errors import InputError, ModelError, warn_renamed
from summarizer.types import Hypothesis
from summarizer.vocabulary import END, PAD, UNKNOWN

if TYPE_CHECKING:
    from summarizer.runtime.onnx_summarizer import OnnxSummarizer

TOKENS_PER_WORD = 8  # room for a word of `max_words`; a token may be a single character


class TextGenerator:
    """A trained language model that continues a prompt, without TensorFlow."""

    def __init__(self, model: "OnnxSummarizer"):
        """Wrap an opened model."""
        self._model = model
        self.config: Config = model.config

    @classmethod
    def load(cls, folder: str | Path | None = None) -> "TextGenerator":
        """Open an exported language model.

        Args:
            folder: model folder; None: `$SUMMARIZER_MODEL`.

        Raises:
            ModelError: there is no model, a file of it is missing, truncated or of another model,
                or it is not a language model.
        """
        from summarizer.runtime.load import open_model
        from summarizer.runtime.onnx_summarizer import OnnxSummarizer

        folder = find_model(folder)
        model = open_model(folder, fast_start=True)
        if model.config.data.task != "language_model" or not isinstance(model, OnnxSummarizer):
            raise ModelError(
                f"{folder}: reads documents and is not a language model; use it with: "
                f"summarize --model {folder} FILE"
            )
        return cls(model)

    def generate(
        self, prompt: str = "", options: GenerationOptions | None = None, **overrides: Any
    ) -> list[Hypothesis]:
        """Continue a text by sampling one token after another.

        Args:
            prompt: beginning of the texts. A new word follows a space at its end; otherwise its
                last word may continue.
            options: how many texts, how long, and how to sample; None: the settings of the model.
            overrides: fields of `GenerationOptions`, such as `num_texts=3` or `seed=2`.

        Returns:
            The texts, the most likely first, each beginning with the prompt as given; `ids` are
            the tokens of the whole text, `log_prob` includes its end.

        Raises:
            InputError: the vocabulary lacks a part of the prompt, or an option is impossible.
        """
        from summarizer.runtime.decoding_plan import make_plan

        options = _with_overrides(options or GenerationOptions(), overrides)
        check_values(options)
        decode = self.config.decode
        plan = make_plan(_decoding_options(options), decode, len)
        start = self._start(prompt)
        prompt_ids = [i for i in start if i != BOUNDARY]
        room = TOKENS_PER_WORD * (options.max_words or 0)
        added = options.max_tokens or max(decode.max_tokens, room)
        max_tokens = len(prompt_ids) + added + 1  # with the end
        result = self._model.search(
            [start or [PAD]], options.num_texts, max_tokens, plan.inputs, plan.seed
        )
        rows = zip(result["pieces"][0], result["log_prob"][0], result["score"][0], strict=True)
        max_words = options.max_words or math.inf
        hypotheses = []
        for row, log_prob, score in rows:
            ids = tuple(int(i) for i in row if i not in (PAD, END))
            text = prompt + _first_words(self._added_text(prompt, prompt_ids, ids), max_words)
            hypotheses.append(Hypothesis(ids, text, float(log_prob), float(score)))
        return hypotheses

    def _start(self, prompt: str) -> list[int]:
        """Return the tokens of the prompt, with BOUNDARY where the prompt ends a word."""
        vocabulary = self._model.vocabulary
        ids: list[int] = vocabulary.encode_summary(prompt, "")
        if UNKNOWN in ids:
            raise InputError(f"prompt {prompt!r}: the model's vocabulary lacks a part of it")
        ends = prompt[-1:].isspace() and not vocabulary.decode(ids)[-1:].isspace()
        return [*ids, BOUNDARY] if ids and ends else ids

    def _added_text(self, prompt: str, prompt_ids: list[int], ids: tuple[int, ...]) -> str:
        """Return the text after the prompt."""
        vocabulary = self._model.vocabulary
        added = vocabulary.decode(ids)[len(vocabulary.decode(prompt_ids)) :]
        if not prompt.strip() or prompt[-1].isspace():
            added = added.lstrip(" ")
        return added


def _with_overrides(options: GenerationOptions, overrides: dict[str, Any]) -> GenerationOptions:
    """Return the options with some fields replaced, by old or new names of fields."""
    for old in overrides.keys() & RENAMED_GENERATION_OPTIONS.keys():
        new = RENAMED_GENERATION_OPTIONS[old]
        warn_renamed(f"generate({old}=)", new, 4)
        overrides[new] = overrides.pop(old)
    return dataclasses.replace(options, **overrides) if overrides else options


def _decoding_options(options: GenerationOptions) -> DecodingOptions:
    """Return the options of the search that samples that many texts."""
    return DecodingOptions(
        beam=options.num_texts,
        n_best=options.num_texts,
        strategy="sample",
        temperature=options.temperature,
        top_k=options.top_k,
        top_p=options.top_p,
        seed=options.seed,
    )


def _first_words(text: str, count: float) -> str:
    """Return the beginning of a text with that many words, its spaces unchanged."""
    end = words = 0
    while words < count and text[end:].strip():
        end += len(text[end:]) - len(text[end:].lstrip())
        end += len(text[end:].split(None, 1)[0])
        words += 1
    return text[:end] if words == count else text
