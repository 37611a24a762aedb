"""From trained weights to a file that runs anywhere, and the proof that it says the same."""

import dataclasses
import json
from pathlib import Path
from typing import Any

from summarizer import config as configuration
from summarizer.config import Config
from summarizer.errors import ModelError
from summarizer.experiment import held_out, write_aside
from summarizer.vocabulary import Vocabulary


def network(folder: Path) -> tuple[Config, Vocabulary, Any]:
    """Open a model in Keras: its best weights, or those that its exported graph carries.

    Raises:
        ModelError: a file is missing, cut or foreign.
    """
    from summarizer.export import onnx
    from summarizer.model import weights
    from summarizer.model.seq2seq import Seq2Seq
    from summarizer.training import checkpoint

    if not folder.is_dir():
        raise ModelError(f"{folder}: no such model folder")
    config = configuration.check(configuration.load(folder / "config.json"))
    words = Vocabulary.load(folder / "vocabulary.model")
    path = folder / "weights.npz"
    if not path.exists() and (folder / "model.onnx").exists():
        path = folder / "model.onnx"
    arrays = onnx.read_weights(path) if path.suffix == ".onnx" else checkpoint.load(path)[0]
    model = Seq2Seq(config.model, words.size, config.seed, words.extended)
    weights.assign(model, arrays, path)
    return config, words, model


def export(
    folder: str | Path, half: bool = True, data: str = "", documents: int = 200
) -> dict[str, Any]:
    """Write `model.onnx` into a model's folder once it is proved to say what Keras says.

    Args:
        folder: of a trained model.
        half: keep the matrices in float16.
        data: SPEC of documents to prove it on; empty: what the model was validated on.
        documents: how many of them.

    Returns:
        What `export.json` says: share of equal summaries, greatest difference of scores, bytes,
        and, for half precision, share of summaries equal to those in full precision.

    Raises:
        ModelError: a file cannot be read or written, or the graph differs from Keras.
    """
    from summarizer.export import onnx, parity
    from summarizer.model import weights
    from summarizer.runtime.session import Session

    folder = Path(folder)
    config, words, model = network(folder)
    limit = config.data.document_pieces
    if data:
        config = dataclasses.replace(config, data=dataclasses.replace(config.data, validation=data))
    texts = [e.document for e in held_out(config, documents)]
    ids = [pieces[:limit] for pieces in words.encode_all(texts)]
    full = parity.keras_search(model, config.decode, ids) if half else None
    candidate = folder / "model.onnx.new"
    about = {"name": config.name, "vocabulary": words.fingerprint}
    try:
        onnx.export(model, candidate, about, half)
        weights.assign(model, onnx.read_weights(candidate), candidate)
        ours = parity.keras_search(model, config.decode, ids)
        graph = Session(folder, candidate.name).search
        found = parity.compare(model, config.decode, ids, ours, graph)
        result = {"documents": len(ids), **found._asdict(), "half": half}
        if full is not None:
            result["same_as_full_precision"] = parity.share(full, ours)
        result["bytes"] = candidate.stat().st_size
        if found.same < 0.99 or found.worst > 1e-3:
            raise ModelError(f"{folder}: the exported graph differs from Keras: {result}")
        candidate.replace(folder / "model.onnx")
    finally:
        candidate.unlink(missing_ok=True)
    write_aside(folder / "export.json", (json.dumps(result, indent=2) + "\n").encode())
    return result
