"""Messages of all findings: the problem, and how to fix it; see also `docs/howto/doctor.md`.

These are format strings. `{counts}` is the count and the total, as in "3 of 200"; `{share}` is the
count as a percentage of the total; the checks supply the other values.
"""

MESSAGES: dict[str, tuple[str, str]] = {
    # Datasets
    "unusable rows": (
        "{counts} rows ({share}) cannot be used; training stops at the first one",
        "correct them, or train with --skip-bad, which skips and counts them",
    ),
    "missing summaries": (
        "{counts} documents ({share}) have no summary; training stops at the first one",
        "add the summaries or remove the documents",
    ),
    "nothing to train on": (
        "none of the {total:,} pairs is in the training split; training stops at once",
        "add pairs, or train on all of these and name other validation data: "
        "--set data.validation=SPEC",
    ),
    "no validation": (
        "none of the {total:,} pairs is held out for validation; {consequence}",
        "name other validation data: --set data.validation=SPEC",
    ),
    "too few pairs": (
        "{count:,} training pairs (training from scratch needs about {total:,})",
        "start from a trained model: summarizer train --init saved_models/english …",
    ),
    "copies across splits": (
        "{counts} {split} documents ({share}) also occur in train, letter for letter",
        "remove them from train: a score on training documents says nothing",
    ),
    "near-copies across splits": (
        "{counts} {split} documents ({share}) share half of their text with a training document",
        "remove such documents from train, or split by source, day or series instead of by id",
    ),
    "copies within train": (
        "{counts} training documents ({share}) repeat an earlier one, letter for letter",
        "keep one of each: the others take training time and count double",
    ),
    "near-copies within train": (
        "{counts} training documents ({share}) share half of their text with an earlier one",
        "if they are versions of one text, keep the best version",
    ),
    "ids that repeat": (
        "{counts} {split} pairs ({share}) share their id with another pair",
        "give each pair a unique id: predictions are matched by id",
    ),
    "one summary for many": (
        "{counts} documents ({share}) have the same summary",
        "{advice}",
    ),
    "empty pairs": (
        "{counts} pairs ({share}) have a document or a summary without letters and digits",
        "remove them: a model learns nothing from them",
    ),
    "identical pairs": (
        "{counts} pairs ({share}) have the document as their summary",
        "remove them: they teach the model to copy everything",
    ),
    "wrong encoding": (
        "{counts} pairs ({share}) contain UTF-8 decoded as another encoding, such as Ã© for é",
        "decode the original as UTF-8, or repair most of it with ftfy.fix_encoding(text)",
    ),
    "lost characters": (
        "{counts} pairs ({share}) contain U+FFFD in place of characters that were not decoded",
        "decode the original with its own encoding; the text alone cannot be repaired",
    ),
    "invisible characters": (
        "{counts} pairs ({share}) contain private-use characters or U+FFFC, in place of objects; "
        "readers do not see them, but they change the words around them",
        r"remove them: re.sub('[\ue000-\uf8ff\ufffc]', '', text)",
    ),
    "HTML left over": (
        "{counts} pairs ({share}) contain HTML entities or tags, which a model learns to write",
        "give summarizer the .html files, or decode entities with html.unescape(text)",
    ),
    "summaries longer than documents": (
        "{counts} training pairs ({share}) have a summary with more characters than the document",
        "remove them; first check whether the columns are swapped "
        "(…,document=NAME,summary=NAME) or the documents are truncated",
    ),
    "mixed languages": (
        "{counts} sampled documents with a known language ({share}) are not {main} ({languages})",
        "train on one language; if they belong together, raise vocabulary.size, because they "
        "share the vocabulary",
    ),
    "summaries in another script": (
        "{counts} sampled pairs ({share}) have a summary without a letter of the document's script",
        "remove them: nothing can be copied there, and so few pairs do not teach another script",
    ),
    "new words": (
        "{counts} summary words ({share}) in {pairs:,} sampled pairs are not in the documents; a "
        "pointer cannot copy them, and a model that writes them invents them",
        "check whether summaries and documents belong together; if they do, add pairs, raise "
        "vocabulary.size, and use --faithful strict when summarizing",
    ),
    "first words hard to beat": (
        "{counts} sampled pairs ({share}) have a ROUGE-1 of at least {threshold:g} with the first "
        "words of the document as summary (mean {mean:.1f}); of the summary words that are in "
        "the document, {early} are in its first fifth",
        "compare with first-k-words in each evaluation; remove pairs whose summary is the "
        "beginning of the document, or use the first words instead of a model",
    ),
    "truncated documents": (
        "{counts} sampled documents ({share}) are longer than the {limit} tokens that are read; "
        "{cut} of all text is cut off, and {lost} of the summary tokens occur only there, where "
        "they cannot be copied",
        "--set data.max_document_tokens={enough}, which loses {recommended:.0%}{warning}",
    ),
    "truncated summaries": (
        "{counts} sampled summaries ({share}) are longer than the {limit} tokens that are learned",
        "--set data.max_summary_tokens={enough} --set decode.max_tokens={enough}",
    ),
    "vocabulary too small": (
        "vocabulary.size={size} has no room for {counts} tokens ({share}) that the characters of "
        "the sampled pairs need; training stops",
        "--set vocabulary.size={enough} (whole words need room, too), or --set "
        "vocabulary.kind=bytes",
    ),
    # Datasets and runs
    "too many epochs": (
        "{counts} training examples ({share}) repeat a pair that was seen {epochs} times already; "
        "the model memorizes such pairs",
        "--set train.steps={enough} or fewer, or more pairs; model.dropout and train.patience help",
    ),
    "less than one epoch": (
        "{steps:,} steps of {batch} examples leave out {counts} training pairs ({share})",
        "--set train.steps={enough} or more, or --budget TIME",
    ),
    # Runs
    "evaluated on what was trained on": (
        "{counts} documents of the evaluation ({share}) were trained on",
        "evaluate on other documents; summarizer doctor SPEC --test SPEC reports overlap",
    ),
    "not learning": (
        "the last {counts} steps ({share}) did not lower the loss ({before:.2f}, now {after:.2f}), "
        "and the model predicts {accuracy} of the tokens",
        "run summarizer doctor {spec}, because pairs that do not belong together cannot be "
        "learned; then --set train.learning_rate={higher:g}, or {lower:g}",
    ),
    "diverged": (
        "in the last {counts} steps ({share}) the loss rose from {lowest:.2f} to {last:.2f}",
        "--set train.learning_rate={rate:g}, or --set train.max_gradient_norm={clip:g}, or --set "
        "train.warmup_steps={warmup}",
    ),
    "stopped before its end": (
        "{counts} steps ({share}) are missing: the run was killed, failed, or is still running",
        "summarizer train --output RUN --resume continues from the last validation; if the loss "
        "or a gradient was not finite, add a lower --set train.learning_rate",
    ),
    "no better than the first words": (
        "summaries of {count:,} documents score no better than the documents' first words: the "
        "difference in ROUGE-1 is {difference}",
        "train longer or on more pairs; summarizer doctor SPEC reports whether the first words "
        "are hard to beat",
    ),
    "empty summaries": (
        "{counts} summaries ({share}) contain no word",
        "--set decode.min_tokens=4, or --min-words when summarizing; summarizer doctor SPEC "
        "reports empty references",
    ),
    "repetition": (
        "{counts} summaries ({share}) contain three words twice, or one word three times in a "
        "row; so do {references:,} references",
        "{block}--preset coverage (train.coverage_loss=1) when training again, or "
        "--coverage-penalty 0.2 when summarizing",
    ),
    "overfitting": (
        "{counts} validations ({share}) came after the best one, at step {step}, and none was as "
        "good: the mean {metric} of the last two is {last}, the best is {best}, and the training "
        "loss kept falling",
        "add pairs, stop early with --set train.patience=3, or raise model.dropout (now "
        "{dropout:g}); the run keeps the weights of its best validation",
    ),
    "learning rate too high": (
        "{counts} windows of about {window} steps after the warm-up ({share}) have a loss "
        "{spike:.0%} above an earlier one, or {jump:g} times the usual gradient norm",
        "--set train.learning_rate={rate:g}, or --set train.max_gradient_norm={clip:g}",
    ),
    "unused gate": (
        "about {share} of the summary tokens are {source} (mean gate {gate:.4f}): {consequence}",
        "{advice}",
    ),
    "ended too early": (
        "the last {counts} steps ({share}) still lowered the loss by {fall}: there were too few "
        "steps, or the learning rate is too low",
        "{longer}, or --set train.learning_rate={rate:g}",
    ),
    "waiting for data": (
        "waiting for batches took {share} of the time, enough for {counts} steps",
        "put the run's folder, which holds its token store, on a local disk, and leave one core "
        "free of other work",
    ),
}
