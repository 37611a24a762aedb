"""Read the hypotheses of a document from the result of a search."""

from collections.abc import Mapping

from summarizer.runtime.constraint_retry import ConstrainedSearch, ConstraintChecker
from summarizer.types import Hypothesis, Tensor
from summarizer.vocabulary import END, PAD, Vocabulary

MIN_LOG_PROB = -1e8  # a hypothesis below it was not found


def read_hypotheses(
    result: Mapping[str, Tensor],
    row: int,
    search: ConstrainedSearch,
    checker: ConstraintChecker,
    vocabulary: Vocabulary,
) -> list[Hypothesis]:
    """Return the different hypotheses of one document, the best first.

    Args:
        result: outputs of the graph by name.
        row: of the document in the batch.
        search: of the document.
        checker: restores the spelling of summaries.
        vocabulary: decodes them.
    """
    hypotheses: dict[tuple[int, ...], Hypothesis] = {}
    document = search.constraints.text
    prefix_ids = [i for i in search.constraints.prefix if i > PAD]
    prefix = vocabulary.decode(prefix_ids, document)
    for k, log_prob in enumerate(result["log_prob"][row]):
        ids = tuple(int(i) for i in result["pieces"][row, k] if i not in (PAD, END))
        if log_prob < MIN_LOG_PROB or ids in hypotheses:
            continue
        text = vocabulary.decode(ids, document)
        steps = result["steps"][row, k, : len(ids)] if "steps" in result else None
        hypotheses[ids] = Hypothesis(
            ids=ids,
            text=checker.restore_spelling(text, prefix),
            log_prob=float(log_prob),
            score=float(result["score"][row, k]),
            attention=result["attention"][row, k, : len(ids)],
            gate=result["gate"][row, k, : len(ids)],
            token_log_probs=steps,
            selected=result["selected"][row] if "selected" in result else None,
        )
    return list(hypotheses.values())
