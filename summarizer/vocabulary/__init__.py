"""Text to token ids and back."""

from summarizer.vocabulary.special_tokens import END, PAD, START, UNKNOWN
from summarizer.vocabulary.vocabulary import Vocabulary, train_vocabulary

__all__ = ["END", "PAD", "START", "UNKNOWN", "Vocabulary", "train_vocabulary"]
