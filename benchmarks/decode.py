"""Speed of summarizing: documents a second and latency, with Keras and with ONNX.

Documents have 200 tokens, summaries at most 24, the vocabulary 16,000; network and search are those
of the preset `arxiv_titles`. Without `--test` the weights are random, except for a clock: one unit
of the decoder's cell counts positions from a start that depends on the document, and above a
threshold the end is certain. So summaries end after 8 to 16 tokens, as titles do. In rows with
"none ends" no summary may end before the last position.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from measure import Report, arguments, interleaved, peak, spread

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from summarizer.api.shipped_model import SHIPPED_MODEL  # noqa: E402
from summarizer.config import ModelConfig, Part  # noqa: E402
from summarizer.datasets import spec  # noqa: E402
from summarizer.decoding import graph_inputs  # noqa: E402
from summarizer.presets import arxiv_titles  # noqa: E402
from summarizer.runtime import model_files, onnx_summarizer  # noqa: E402

SIZE, POSITIONS, MAX_TOKENS = 16_000, 200, 24
BEAMS, BATCHES, PAIRS = (1, 4, 8), (1, 16, 64), 1000
KINDS = ("float32", "float16", "int8")
Run = Callable[[int, int, int], Any]  # of beam, batch size, minimum number of tokens


def main() -> None:
    options = _options()
    if options.child:
        print(json.dumps(_child(*options.child)))
        return
    report = Report("decode")
    with tempfile.TemporaryDirectory() as folder:
        model, documents, files = _prepare(options, Path(folder))
        np.save(Path(folder) / "documents.npy", documents)
        size = model.size
        runs = {"Keras": _keras(model, documents), "ONNX": _onnx(files, options, documents, size)}
        report.detail["tokens written"] = _lengths(runs["ONNX"], documents)
        _speed(report, options, runs, len(documents))
        _latency(report, options, runs["ONNX"])
        _memory(report, files[options.weights], Path(folder), size)
        _sizes(report, files)
        _rouge(report, options, files)
    print(report.write(options.results))


def _options() -> argparse.Namespace:
    parser = arguments(__doc__.splitlines()[0])
    parser.add_argument(
        "--test", default="", help="SPEC of pairs: --model instead of random weights"
    )
    parser.add_argument(
        "--model", type=Path, default=SHIPPED_MODEL, help="default: the shipped one"
    )
    parser.add_argument("--weights", default="int8", choices=KINDS, help="of the ONNX file")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--child", nargs=3, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.quick:
        options.rounds = 1
    return options


# --- the network and its documents -------------------------------------------------------------


def _prepare(options: argparse.Namespace, folder: Path) -> tuple[Any, Any, dict[str, Path]]:
    """Return the network in Keras, documents int32 [B, S], and a file for each weight format."""
    # Imported here, because TensorFlow would add to the memory that `_child` measures.
    from summarizer.api.load_model import load_keras_model
    from summarizer.exporters import onnx_export

    if options.test:
        _, vocabulary, model = load_keras_model(options.model)
        texts = [example.document for example in spec.examples(options.test, "all")]
        long = [ids for ids in vocabulary.encode_all(texts[:PAIRS]) if len(ids) >= POSITIONS]
        documents = [ids[:POSITIONS] for ids in long[: max(BATCHES)]]
        metadata = {"vocabulary": vocabulary.fingerprint}
        files = onnx_export.export_each(model, folder, metadata)
        return model, np.array(documents, np.int32), files
    config, shape = arxiv_titles.config().model, (max(BATCHES), POSITIONS)
    if options.quick:
        parts = (Part("bidirectional", {"width": 16}), Part("lstm", {"width": 32}))
        config, shape = ModelConfig(32, *parts, dropout=0.0), (4, 40)
    model = _clocked(config, 500 if options.quick else SIZE)
    documents = np.random.default_rng(1).integers(4, model.size, shape, "int32")
    if not options.quick:
        return model, documents, onnx_export.export_each(model, folder, {})
    onnx_export.export(model, folder / "quick.onnx", {}, options.weights)
    return model, documents, {options.weights: folder / "quick.onnx"}


def _clocked(config: ModelConfig, size: int) -> Any:
    """Return a network of random weights with a clock; see the top of this file."""
    from summarizer.model.seq2seq import Seq2Seq
    from summarizer.vocabulary import END

    model = Seq2Seq(config, size)
    cell, width = model.decoder.cell, model.decoder.cell.width
    table, kernel = model.embeddings.numpy() * 4, model.decoder.combine.kernel.numpy() * 3
    unit, feature = 0, 0
    gates = np.arange(4) * width + unit  # input, forget, output, candidate
    for weight in (cell.kernel, cell.recurrent_kernel):
        values = weight.numpy()
        values[:, gates] = 0
        weight.assign(values)
    bias = cell.bias.numpy()
    bias[gates] = 9, 9, 9, np.arctanh(1 / 12)  # a twelfth more at each position
    cell.bias.assign(bias)
    start = model.decoder.bridge[1]  # of the cell state
    values = start.bias.numpy()
    values[unit] = np.arctanh(-0.85)
    start.bias.assign(values)
    kernel[:, feature], kernel[unit, feature] = 0, 20  # -1 below the threshold, 1 above it
    model.decoder.combine.kernel.assign(kernel)
    table[:, feature], table[END], table[END, feature] = 0, 0, 60
    model.embeddings.assign(table)
    return model


# --- the two graphs ----------------------------------------------------------------------------


def _limits(min_tokens: int) -> dict[str, Any]:
    """Return the limits of the preset's search, with another minimum length unless it is 0."""
    decode = arxiv_titles.config().decode
    return {
        "min_tokens": min_tokens or decode.min_tokens,
        "max_tokens": MAX_TOKENS,
        "length_penalty": decode.length_penalty,
        "no_repeat_ngram": decode.no_repeat_ngram,
    }


def _keras(model: Any, documents: Any) -> Run:
    """Return the compiled search in TensorFlow, as validation and a SavedModel run it."""
    from summarizer.decoding.scoring import SearchLimits
    from summarizer.decoding.search import compile_search
    from summarizer.decoding.strategies.beam import Beam

    searches: dict[tuple[int, int], Any] = {}

    def run(beam: int, batch: int, min_tokens: int) -> Any:
        if (beam, min_tokens) not in searches:
            limits = SearchLimits(**_limits(min_tokens))
            searches[beam, min_tokens] = compile_search(model, Beam(beam), beam, limits)
        return np.asarray(searches[beam, min_tokens](documents[:batch]).tokens)

    return run


def _onnx(files: dict[str, Path], options: argparse.Namespace, documents: Any, size: int) -> Run:
    """Return the exported search, opened as `summarize` opens it."""
    return _opened(files[options.weights], documents, size)


def _opened(path: Path, documents: Any, size: int) -> Run:
    graph = model_files.open_session(path)

    def run(beam: int, batch: int, min_tokens: int) -> Any:
        names = ("minimum", "maximum", "penalty", "block")
        limits = dict(zip(names, _limits(min_tokens).values(), strict=True))
        values = graph_inputs.neutral_inputs(documents[:batch], beam, size)
        values |= graph_inputs.arrays(limits)
        return graph.run(["pieces", "log_prob", "score", "attention", "gate"], values)[0]

    return run


# --- the rows ----------------------------------------------------------------------------------


def _lengths(run: Run, documents: Any) -> dict[str, list[float]]:
    """Return quartiles and extremes of the lengths of the best summaries, the end included."""
    best = {name: run(4, len(documents), n)[:, 0] for name, n in _ENDS.items()}
    quartiles = (0, 25, 50, 75, 100)
    return {
        name: np.percentile((tokens != 0).sum(1), quartiles).tolist()
        for name, tokens in best.items()
    }


_ENDS = {"": 0, ", none ends": MAX_TOKENS - 1}


def _speed(report: Report, options: argparse.Namespace, runs: dict[str, Run], count: int) -> None:
    """Report documents a second, measured in turns; the worst case at beam 4 only."""
    cases = [
        (beam, batch, end) for beam in BEAMS for batch in BATCHES for end in _ENDS
        if batch <= count and (beam == 4 or not end) and (not options.quick or beam == 4)
    ]  # fmt: skip
    for beam, batch, end in cases:
        seconds = interleaved(
            {name: _call(run, beam, batch, _ENDS[end]) for name, run in runs.items()},
            options.rounds, warm=1,
        )  # fmt: skip
        for name, taken in seconds.items():
            middle, low, high = spread([batch / s for s in taken])
            target = 150 if (name, beam, batch, end) == ("ONNX", 4, 64, "") else None
            what = f"{name}, beam {beam}, batch {batch}{end}"
            report.add(what, middle, "documents/s", low, high, target, least=True)


def _call(run: Run, *arguments: int) -> Callable[[], Any]:
    return lambda: run(*arguments)


def _latency(report: Report, options: argparse.Namespace, run: Run) -> None:
    """Report milliseconds from the tokens of one document to those of its summary, at beam 4."""
    for end, min_tokens in _ENDS.items():
        seconds = interleaved({"": _call(run, 4, 1, min_tokens)}, 20 * options.rounds, warm=3)[""]
        for percentile in (50, 90, 99):
            target = 25 if percentile == 50 and not end else None
            value = 1000 * float(np.percentile(seconds, percentile))
            report.add(
                f"ONNX, one document, beam 4{end}: p{percentile}", value, "ms", target=target
            )


def _memory(report: Report, path: Path, folder: Path, size: int) -> None:
    """Report the memory of a process that only runs the graph, and the time to open the file."""
    command = [sys.executable, __file__, "--child", str(path), str(folder), str(size)]
    child = subprocess.run(command, capture_output=True, text=True, check=True)
    for what, (value, unit) in json.loads(child.stdout).items():
        report.add(f"ONNX alone: {what}", value, unit)


def _child(path: str, folder: str, size: str) -> dict[str, tuple[float, str]]:
    documents = np.load(Path(folder) / "documents.npy")
    begin = time.perf_counter()
    run = _opened(Path(path), documents, int(size))
    measured = {"open the file": (1000 * (time.perf_counter() - begin), "ms")}
    for batch in (1, len(documents)):
        run(4, batch, 0)
        measured[f"peak memory, beam 4, batch {batch}"] = (peak() / 1e6, "MB")
    return measured


def _sizes(report: Report, files: dict[str, Path]) -> None:
    """Report the size of the file in each weight format."""
    sizes = {kind: path.stat().st_size for kind, path in files.items()}
    for kind, size in sizes.items():
        report.add(f"file, {kind}", size / 1e6, "MB")
    if "float32" in sizes:
        ratio = sizes["int8"] / sizes["float32"]
        report.add("file, int8 / float32", ratio, "", target=1 / 3)


def _rouge(report: Report, options: argparse.Namespace, files: dict[str, Path]) -> None:
    """Report the loss of ROUGE-1 with int8 weights, on the first 1,000 pairs."""
    if not options.test:
        why = "needs --test"
        report.add("int8: ROUGE-1 lost", None, "points", target=0.3, note=why)
        return
    from summarizer.metrics import rouge

    pairs = [e for _, e in zip(range(PAIRS), spec.examples(options.test, "all"), strict=False)]
    references = [example.summary or "" for example in pairs]
    scores = {}
    for kind in ("float32", "int8"):  # joined with the folder, an absolute path stays as it is
        opened = onnx_summarizer.OnnxSummarizer(options.model, str(files[kind].resolve()))
        summaries = opened.summarize([example.document for example in pairs])
        texts = [summary.text for summary in summaries]
        scores[kind] = float(rouge.score(texts, references)["rouge1"].mean())
    report.detail["ROUGE-1"] = scores
    lost = scores["float32"] - scores["int8"]
    report.add("int8: ROUGE-1 lost", lost, "points", target=0.3, note=f"{len(pairs)} pairs")


if __name__ == "__main__":
    main()
