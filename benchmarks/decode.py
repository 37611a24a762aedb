"""How fast summaries are written: documents a second and latency, in Keras' graph and in ONNX.

Documents of 200 pieces, at most 24 written, 16,000 in the vocabulary, the network and the search of
the preset `arxiv_titles`. Without `--test` its weights are random but for a clock: one unit of the
decoder's cell counts positions, from a start that differs from document to document, and behind a
threshold the end is certain. So summaries end as titles do, after 8 to 16 pieces. Rows that say
"none ends" may not end before the last position.
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

from summarizer.api.summarizer import SHIPPED_MODEL  # noqa: E402
from summarizer.config import ModelConfig, Part  # noqa: E402
from summarizer.datasets import spec  # noqa: E402
from summarizer.decoding import graph_inputs  # noqa: E402
from summarizer.presets import arxiv_titles  # noqa: E402
from summarizer.runtime import model_files, onnx_summarizer  # noqa: E402

SIZE, POSITIONS, LONGEST = 16_000, 200, 24
BEAMS, BATCHES, PAIRS = (1, 4, 8), (1, 16, 64), 1000
KINDS = ("float32", "float16", "int8")
Run = Callable[[int, int, int], Any]  # of beam, batch, fewest pieces


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
        report.detail["pieces written"] = _lengths(runs["ONNX"], documents)
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
    """The network in Keras, documents int32 [B, S], and its file in each kind of weights."""
    from summarizer.api import export  # TensorFlow, which would spoil the memory of `_child`
    from summarizer.exporters import onnx_export

    if options.test:
        _, words, model = export.load_keras_model(options.model)
        texts = [example.document for example in spec.examples(options.test, "all")]
        ids = [ids for ids in words.encode_all(texts[:PAIRS]) if len(ids) >= POSITIONS]
        documents = [row[:POSITIONS] for row in ids[: max(BATCHES)]]
        files = onnx_export.export_each(model, folder, {"vocabulary": words.fingerprint})
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
    """A network of random weights that ends its summaries; see the top of this file."""
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
    kernel[:, feature], kernel[unit, feature] = 0, 20  # -1 before the threshold, 1 behind it
    model.decoder.combine.kernel.assign(kernel)
    table[:, feature], table[END], table[END, feature] = 0, 0, 60
    model.embeddings.assign(table)
    return model


# --- the two graphs ----------------------------------------------------------------------------


def _asked(least: int) -> dict[str, Any]:
    """The search of the preset: lengths, penalty, blocking."""
    decode = arxiv_titles.config().decode
    return {
        "minimum": least or decode.min_tokens, "maximum": LONGEST, "penalty": decode.length_penalty,
        "block": decode.no_repeat_ngram,
    }  # fmt: skip


def _keras(model: Any, documents: Any) -> Run:
    """The compiled search in TensorFlow, as validation and a SavedModel run it."""
    from summarizer.decoding.scoring import SearchLimits
    from summarizer.decoding.search import compile_search
    from summarizer.decoding.strategies.beam import Beam

    made: dict[tuple[int, int], Any] = {}

    def run(beam: int, batch: int, least: int) -> Any:
        if (beam, least) not in made:
            made[beam, least] = compile_search(
                model, Beam(beam), beam, SearchLimits(**_asked(least))
            )
        return np.asarray(made[beam, least](documents[:batch]).tokens)

    return run


def _onnx(files: dict[str, Path], options: argparse.Namespace, documents: Any, size: int) -> Run:
    """The exported search, opened as the product opens it."""
    return _opened(files[options.weights], documents, size)


def _opened(path: Path, documents: Any, size: int) -> Run:
    graph = model_files.open_session(path)

    def run(beam: int, batch: int, least: int) -> Any:
        values = graph_inputs.neutral_inputs(documents[:batch], beam, size) | graph_inputs.arrays(
            _asked(least)
        )
        return graph.run(["pieces", "log_prob", "score", "attention", "gate"], values)[0]

    return run


# --- the rows ----------------------------------------------------------------------------------


def _lengths(run: Run, documents: Any) -> dict[str, list[float]]:
    """Quartiles and extremes of the best summaries' pieces, the end included."""
    best = {name: run(4, len(documents), n)[:, 0] for name, n in _ENDS.items()}
    quartiles = (0, 25, 50, 75, 100)
    return {n: np.percentile((p != 0).sum(1), quartiles).tolist() for n, p in best.items()}


_ENDS = {"": 0, ", none ends": LONGEST - 1}


def _speed(report: Report, options: argparse.Namespace, runs: dict[str, Run], most: int) -> None:
    """Documents a second, the engines in turn; the worst case at beam 4 only."""
    cases = [
        (beam, batch, end) for beam in BEAMS for batch in BATCHES for end in _ENDS
        if batch <= most and (beam == 4 or not end) and (not options.quick or beam == 4)
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


def _call(run: Run, *asked: int) -> Callable[[], Any]:
    return lambda: run(*asked)


def _latency(report: Report, options: argparse.Namespace, run: Run) -> None:
    """Milliseconds from one document's pieces to its summary's, at beam 4."""
    for end, least in _ENDS.items():
        seconds = interleaved({"": _call(run, 4, 1, least)}, 20 * options.rounds, warm=3)[""]
        for percentile in (50, 90, 99):
            target = 25 if percentile == 50 and not end else None
            value = 1000 * float(np.percentile(seconds, percentile))
            report.add(
                f"ONNX, one document, beam 4{end}: p{percentile}", value, "ms", target=target
            )


def _memory(report: Report, path: Path, folder: Path, size: int) -> None:
    """What a process that only runs the graph takes, and how long it opens the file."""
    command = [sys.executable, __file__, "--child", str(path), str(folder), str(size)]
    found = subprocess.run(command, capture_output=True, text=True, check=True)
    for what, (value, unit) in json.loads(found.stdout).items():
        report.add(f"ONNX alone: {what}", value, unit)


def _child(path: str, folder: str, size: str) -> dict[str, tuple[float, str]]:
    documents = np.load(Path(folder) / "documents.npy")
    begin = time.perf_counter()
    run = _opened(Path(path), documents, int(size))
    found = {"open the file": (1000 * (time.perf_counter() - begin), "ms")}
    for batch in (1, len(documents)):
        run(4, batch, 0)
        found[f"peak memory, beam 4, batch {batch}"] = (peak() / 1e6, "MB")
    return found


def _sizes(report: Report, files: dict[str, Path]) -> None:
    """The file of each kind of weights, beside float32."""
    sizes = {kind: path.stat().st_size for kind, path in files.items()}
    for kind, size in sizes.items():
        report.add(f"file, {kind}", size / 1e6, "MB")
    if "float32" in sizes:
        ratio = sizes["int8"] / sizes["float32"]
        report.add("file, int8 / float32", ratio, "", target=1 / 3)


def _rouge(report: Report, options: argparse.Namespace, files: dict[str, Path]) -> None:
    """ROUGE-1 that compressed weights lose on the first 1,000 pairs."""
    if not options.test:
        why = "needs --test"
        report.add("int8: ROUGE-1 lost", None, "points", target=0.3, note=why)
        return
    from summarizer.metrics import rouge

    pairs = [e for _, e in zip(range(PAIRS), spec.examples(options.test, "all"), strict=False)]
    references = [example.summary or "" for example in pairs]
    scores = {}
    for kind in ("float32", "int8"):  # an absolute path stands for itself behind the folder
        opened = onnx_summarizer.OnnxSummarizer(options.model, str(files[kind].resolve()))
        found = opened.summarize([example.document for example in pairs])
        texts = [summary.text for summary in found]
        scores[kind] = float(rouge.score(texts, references)["rouge1"].mean())
    report.detail["ROUGE-1"] = scores
    lost = scores["float32"] - scores["int8"]
    report.add("int8: ROUGE-1 lost", lost, "points", target=0.3, note=f"{len(pairs)} pairs")


if __name__ == "__main__":
    main()
