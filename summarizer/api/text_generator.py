"""A trained language model that continues texts: what a user has in hand, beside `summarizing`."""

import math
from pathlib import Path
from typing import Any

from summarizer.api.summarizer import find_model
from summarizer.config import Config
from summarizer.decoding.graph_inputs import BOUNDARY
from summarizer.errors import InputError, ModelError
from summarizer.types import DecodingOptions, Hypothesis
from summarizer.vocabulary import END, PAD, UNKNOWN

TOKENS_PER_WORD = (
    8  # pieces, at least, that are allowed for each word asked for: characters are pieces, too
)
MAX_TOKENS = 10_000  # pieces


class TextGenerator:
    """A trained language model that continues a prompt, without TensorFlow."""

    def __init__(self, session: Any):
        self._session = session
        self.config: Config = session.config

    @classmethod
    def load(cls, folder: str | Path | None = None) -> "TextGenerator":
        """Open an exported language model.

        Args:
            folder: of the model; None: `$SUMMARIZER_MODEL`.

        Raises:
            ModelError: no model there, a file of it is missing, cut or foreign, or it summarizes.
        """
        from summarizer.runtime.onnx_tagger import open_model

        folder = find_model(folder)
        session = open_model(folder, brief=True)
        if session.config.data.task != "language_model":
            raise ModelError(
                f"{folder}: a model that reads documents, not a language model; use it with: "
                f"summarize --model {folder} FILE"
            )
        return cls(session)

    def generate(
        self,
        prompt: str = "",
        n: int = 1,
        pieces: int | None = None,
        max_words: int | None = None,
        temperature: float | None = None,
        top_k: int | None = None,
        top_p: float | None = None,
        seed: int | None = None,
    ) -> list[Hypothesis]:
        """Continue a text, by drawing one piece after another.

        Args:
            prompt: how the texts begin. Behind a space a new word begins; else the last word of the
                prompt may go on.
            n: how many texts to draw.
            pieces: at most so many are drawn; more than the model was trained on at once will do.
                None: as many as the words need, or as the model's configuration says.
            max_words: at most so many words are added.
            temperature: below 1 nearer to the most probable, above 1 further from it.
            top_k: draw among so many pieces; 0: all, 1: always the most probable.
            top_p: draw among the fewest pieces of so much probability.
            seed: the same one gives the same texts; None, as for the others: the model's own.

        Returns:
            The texts, the most probable first, each beginning with the prompt as it was given;
            `ids` are of all of the text, `log_prob` of that and its end.

        Raises:
            InputError: the prompt cannot be written, or a number is impossible.
        """
        from summarizer.runtime import decoding_plan

        for name, value in (("n", n), ("pieces", pieces), ("max-words", max_words)):
            if value is not None and not 0 < value <= MAX_TOKENS:
                raise InputError(f"{name} {value}: must be from 1 to {MAX_TOKENS}")
        decode = self.config.decode
        wishes = DecodingOptions(
            n, n, strategy="sample", temperature=temperature, top_k=top_k, top_p=top_p, seed=seed
        )
        asked = decoding_plan.make_plan(wishes, decode, len)
        start = self._start(prompt)
        more = pieces or max(decode.max_tokens, TOKENS_PER_WORD * (max_words or 0))
        given = [i for i in start if i != BOUNDARY]
        longest = len(given) + more + 1  # with the end
        found = self._session.search([start or [PAD]], n, longest, asked.inputs, asked.seed)
        return [
            self._text(prompt, given, row, float(log_prob), float(score), max_words or math.inf)
            for row, log_prob, score in zip(
                found["pieces"][0], found["log_prob"][0], found["score"][0], strict=True
            )
        ]

    def _start(self, prompt: str) -> list[int]:
        """The prompt in pieces; BOUNDARY where a word ends that the pieces would let go on."""
        words = self._session.vocabulary
        ids: list[int] = words.encode_summary(prompt, "")
        if UNKNOWN in ids:
            raise InputError(f"prompt {prompt!r}: the model's vocabulary does not have all of it")
        ends = prompt[-1:].isspace() and not words.decode(ids)[-1:].isspace()
        return [*ids, BOUNDARY] if ids and ends else ids

    def _text(
        self, prompt: str, given: list[int], row: Any, log_prob: float, score: float, most: float
    ) -> Hypothesis:
        """What was drawn, behind the prompt as the user writes it."""
        words = self._session.vocabulary
        ids = tuple(int(i) for i in row if i not in (PAD, END))
        added = words.decode(ids)[len(words.decode(given)) :]
        if not prompt.strip() or prompt[-1].isspace():
            added = added.lstrip(" ")
        return Hypothesis(ids, prompt + _first(added, most), log_prob, score)


def _first(text: str, words: float) -> str:
    """The beginning of a text with so many words, its spaces as they are."""
    end = count = 0
    while count < words and text[end:].strip():
        end += len(text[end:]) - len(text[end:].lstrip())
        end += len(text[end:].split(None, 1)[0])
        count += 1
    return text[:end] if count == words else text
