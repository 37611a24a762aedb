"""Speed and memory from a source to a token store and from the store to batches; time of scoring.

Without `--data` the documents are synthetic: words by Zipf's law and lengths like abstracts, 170
words on average, written as gzipped JSON Lines.
"""

import gzip
import itertools
import json
import multiprocessing
import os
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
from measure import Report, arguments, interleaved, peak, spread

from summarizer import vocabulary
from summarizer.datasets import batching, contamination, spec, tf_pipeline, token_store, tokenize
from summarizer.evaluation.evaluate import evaluate_summaries
from summarizer.presets import arxiv_titles
from summarizer.types import Example
from summarizer.vocabulary import Vocabulary

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")  # before anything imports TensorFlow

WORDS = 170  # mean length of a document
CONFIG = arxiv_titles.config()
SHAPE = batching.BatchShape(
    CONFIG.train.batch_size,
    CONFIG.data.max_document_tokens,
    CONFIG.data.max_summary_tokens,
    CONFIG.data.bucket_window,
)


@dataclass(frozen=True)
class Sizes:
    documents: int = 20_000  # in the store
    rounds: int = 7
    vocabulary: int = CONFIG.vocabulary.size
    sample: int = 5_000  # documents to train the vocabulary on
    memory: int = 10_000  # documents; twice and four times as many are compared
    titles: int = 2_000


QUICK = Sizes(600, 2, 500, 100, 1_500, 200)


def synthetic(path: Path, count: int, seed: int = 0) -> None:
    """Write pairs of synthetic words; most words of a summary occur in its document."""
    random = np.random.default_rng(seed)
    syllables = [
        *("ba", "co", "di", "fe", "gul", "hin", "lor", "ma", "nes", "pra"),
        *("qui", "rot", "st", "tem", "un", "ver", "wa", "xi", "yo", "zen"),
    ]
    words = ["".join(random.choice(syllables, random.integers(1, 5))) for _ in range(30_000)]
    probabilities = 1 / (np.arange(len(words)) + 2.7)
    probabilities /= probabilities.sum()
    with gzip.open(path, "wt", encoding="utf-8", compresslevel=6) as file:
        for number in range(count):
            length = int(np.clip(random.normal(WORDS, 55), 40, 300))
            drawn = [words[i] for i in random.choice(len(words), length, p=probabilities)]
            for begin in range(0, length, 21):  # sentences
                drawn[begin] = drawn[begin].capitalize()
                drawn[min(begin + 20, length - 1)] += "."
            title = random.choice(drawn, random.integers(5, 16)).tolist()
            pair = {"id": f"made-{number}", "document": " ".join(drawn), "summary": " ".join(title)}
            file.write(json.dumps(pair) + "\n")


def examples(source: str, count: int) -> Iterator[Example]:
    return itertools.islice(spec.examples(source, "all"), count)


def make_store(source: str, count: int, words: Vocabulary, folder: Path) -> token_store.TokenStore:
    """Do what a training run does before its first step."""
    index = contamination.ContaminationIndex()
    ids = tokenize.tokenize_pairs(index.record(examples(source, count)), words)
    store = token_store.write_store(
        folder / "store", ids, words.size, {"spec": source}, words.has_document_words
    )
    index.save(folder / "fingerprints.npz")
    return store


def consume(stream: Iterator[Any], count: int) -> tuple[int, int]:
    """Read batches as training does; return the number of positions and of padded ones."""
    positions, padded = 0, 0.0
    for _, _, batch in itertools.islice(stream, count):
        arrays = {name: np.asarray(value) for name, value in batch.items()}
        size = arrays["document"].size + arrays["weight"].size
        positions += size
        padded += batching.pad_fraction(arrays) * size
    return positions, round(padded)


def batches_per_epoch(store: token_store.TokenStore) -> int:
    return -(-store.rows // SHAPE.batch_size)


def peak_memory(source: str, count: int, proto: bytes, folder: Path) -> int:
    """Return the peak memory of a fresh process that builds a store and reads an epoch of it."""
    store = make_store(source, count, Vocabulary(proto), folder)
    consume(batching.stream_batches(store, 1, 0, 0, SHAPE), batches_per_epoch(store))
    return peak()


def score(pairs: list[Example]) -> float:
    """Return the seconds that `summarizer evaluate` takes to score titles, in this process."""
    random = np.random.default_rng(0)
    predictions = []
    for pair in pairs:  # like a model's: some words of the title and of the document
        words = (pair.summary or "").split() + pair.document.split()[:10]
        predictions.append(" ".join(random.permutation(words)[: len(words) // 2]))
    start = time.perf_counter()
    evaluate_summaries(pairs, predictions)
    return time.perf_counter() - start


def in_fresh_process(function: Callable[..., Any], *args: Any) -> Any:
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as process:
        return process.submit(function, *args).result()


def streams(store: token_store.TokenStore) -> dict[str, Iterator[Any]]:
    """Return the endless batches of each way to read them."""
    plain = {"without TensorFlow": batching.stream_batches(store, 1, 0, 0, SHAPE)}
    if not find_spec("tensorflow"):
        return plain
    return {"through tf.data": tf_pipeline.prefetched_batches(store, 1, 0, 0, SHAPE)} | plain


def rate(seconds: list[float], count: int) -> tuple[float, float, float]:
    """Return the median and quartiles of the number of items per second."""
    return spread([count / duration for duration in seconds])


def speeds(report: Report, source: str, sizes: Sizes, words: Vocabulary, folder: Path) -> None:
    store = make_store(source, sizes.documents, words, folder)
    batches = max(1, store.rows // SHAPE.batch_size)
    by_name = streams(store)
    cases: dict[str, Callable[[], Any]] = {
        "store": lambda: make_store(source, sizes.documents, words, folder / "again")
    }
    for name, stream in by_name.items():
        cases[name] = lambda stream=stream: consume(stream, batches)
    (folder / "again").mkdir()
    seconds = interleaved(cases, sizes.rounds, warm=1)
    tokens = store.metadata["pieces"] / store.rows
    length = np.mean([len(e.document.split()) for e in examples(source, 1000)])
    note = f"{length:.0f} words a document, {tokens:.0f} tokens a pair"
    value, low, high = rate(seconds["store"], store.rows)
    report.add(
        "source to token store", value, "documents/s", low, high, 10_000, least=True, note=note
    )
    for name in by_name:
        value, low, high = rate(seconds[name], batches * SHAPE.batch_size)
        what = f"token store to batches, {name}"
        report.add(what, value, "examples/s", low, high, 20_000, least=True)
    report.detail["seconds"] = seconds


def padding(report: Report, store: token_store.TokenStore, real: bool) -> None:
    """Report the share of padding in an epoch; real data have a target."""
    batches = batching.stream_batches(store, CONFIG.seed, 0, 0, SHAPE)
    positions, padded = consume(batches, batches_per_epoch(store))
    target = 8.0 if real else None
    note = f"preset arxiv_titles, {store.rows} {'' if real else 'synthetic '}pairs"
    report.add("padding of the batches", 100 * padded / positions, "%", target=target, note=note)


def memory(report: Report, source: str, sizes: Sizes, words: Vocabulary, folder: Path) -> None:
    peaks = {
        times: in_fresh_process(peak_memory, source, times * sizes.memory, words.proto, folder)
        for times in (1, 2, 4)
    }
    for times in (2, 4):
        what = f"peak memory, {times} times the documents over once"
        note = f"{peaks[times] / 2**20:.0f} MB for {times * sizes.memory} documents"
        report.add(what, peaks[times] / peaks[1], "ratio", target=1.1, note=note)
    report.detail["peak_bytes"] = {times * sizes.memory: value for times, value in peaks.items()}


def scoring(report: Report, source: str, sizes: Sizes) -> None:
    pairs = list(examples(source, sizes.titles))
    cold = [in_fresh_process(score, pairs) for _ in range(min(3, sizes.rounds))]
    score(pairs)
    warm = [score(pairs) for _ in range(sizes.rounds)]
    what = f"ROUGE of {len(pairs)} titles, with intervals"
    cold_note = "in a fresh process, with the import of rouge_score and the lead baseline"
    for name, seconds, note in ((what, cold, cold_note), (f"{what}, once more", warm, "")):
        value, low, high = spread(seconds)
        report.add(name, value, "s", low, high, 2.0, note=note)


def main() -> None:
    parser = arguments(__doc__ or "")
    parser.add_argument("--data", metavar="SPEC", help="read this instead of synthetic documents")
    args = parser.parse_args()
    sizes = QUICK if args.quick else Sizes()
    report = Report("pipeline")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        source = args.data
        if not source:
            source = str(folder / "made.jsonl.gz")
            synthetic(Path(source), max(sizes.documents, 4 * sizes.memory))
        texts = (
            text
            for pair in examples(source, sizes.sample)
            for text in (pair.document, pair.summary or "")
        )
        words = vocabulary.train_vocabulary(texts, sizes.vocabulary)
        memory(report, source, sizes, words, folder)
        scoring(report, source, sizes)
        speeds(report, source, sizes, words, folder)
        store = make_store(source, sizes.documents, words, folder)
        padding(report, store, bool(args.data))
    report.detail["data"] = "given" if args.data else "made up"
    print(report.write(args.results))


if __name__ == "__main__":
    main()
