"""Run an exported model with onnxruntime and sentencepiece alone: no TensorFlow, no Keras."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from summarizer import config as configuration
from summarizer.errors import InputError, ModelError
from summarizer.types import Hypothesis, Summary
from summarizer.vocabulary import END, PAD, Vocabulary

BATCH = 16  # documents searched at once; they are grouped by length


class Session:
    """A model folder opened for summarizing.

    Attributes:
        config: the model's configuration.
        vocabulary: its pieces.
    """

    def __init__(self, folder: Path, graph: str = "model.onnx"):
        """Open `config.json`, `vocabulary.model` and the graph.

        Raises:
            ModelError: a file is missing, cut, or of another model.
        """
        if not folder.is_dir():
            raise ModelError(f"{folder}: no such model folder")
        self.config = configuration.load(folder / "config.json")
        self.vocabulary = Vocabulary.load(folder / "vocabulary.model")
        self._session = _open(folder / graph)
        made_for = self._session.get_modelmeta().custom_metadata_map.get("vocabulary")
        if made_for != self.vocabulary.fingerprint:
            raise ModelError(
                f"{folder / graph}: made for another vocabulary than "
                f"{folder / 'vocabulary.model'}; export the model again"
            )

    def summarize(
        self,
        texts: Sequence[str],
        beam: int | None = None,
        max_words: int | None = None,
        n_best: int = 1,
        length: Callable[[str], int] = lambda text: len(text.split()),
    ) -> list[Summary]:
        """Summarize documents, in the order given.

        Args:
            texts: documents, at least one word each.
            beam: hypotheses kept while searching; None: what the model was made with.
            max_words: no summary is longer; None: the model's own limit of pieces.
            n_best: alternatives returned with each summary.
            length: counts words.

        Raises:
            InputError: a document is empty, or a number is not above 0.
        """
        beam = max(self._beam(), n_best) if beam is None else beam
        for name, value in (("beam", beam), ("n-best", n_best), ("max-words", max_words)):
            if value is not None and value < 1:
                raise InputError(f"{name} {value}: must be above 0")
        if n_best > beam:
            raise InputError(f"n-best {n_best}: must be at most the beam, {beam}")
        limit = self.config.data.document_pieces
        ids = self.vocabulary.encode_all(texts)
        for i, pieces in enumerate(ids):
            if not pieces:
                raise InputError(f"document {i + 1}: has no text")
        order = sorted(range(len(texts)), key=lambda i: len(ids[i]))
        out: list[Summary | None] = [None] * len(texts)
        for begin in range(0, len(order), BATCH):
            rows = order[begin : begin + BATCH]
            found = self.search([ids[i][:limit] for i in rows], beam, self._maximum(max_words))
            for row, i in enumerate(rows):
                hypotheses = self._hypotheses(found, row, texts[i])
                if max_words:
                    hypotheses = self._fit(
                        hypotheses, ids[i][:limit], texts[i], beam, max_words, length
                    )
                best, read = hypotheses[0], min(len(ids[i]), limit)
                out[i] = Summary(
                    text=best.text,
                    score=best.score,
                    read=read,
                    truncated=len(ids[i]) - read,
                    spelled=self.vocabulary.spelled(ids[i]),
                    alternatives=tuple(hypotheses[:n_best]),
                    hypothesis=best,
                )
        return [summary for summary in out if summary is not None]

    def _beam(self) -> int:
        return int(self.config.decode.strategy.options.get("width", 4))

    def _maximum(self, max_words: int | None) -> int:
        """Pieces to search at first: few words rarely need the model's own limit."""
        own = self.config.decode.maximum
        return own if max_words is None else min(own, 4 * max_words + 4)

    def _fit(
        self, hypotheses: list[Hypothesis], document: list[int], text: str, beam: int,
        max_words: int, length: Callable[[str], int],
    ) -> list[Hypothesis]:  # fmt: skip
        """Search again with fewer pieces until summaries have at most `max_words` words."""
        while True:
            fitting = [h for h in hypotheses if length(h.text) <= max_words]
            if fitting:
                return fitting
            pieces = min(len(h.ids) for h in hypotheses)
            if pieces <= 1:
                return hypotheses[:1]
            found = self.search([document], beam, pieces)
            hypotheses = self._hypotheses(found, 0, text)

    def search(
        self, documents: list[list[int]], beam: int | None = None, maximum: int | None = None
    ) -> dict[str, Any]:
        """Search for the best summaries of documents in pieces; `decoding.search.Found` by name.

        Args:
            documents: ids of each, at least one.
            beam: K; None: what the model was made with.
            maximum: T; None: what the model was made with.
        """
        beam, maximum = beam or self._beam(), maximum or self.config.decode.maximum
        decode = self.config.decode
        longest = max(map(len, documents))
        document = np.full((len(documents), longest), PAD, np.int32)
        for i, pieces in enumerate(documents):
            document[i, : len(pieces)] = pieces
        values = {
            "document": document,
            "beam": np.array(beam, np.int32),
            "minimum": np.array(min(decode.minimum, maximum - 1), np.int32),
            "maximum": np.array(maximum, np.int32),
            "penalty": np.array(decode.length_penalty, np.float32),
            "block": np.array(decode.block_ngram, np.int32),
            "allowed": np.ones((len(documents), self.vocabulary.size), bool),
        }
        names = ["pieces", "log_prob", "score", "attention", "gate"]
        return dict(zip(names, self._session.run(names, values), strict=True))

    def _hypotheses(self, found: dict[str, Any], row: int, document: str) -> list[Hypothesis]:
        """The hypotheses that the search found for one document, the best first."""
        out = []
        for k, log_prob in enumerate(found["log_prob"][row]):
            if log_prob < -1e8 and k:
                continue
            ids = tuple(int(p) for p in found["pieces"][row, k] if p not in (PAD, END))
            out.append(
                Hypothesis(
                    ids=ids,
                    text=self.vocabulary.decode(ids, document),
                    log_prob=float(log_prob),
                    score=float(found["score"][row, k]),
                    attention=found["attention"][row, k, : len(ids)],
                    gate=found["gate"][row, k, : len(ids)],
                )
            )
        return out


def _open(path: Path) -> Any:
    if not path.is_file():
        raise ModelError(f"{path}: no such file; make it with: summarizer export {path.parent}")
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    try:
        return onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    except Exception as error:  # onnxruntime has a class of its own for each way a file is bad
        reason = str(error).splitlines()[0]
        raise ModelError(f"{path}: cut or not an exported model ({reason})") from None
