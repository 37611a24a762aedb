"""A trained model that summarizes: what a user has in hand, from Python and on the command line.

Apart from `api`, so that a summary on the command line imports no more than it needs.
"""

import dataclasses
import functools
import itertools
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from summarizer.config import Config
from summarizer.datasets import lowercase_words
from summarizer.errors import InputError, ModelError
from summarizer.evaluation import lead
from summarizer.runtime import long_documents as ways
from summarizer.text import numbers_and_names
from summarizer.text.cleaning import clean
from summarizer.types import DecodingOptions, Summary

SHIPPED_MODEL = Path(__file__).parent.parent.parent / "saved_models" / "arxiv-titles"


class Summarizer:
    """A trained model that summarizes, without TensorFlow."""

    def __init__(self, session: Any):
        self._session = session
        self.config: Config = session.config

    @classmethod
    def load(
        cls,
        folder: str | Path | None = None,
        brief: bool = False,
        select: str | Path | None = None,
    ) -> "Summarizer":
        """Open an exported model.

        Args:
            folder: of the model; None: `$SUMMARIZER_MODEL`, else the one that a clone ships.
            brief: for a few documents: open it sooner and summarize a little slower.
            select: folder of a tagger of the same vocabulary: only what it keeps of a document
                may be copied (bottom-up, Gehrmann et al. 2018, arXiv:1808.10792).

        Raises:
            ModelError: no model there, a file of it is missing, cut or foreign, it is a language
                model, or the tagger and the model do not go together.
        """
        from summarizer.runtime.onnx_tagger import open_model

        tagger, folder = None if select is None else Path(select), find_model(folder)
        session = open_model(folder, brief=brief, select=tagger)
        if session.config.data.task == "language_model":
            raise ModelError(
                f"{folder}: a language model, which summarizes nothing; use it with: "
                f'summarizer generate --model {folder} --prompt "TEXT"'
            )
        return cls(session)

    def summarize(
        self,
        texts: Sequence[str],
        beam: int | None = None,
        max_words: int | None = None,
        n_best: int = 1,
        long: str = "lead",
        **wishes: Any,
    ) -> list[Summary]:
        """Summarize documents, in the order given.

        Args:
            texts: documents, at least one word each.
            beam: hypotheses kept while searching; None: what the model was made with.
            max_words: no summary is longer; None: the model's own limit.
            n_best: alternatives returned with each summary.
            long: what is read of a document longer than the model reads at once. "lead": its
                beginning; "select": its first and its most central sentences, in their order;
                "chunks": all of it in parts, then the summaries of the parts.
            wishes: further ones, such as `must_include=["word"]`, by the names of `types.Wishes`.
                With `explain=True` each summary has an `explanation`, by places in the document
                as it was given; with `faithful="warn"` it says what is `unsupported`.

        Raises:
            InputError: a document is empty, or a wish is impossible.
            ModelError: the model was exported by a version that cannot do what is asked.
        """
        for name in wishes.keys() & {"must_include", "must_not_include"}:
            words = wishes[name]
            wishes[name] = (words,) if isinstance(words, str) else tuple(words)
        asked = DecodingOptions(beam, n_best, max_words, **wishes)
        if asked.type and not self.types:
            raise InputError(f"type {asked.type!r}: the model was trained without types")
        if asked.explain and long == "chunks":
            raise InputError(
                "explain: not with long chunks, where a summary is made of the summaries of parts; "
                "use lead or select"
            )

        def search(parts: Sequence[str]) -> list[Summary]:
            found: list[Summary] = self._session.summarize(parts, asked, lead.length)
            return found

        encode, limit = self._session.vocabulary.encode_all, self.config.data.max_document_tokens
        found = ways.summarize_long(texts, long, limit, encode, search)
        if asked.faithful in (None, "off"):
            return found
        return [self._checked(*pair, asked) for pair in zip(texts, found, strict=True)]

    @property
    def types(self) -> tuple[str, ...]:
        """The types of summaries that the model was trained for; (): it knows no types."""
        return tuple(self._session.vocabulary.controls)

    @functools.cached_property
    def known(self) -> lowercase_words.LowercaseWords | None:
        """The words that training saw in lower case; None: the model's folder does not tell."""
        return lowercase_words.load_lowercase_words(self._session.folder)

    def _checked(self, text: str, found: Summary, asked: DecodingOptions) -> Summary:
        """The summary with what it and its alternatives claim and the document does not hold."""
        held = " ".join([clean(text), asked.prefix or "", *asked.must_include])
        texts = dict.fromkeys([found.text, *(h.text for h in found.alternatives)])
        wrong = {
            t: tuple(c.text for c in numbers_and_names.unsupported(t, held, self.known))
            for t in texts
        }
        first = next(itertools.chain.from_iterable(wrong.values()), None)
        if first is not None and asked.faithful == "strict":
            raise InputError(f"no summary without {first!r}, which the document lacks, was found")
        every = (dataclasses.replace(h, unsupported=wrong[h.text]) for h in found.alternatives)
        return dataclasses.replace(found, unsupported=wrong[found.text], alternatives=tuple(every))

    def outline(
        self, texts: Sequence[str], long: str = "lead", **options: Any
    ) -> list[list[Summary]]:
        """Summarize each paragraph of documents; a short one or a heading with what follows it.

        Args:
            texts: documents, an empty line between paragraphs.
            long: as for `summarize`, for a paragraph longer than the model reads.
            options: further ones of `summarize`.

        Raises:
            InputError: as for `summarize`.
        """
        groups = [ways.outline(text, lead.length) or [""] for text in texts]
        found = iter(self.summarize([p for g in groups for p in g], long=long, **options))
        parted = [list(itertools.islice(found, len(group))) for group in groups]
        return [
            ways.map_outline_provenance(*one) for one in zip(texts, groups, parted, strict=True)
        ]


def find_model(folder: str | Path | None) -> Path:
    """Return the folder of the model to use: the one named, `$SUMMARIZER_MODEL`, or the shipped.

    Raises:
        ModelError: none was named and none is shipped.
    """
    named = folder or os.environ.get("SUMMARIZER_MODEL")
    if named:
        return Path(named)
    if SHIPPED_MODEL.is_dir():
        return SHIPPED_MODEL
    raise ModelError(
        "no model: name one with --model FOLDER or SUMMARIZER_MODEL; the project's repository "
        "ships saved_models/arxiv-titles, and `summarizer train` makes your own"
    )
