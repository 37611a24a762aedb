"""The whole loop of training on real pairs: examples a second, waiting for data, padding.

`training.loop.fit` runs as `summarizer train --preset arxiv_titles` runs it, with that preset's
model (16,000 tokens, bidirectional LSTM 2 x 256, decoder 512, pointer). Only validation and export
are left out. Vocabulary and token store are made first, or read from --cache.
"""

import contextlib
import itertools
import sys
import tempfile
import time
from argparse import ArgumentParser, Namespace
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from measure import Report, arguments, spread

if TYPE_CHECKING:
    from summarizer.config import Config
    from summarizer.datasets.token_store import TokenStore
    from summarizer.types import Example
    from summarizer.vocabulary import Vocabulary

NEVER = 1_000_000_000
WINDOWS = 8  # parts of the measured time, for the spread
ROWS = (
    ("examples a second", "examples/s", 130, True),
    ("share of the time spent waiting for data", "%", 2, False),
    ("padding, share of all tokens", "%", 8, False),
)


class Enough(Exception):  # noqa: N818
    """Stops the training loop when the time is over."""


@dataclass
class Watch:
    """Observes the batches that the training loop takes, and stops the loop in time.

    A step lasts from one request for a batch to the next.

    Attributes:
        warm: seconds at the beginning that are not measured.
        seconds: seconds that are measured.
        times: time of each request.
        waits: seconds that each request took.
        examples: examples of each batch.
        positions: token positions of each batch, padding included.
        padding: positions of each batch that are padding.
        shapes: lengths of documents and summaries.
    """

    warm: float
    seconds: float
    times: list[float] = field(default_factory=list)
    waits: list[float] = field(default_factory=list)
    examples: list[int] = field(default_factory=list)
    positions: list[int] = field(default_factory=list)
    padding: list[float] = field(default_factory=list)
    shapes: set[tuple[int, int]] = field(default_factory=set)

    def over(self, source: Iterator[Any]) -> Iterator[Any]:
        """Yield the batches of a source.

        Raises:
            Enough: the seconds are over.
        """
        import numpy as np

        from summarizer.datasets.batching import pad_fraction

        began = time.perf_counter()
        while True:
            requested = time.perf_counter()
            item = next(source)
            received = time.perf_counter()
            if requested - began > self.warm:
                self.times.append(requested)
                if requested - self.times[0] > self.seconds:
                    raise Enough
                arrays = {name: np.asarray(value) for name, value in item[2].items()}
                positions = arrays["document"].size + arrays["weight"].size
                self.waits.append(received - requested)
                self.examples.append(int((arrays["row"] >= 0).sum()))
                self.positions.append(positions)
                self.padding.append(pad_fraction(arrays) * positions)
                self.shapes.add((arrays["document"].shape[1], arrays["weight"].shape[1]))
            yield item

    def speeds(self) -> list[float]:
        """Return the examples per second in each window."""
        count = len(self.times) - 1
        edges = [count * i // WINDOWS for i in range(WINDOWS + 1)]
        return [
            sum(self.examples[a:b]) / (self.times[b] - self.times[a])
            for a, b in itertools.pairwise(edges)
            if b > a
        ]


def main() -> None:
    sys.path.insert(
        0, str(Path(__file__).parent.parent)
    )  # this project, whether or not it is installed
    options = make_parser().parse_args()
    report = Report("end_to_end")
    if options.data is None and not options.quick:
        for what, unit, target, least in ROWS:
            report.add(what, None, unit, target=target, least=least, note="no --data SPEC given")
    else:
        with tempfile.TemporaryDirectory() as folder:
            watch = train(options, Path(folder), report)
        values = (
            spread(watch.speeds()),
            (100 * sum(watch.waits) / (watch.times[-1] - watch.times[0]),),
            (100 * sum(watch.padding) / sum(watch.positions),),
        )
        note = f"{len(watch.waits)} steps, {len(watch.shapes)} shapes, {report.detail['choice']}"
        for (what, unit, target, least), (value, *quartiles) in zip(ROWS, values, strict=True):
            report.add(what, value, unit, *quartiles, target=target, least=least, note=note)
            note = ""
    print(report.write(options.results))


def make_parser() -> ArgumentParser:
    """Return the parser of the options."""
    parser = arguments(__doc__ or "")
    parser.add_argument("--data", help="SPEC of pairs, such as arxiv_titles.train.jsonl.gz")
    parser.add_argument("--seconds", type=float, default=40, help="measured seconds")
    parser.add_argument("--warm", type=float, default=10, help="seconds before the measurement")
    parser.add_argument("--cache", type=Path, help="folder that keeps vocabulary and token store")
    return parser


def train(options: Namespace, folder: Path, report: Report) -> Watch:
    """Run the training loop until the time is over."""
    import keras

    from summarizer.datasets import batching, tf_pipeline
    from summarizer.model.seq2seq import Seq2Seq
    from summarizer.training import compile_step, hardware, loop, time_budget, validators
    from summarizer.training.state import TrainingState

    config = make_config(options)
    watch = Watch(0.5, 1) if options.quick else Watch(options.warm, options.seconds)
    choice = hardware.choose_hardware(config.train.precision, config.train.compile)
    hardware.keep_memory()
    hardware.set_threads(choice)
    words, store = prepare(config, options.cache or folder)
    data = config.data
    shape = batching.BatchShape(
        config.train.batch_size,
        data.max_document_tokens,
        data.max_summary_tokens,
        data.bucket_window,
    )
    keras.config.set_dtype_policy(choice.precision)
    model = Seq2Seq(config.model, words.size, config.seed, words.has_document_words)

    def stream(epoch: int, index: int) -> Iterator[Any]:
        return watch.over(tf_pipeline.prefetched_batches(store, config.seed, epoch, index, shape))

    settings, metric = config.train, validators.selection_metric(config)
    optimizer = compile_step.make_optimizer(model, settings)
    step = compile_step.make_train_step(model, optimizer, settings, choice.compile)
    budget = time_budget.TimeBudget(settings.budget)
    context = loop.TrainingContext(config, folder, step, stream, unwanted, metric, budget, choice)
    with contextlib.suppress(Enough):
        loop.fit(context, TrainingState())
    report.detail |= {"choice": choice.reason, "rows": store.rows}
    report.detail["shapes"] = sorted(watch.shapes)
    return watch


def unwanted() -> NoReturn:
    """Stop the loop instead of a validation."""
    raise Enough


def make_config(options: Namespace) -> "Config":
    """Return the configuration of the preset, with an endless training."""
    from summarizer import plugins

    name = "reverse_digits" if options.quick and not options.data else "arxiv_titles"
    config: Config = plugins.load("preset", name).config()
    data = replace(config.data, train=options.data or config.data.train)
    return replace(
        config, data=data, train=replace(config.train, steps=NEVER, validation_interval=NEVER)
    )


def prepare(config: "Config", folder: Path) -> "tuple[Vocabulary, TokenStore]":
    """Return the vocabulary and the token store in a folder, made if they are missing."""
    from summarizer import vocabulary
    from summarizer.datasets import spec, token_store, tokenize
    from summarizer.vocabulary import Vocabulary

    def examples() -> "Iterator[Example]":
        return spec.examples(config.data.train)

    path, settings = folder / "vocabulary.model", config.vocabulary
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True)
        sample = itertools.islice(examples(), settings.sample_size)
        texts = (text for e in sample for text in (e.document, e.summary or ""))
        words = vocabulary.train_vocabulary(
            texts, settings.size, settings.lowercase, kind=settings.kind
        )
        path.write_bytes(words.proto)
    words = Vocabulary.load(path)
    if not (folder / "store").exists():
        ids = tokenize.tokenize_pairs(examples(), words)
        return words, token_store.write_store(
            folder / "store", ids, words.size, {}, words.has_document_words
        )
    return words, token_store.read_store(folder / "store")


if __name__ == "__main__":
    main()
