"""The whole loop of training on real pairs: examples a second, waiting for data, padding.

`training.trainer` runs as `summarizer train --preset arxiv_titles` has it run, with that preset's
model (16,000 pieces, bidirectional LSTM 2 x 256, decoder 512, pointer). Only validation and export
are left out. Vocabulary and token store are made first, or found in --kept.
"""

import contextlib
import itertools
import sys
import tempfile
import time
from argparse import ArgumentParser
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from measure import Report, arguments, spread

NEVER = 1_000_000_000
WINDOWS = 8  # that the measured time is cut into, for the spread
ROWS = (
    ("examples a second", "examples/s", 130, True),
    ("share of the time spent waiting for data", "%", 2, False),
    ("padding, share of all pieces", "%", 8, False),
)


class Enough(Exception):  # noqa: N818
    """The time is over."""


@dataclass
class Watch:
    """Looks on as the trainer takes its batches, and stops it in time.

    A step is what is between two requests for a batch.
    """

    warm: float  # seconds at the beginning that do not count
    seconds: float  # that count
    times: list[float] = field(default_factory=list)  # of each request
    waits: list[float] = field(default_factory=list)  # seconds for each batch
    examples: list[int] = field(default_factory=list)
    positions: list[int] = field(default_factory=list)
    empty: list[float] = field(default_factory=list)
    shapes: set[tuple[int, int]] = field(default_factory=set)

    def over(self, source: Iterator[Any]) -> Iterator[Any]:
        """Hand the batches on.

        Raises:
            Enough: the seconds are over.
        """
        import numpy as np

        from summarizer.datasets.batching import pad_fraction

        began = time.perf_counter()
        while True:
            asked = time.perf_counter()
            found = next(source)
            got = time.perf_counter()
            if asked - began > self.warm:
                self.times.append(asked)
                if asked - self.times[0] > self.seconds:
                    raise Enough
                arrays = {name: np.asarray(value) for name, value in found[2].items()}
                positions = arrays["document"].size + arrays["weight"].size
                self.waits.append(got - asked)
                self.examples.append(int((arrays["row"] >= 0).sum()))
                self.positions.append(positions)
                self.empty.append(pad_fraction(arrays) * positions)
                self.shapes.add((arrays["document"].shape[1], arrays["weight"].shape[1]))
            yield found

    def speeds(self) -> list[float]:
        """Examples a second in each window."""
        count = len(self.times) - 1
        edges = [count * i // WINDOWS for i in range(WINDOWS + 1)]
        return [
            sum(self.examples[a:b]) / (self.times[b] - self.times[a])
            for a, b in itertools.pairwise(edges)
            if b > a
        ]


def main() -> None:
    sys.path.insert(0, str(Path(__file__).parent.parent))  # this project, installed or not
    given = options().parse_args()
    report = Report("end_to_end")
    if given.data is None and not given.quick:
        for what, unit, target, least in ROWS:
            report.add(what, None, unit, target=target, least=least, note="no --data SPEC given")
    else:
        with tempfile.TemporaryDirectory() as folder:
            watch = train(given, Path(folder), report)
        values = (
            spread(watch.speeds()),
            (100 * sum(watch.waits) / (watch.times[-1] - watch.times[0]),),
            (100 * sum(watch.empty) / sum(watch.positions),),
        )
        note = f"{len(watch.waits)} steps, {len(watch.shapes)} shapes, {report.detail['choice']}"
        for (what, unit, target, least), found in zip(ROWS, values, strict=True):
            report.add(what, found[0], unit, *found[1:], target=target, least=least, note=note)
            note = ""
    print(report.write(given.results))


def options() -> ArgumentParser:
    """What can be asked for."""
    parser = arguments(__doc__ or "")
    parser.add_argument("--data", help="a SPEC of pairs, such as arxiv_titles.train.jsonl.gz")
    parser.add_argument("--seconds", type=float, default=40, help="that are measured")
    parser.add_argument("--warm", type=float, default=10, help="seconds before that")
    parser.add_argument("--kept", type=Path, help="keeps vocabulary and store for the next time")
    return parser


def train(given: Any, folder: Path, report: Report) -> Watch:
    """Let the trainer run for its seconds."""
    import keras

    from summarizer.datasets import batching, tokenize
    from summarizer.model.seq2seq import Seq2Seq
    from summarizer.training import hardware, loop

    config = configured(given)
    watch = Watch(0.5, 1) if given.quick else Watch(given.warm, given.seconds)
    choice = hardware.choose_hardware(config.train.precision, config.train.compile)
    hardware.keep_memory()
    hardware.set_threads(choice)
    words, store = prepared(config, given.kept or folder)
    data, lengths = config.data, store.lengths()
    shape = batching.BatchShape(
        config.train.batch_size, data.max_document_tokens, data.max_summary_tokens, data.bucket_window
    )
    keras.config.set_dtype_policy(choice.precision)
    model = Seq2Seq(config.model, words.size, config.seed, words.has_document_words)

    def stream(epoch: int, index: int) -> Iterator[Any]:
        return watch.over(
            tokenize.prefetched_batches(store, lengths, config.seed, epoch, index, shape)
        )

    with contextlib.suppress(Enough):
        loop.fit(config, model, stream, unwanted, folder, choice)
    report.detail |= {"choice": choice.reason, "rows": store.rows}
    report.detail["shapes"] = sorted(watch.shapes)
    return watch


def unwanted() -> Any:
    """Validate: too late for that."""
    raise Enough


def configured(given: Any) -> Any:
    """The preset, without an end."""
    from summarizer import plugins

    name = "reverse_digits" if given.quick and not given.data else "arxiv_titles"
    config = plugins.load("preset", name).config()
    spec = given.data or config.data.train
    training = replace(config.train, steps=NEVER, validate_every=NEVER)
    return replace(config, data=replace(config.data, spec=spec), train=training)


def prepared(config: Any, folder: Path) -> tuple[Any, Any]:
    """The vocabulary and the token store in a folder, made if they are not there."""
    from summarizer import vocabulary
    from summarizer.datasets import spec, token_store, tokenize
    from summarizer.vocabulary import Vocabulary

    def source() -> Iterator[Any]:
        return spec.examples(config.data.train)

    path, wanted = folder / "vocabulary.model", config.vocabulary
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True)
        sample = itertools.islice(source(), wanted.sample)
        texts = (text for e in sample for text in (e.document, e.summary or ""))
        words = vocabulary.train_vocabulary(texts, wanted.size, wanted.lowercase, kind=wanted.kind)
        path.write_bytes(words.proto)
    words = Vocabulary.load(path)
    if not (folder / "store").exists():
        ids = tokenize.tokenize_pairs(source(), words)
        return words, token_store.write_store(
            folder / "store", ids, words.size, {}, words.has_document_words
        )
    return words, token_store.read_store(folder / "store")


if __name__ == "__main__":
    main()
