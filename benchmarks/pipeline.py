"""From a source to a token store, from the store to batches, and what scoring takes.

Without `--data` the documents are made here: words by Zipf's law, lengths as abstracts have them,
170 words on average, written as JSON Lines with gzip.
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
from summarizer.datasets import batching, contamination, spec, token_store, tokenize
from summarizer.evaluation.evaluate import evaluate_summaries
from summarizer.presets import arxiv_titles
from summarizer.types import Example
from summarizer.vocabulary import Vocabulary

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")  # before anything imports TensorFlow

WORDS = 170  # of a document
CONFIG = arxiv_titles.config()
SHAPE = batching.BatchShape(
    CONFIG.train.batch_size,
    CONFIG.data.max_document_tokens,
    CONFIG.data.max_summary_tokens,
    CONFIG.data.bucket_window,
)


@dataclass(frozen=True)
class Sizes:
    documents: int = 20_000  # of the store
    rounds: int = 7
    vocabulary: int = CONFIG.vocabulary.size
    sample: int = 5_000  # documents that the vocabulary is learned from
    memory: int = 10_000  # documents, and twice and four times as many
    titles: int = 2_000


QUICK = Sizes(600, 2, 500, 100, 1_500, 200)


def synthetic(path: Path, count: int, seed: int = 0) -> None:
    """Write pairs of made-up words; a summary's words are mostly its document's."""
    random = np.random.default_rng(seed)
    parts = ["ba", "co", "di", "fe", "gul", "hin", "lor", "ma", "nes", "pra", "qui", "rot", "st",
             "tem", "un", "ver", "wa", "xi", "yo", "zen"]  # fmt: skip
    names = ["".join(random.choice(parts, random.integers(1, 5))) for _ in range(30_000)]
    chances = 1 / (np.arange(len(names)) + 2.7)
    chances /= chances.sum()
    with gzip.open(path, "wt", encoding="utf-8", compresslevel=6) as file:
        for at in range(count):
            length = int(np.clip(random.normal(WORDS, 55), 40, 300))
            drawn = [names[i] for i in random.choice(len(names), length, p=chances)]
            for begin in range(0, length, 21):  # sentences
                drawn[begin] = drawn[begin].capitalize()
                drawn[min(begin + 20, length - 1)] += "."
            title = random.choice(drawn, random.integers(5, 16)).tolist()
            pair = {"id": f"made-{at}", "document": " ".join(drawn), "summary": " ".join(title)}
            file.write(json.dumps(pair) + "\n")


def examples(source: str, count: int) -> Iterator[Example]:
    return itertools.islice(spec.examples(source, "all"), count)


def make_store(source: str, count: int, words: Vocabulary, folder: Path) -> token_store.TokenStore:
    """What a training run does before its first step."""
    recorder = contamination.ContaminationIndex()
    ids = tokenize.tokenize_pairs(recorder.watch(examples(source, count)), words)
    made = token_store.write_store(
        folder / "store", ids, words.size, {"spec": source}, words.has_document_words
    )
    recorder.save(folder / "fingerprints.npz")
    return made


def consume(stream: Iterator[Any], count: int) -> tuple[int, int]:
    """Take batches as the trainer does; positions, and those that hold nothing."""
    positions, empty = 0, 0.0
    for _, _, batch in itertools.islice(stream, count):
        arrays = {name: np.asarray(value) for name, value in batch.items()}
        size = arrays["document"].size + arrays["weight"].size
        positions += size
        empty += batching.pad_fraction(arrays) * size
    return positions, round(empty)


def memory_of(source: str, count: int, proto: bytes, folder: Path) -> int:
    """Make a store and read an epoch of it, in a process of its own; its peak memory."""
    made = make_store(source, count, Vocabulary(proto), folder)
    lengths = made.lengths()
    planned = -(-made.rows // SHAPE.batch)
    consume(batching.stream_batches(made, lengths, 1, 0, 0, SHAPE), planned)
    return peak()


def score(pairs: list[Example]) -> float:
    """Seconds that `summarizer evaluate` takes to score titles, in this process."""
    random = np.random.default_rng(0)
    found = []
    for pair in pairs:  # as a model's: words of the title, of the document, in some order
        words = (pair.summary or "").split() + pair.document.split()[:10]
        found.append(" ".join(random.permutation(words)[: len(words) // 2]))
    start = time.perf_counter()
    evaluate_summaries(pairs, found)
    return time.perf_counter() - start


def alone(call: Callable[..., Any], *given: Any) -> Any:
    """Call a function in a fresh process."""
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as process:
        return process.submit(call, *given).result()


def streams(made: token_store.TokenStore) -> dict[str, Iterator[Any]]:
    """The batches of both backends, one after another without end."""
    lengths = made.lengths()
    found = {"without TensorFlow": batching.stream_batches(made, lengths, 1, 0, 0, SHAPE)}
    if find_spec("tensorflow"):
        found = {
            "through tf.data": tokenize.prefetched_batches(made, lengths, 1, 0, 0, SHAPE)
        } | found
    return found


def rate(seconds: list[float], count: int) -> tuple[float, float, float]:
    """Median and quartiles of what was done a second."""
    return spread([count / each for each in seconds])


def speeds(report: Report, source: str, sizes: Sizes, words: Vocabulary, folder: Path) -> None:
    made = make_store(source, sizes.documents, words, folder)
    takes = max(1, made.rows // SHAPE.batch)
    given = streams(made)
    cases: dict[str, Callable[[], Any]] = {
        "store": lambda: make_store(source, sizes.documents, words, folder / "again")
    }
    for name, stream in given.items():
        cases[name] = lambda stream=stream: consume(stream, takes)
    (folder / "again").mkdir()
    seconds = interleaved(cases, sizes.rounds, warm=1)
    pieces = made.metadata["pieces"] / made.rows
    length = np.mean([len(e.document.split()) for e in examples(source, 1000)])
    about = f"{length:.0f} words a document, {pieces:.0f} pieces a pair"
    value, low, high = rate(seconds["store"], made.rows)
    report.add(
        "source to token store", value, "documents/s", low, high, 10_000, least=True, note=about
    )
    for name in given:
        value, low, high = rate(seconds[name], takes * SHAPE.batch)
        what = f"token store to batches, {name}"
        report.add(what, value, "examples/s", low, high, 20_000, least=True)
    report.detail["seconds"] = seconds


def padding(report: Report, made: token_store.TokenStore, real: bool) -> None:
    """The share of an epoch's positions that hold nothing; a target where the data are real."""
    planned = -(-made.rows // SHAPE.batch)
    positions, empty = consume(
        batching.stream_batches(made, made.lengths(), CONFIG.seed, 0, 0, SHAPE), planned
    )
    target = 8.0 if real else None
    note = f"preset arxiv_titles, {made.rows} pairs" + ("" if real else " that were made up")
    report.add("padding of the batches", 100 * empty / positions, "%", target=target, note=note)


def memory(report: Report, source: str, sizes: Sizes, words: Vocabulary, folder: Path) -> None:
    peaks = {
        times: alone(memory_of, source, times * sizes.memory, words.proto, folder)
        for times in (1, 2, 4)
    }
    for times in (2, 4):
        what = f"peak memory, {times} times the documents over once"
        note = f"{peaks[times] / 2**20:.0f} MB for {times * sizes.memory} documents"
        report.add(what, peaks[times] / peaks[1], "ratio", target=1.1, note=note)
    report.detail["peak_bytes"] = {times * sizes.memory: most for times, most in peaks.items()}


def scoring(report: Report, source: str, sizes: Sizes) -> None:
    pairs = list(examples(source, sizes.titles))
    cold = [alone(score, pairs) for _ in range(min(3, sizes.rounds))]
    score(pairs)
    warm = [score(pairs) for _ in range(sizes.rounds)]
    what = f"ROUGE of {len(pairs)} titles, with intervals"
    note = "a fresh process, rouge_score loaded; the first words of each document scored too"
    for name, seconds, said in ((what, cold, note), (f"{what}, once more", warm, "")):
        value, low, high = spread(seconds)
        report.add(name, value, "s", low, high, 2.0, note=said)


def main() -> None:
    parser = arguments(__doc__ or "")
    parser.add_argument("--data", metavar="SPEC", help="read this instead of made-up documents")
    chosen = parser.parse_args()
    sizes = QUICK if chosen.quick else Sizes()
    report = Report("pipeline")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        source = chosen.data
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
        made = make_store(source, sizes.documents, words, folder)
        padding(report, made, bool(chosen.data))
    report.detail["data"] = "given" if chosen.data else "made up"
    print(report.write(chosen.results))


if __name__ == "__main__":
    main()
