"""Words of a summary are traced although spaces were removed and capitals written."""

import numpy as np

from summarizer.decoding.provenance import trace_provenance
from summarizer.types import Hypothesis
from summarizer.vocabulary import Vocabulary, train_vocabulary

DOCUMENT = "Torvane lost 3.5% here, and Torvane knows it."
SUMMARY = "torvane lost 3 . 5 % here"


def test_offsets_lead_to_the_words_as_they_are_written():
    proto = train_vocabulary([DOCUMENT, SUMMARY] * 20, 320).proto
    vocabulary = Vocabulary(proto, {"lost", "here"})
    ids = tuple(vocabulary.encode(SUMMARY))
    text = vocabulary.decode(ids, DOCUMENT)
    positions = len(vocabulary.encode(DOCUMENT))
    hypothesis = Hypothesis(
        ids=ids,
        text=text,
        log_prob=-1.0,
        score=-1.0,
        attention=np.full((len(ids), positions), 1 / positions),
        gate=np.full(len(ids), 0.5),
        token_log_probs=np.full(len(ids), -0.1),
    )
    words = trace_provenance(hypothesis, DOCUMENT, vocabulary).words
    assert text == "Torvane lost 3.5% here"
    assert [text[word.begin : word.end] for word in words] == [word.text for word in words]
    assert " ".join(word.text for word in words).split()[:2] == ["Torvane", "lost"]
    assert "".join(word.text for word in words) == text.replace(" ", "")
    assert words[-1].text == "here"
    assert words[-1].sources[0].begin == DOCUMENT.index("here")
