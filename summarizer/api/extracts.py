"""Extracts: summaries of the types whose parts are taken from the document."""

import dataclasses
from collections.abc import Sequence

from summarizer.decoding.options import DecodingOptions, option_text
from summarizer.errors import InputError
from summarizer.runtime.long_documents import Encode, paragraphs
from summarizer.summary_types import Limit, Part, SummaryType, key_points, keywords, part_count
from summarizer.text import offsets
from summarizer.text.cleaning import clean
from summarizer.text.sentences import split_sentences
from summarizer.types import Summary


def extracts(
    texts: Sequence[str],
    kind: SummaryType,
    limit: Limit | None,
    encode: Encode,
    scorer: key_points.SentenceScorer = key_points.score_sentences,
) -> list[Summary]:
    """Return an extract of each document, one line a part.

    Args:
        texts: documents.
        kind: an extracted type.
        limit: the requested length; None: the document decides.
        encode: makes token ids, which are counted.
        scorer: scores the sentences of a document for its key points.

    Raises:
        InputError: a document is empty.
    """
    summaries = []
    for i, text in enumerate(texts):
        sentences = split_document(text)
        if not sentences:
            raise InputError(f"document {i + 1}: has no text")
        parts = _parts(sentences, kind, limit, scorer)
        lines = [sentences[part.sentence][part.begin : part.end] for part in parts]
        summaries.append(
            Summary(
                text="\n".join(lines),
                score=0.0,
                tokens_read=len(encode([clean(text)])[0]),
                type=kind.name,
                extract=True,
                places=_places(text, sentences, parts),
            )
        )
    return summaries


def split_document(text: str) -> list[str]:
    """Return the sentences of a document; none goes on in another paragraph."""
    return [s for paragraph in paragraphs(text) for s in split_sentences(paragraph)]


def _parts(
    sentences: Sequence[str],
    kind: SummaryType,
    limit: Limit | None,
    scorer: key_points.SentenceScorer,
) -> list[Part]:
    """Choose the parts of an extract."""
    count = part_count(kind, limit, len(sentences))
    if kind is keywords.TYPE:
        return keywords.extract(sentences, count)
    is_exact = limit is not None and limit.exact
    return key_points.extract(sentences, scorer(sentences), count, is_exact)


def _places(
    text: str, sentences: Sequence[str], parts: Sequence[Part]
) -> tuple[tuple[int, int], ...]:
    """Return the place of each part in the document as given."""
    cleaned, begins, end = clean(text), list[int](), 0
    for sentence in sentences:
        begins.append(cleaned.index(sentence, end))
        end = begins[-1] + len(sentence)
    places = [(begins[p.sentence] + p.begin, begins[p.sentence] + p.end) for p in parts]
    last = max((end for _, end in places), default=0)
    return offsets.move(places, offsets.of_clean(text, last))


def check_no_decoding(options: DecodingOptions, kind: SummaryType) -> None:
    """Refuse options of the search for a type that the model does not write.

    Raises:
        InputError: names the option.
    """
    for field in dataclasses.fields(DecodingOptions):
        value = getattr(options, field.name)
        if field.name != "type" and value != field.default:
            shown = value[0] if isinstance(value, tuple) else value
            raise InputError(
                f"{option_text(field.name)} {shown}: only for types that the model writes, "
                f"not for {kind.name}"
            )
