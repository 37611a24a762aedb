"""Predict for every sentence of a document whether it belongs to the best extract.

It is a tagger whose tokens share the score of their sentence. With the frozen encoder of a
summarizer, its head can be attached to that summarizer (`api.attach_heads`).
"""

from summarizer.model.sentence_scorer import SentenceScorer
from summarizer.model.tagger import Tagger
from summarizer.types import Tensor


class SentenceExtractor(Tagger):
    """Embeddings, an encoder, and one logit for each sentence of a document."""

    def _add_head(self) -> None:
        """Create the weights that turn outputs of the encoder into logits."""
        self.sentence_head = SentenceScorer(self.size, self.encoder.width)

    def _logits(self, outputs: Tensor, document: Tensor) -> Tensor:
        """Return the logit of the sentence of each token, float32 [B, S]."""
        logits: Tensor = self.sentence_head(outputs, document)
        return logits
