"""`summarizer export`: write a model for other programs, or check a written one."""

import argparse
from pathlib import Path

from summarizer.cli.options import add_option


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    parser.set_defaults(refuse=parser.error)
    parser.add_argument(
        "models",
        nargs="+",
        metavar="MODEL",
        help="model folder; several models become an ensemble, and taggers with the frozen "
        "encoder of the first model become its heads",
    )
    parser.add_argument(
        "--output", metavar="FOLDER", help="folder of the ensemble, or of the model with heads"
    )
    parser.add_argument(
        "--format",
        choices=("onnx", "saved_model"),
        default="onnx",
        help="format of the exported model; default: onnx",
    )
    _add_weights(parser)
    _add_checks(parser)


def _add_weights(parser: argparse.ArgumentParser) -> None:
    weights = parser.add_mutually_exclusive_group()
    weights.add_argument(
        "--weights",
        choices=("float32", "float16", "int8"),
        default="",
        help="precision of the weights in model.onnx; default: float16",
    )
    weights.add_argument(
        "--full", action="store_const", const="float32", dest="weights", help=argparse.SUPPRESS
    )


def _add_checks(parser: argparse.ArgumentParser) -> None:
    add_option(
        parser,
        ("--verify-on", "--data"),
        default="",
        metavar="SPEC",
        help="documents on which the export is compared with Keras",
    )
    add_option(
        parser,
        ("--num-documents", "--documents"),
        type=int,
        default=200,
        metavar="N",
        help="number of these documents; default: 200",
    )
    checks = parser.add_mutually_exclusive_group()
    checks.add_argument(
        "--verify", action="store_true", help="compare an earlier export with Keras; write nothing"
    )
    add_option(
        checks,
        ("--compare-weights", "--sizes"),
        action="store_true",
        help="compare size and ROUGE of float32, float16 and int8 weights; write nothing",
    )


def run(arguments: argparse.Namespace) -> int:
    """Export a model, or check an export; return the exit status."""
    from summarizer.api.attach_heads import attach_heads, is_head
    from summarizer.api.ensemble import create_ensemble
    from summarizer.api.export import export
    from summarizer.api.verify_export import compare_weight_formats, verify_export

    only_check = arguments.verify or arguments.compare_weights
    model, *others = arguments.models
    if bool(others) != bool(arguments.output) or (others and only_check):
        arguments.refuse("several models become one, which needs --output FOLDER")
    folder = Path(model)
    if others and all(map(is_head, others)):
        folder = attach_heads(model, others, arguments.output)
    elif others:
        folder = create_ensemble(arguments.models, arguments.output)
    documents = arguments.verify_on, arguments.num_documents
    if only_check:
        check = verify_export if arguments.verify else compare_weight_formats
        for line in check(folder, *documents):
            print(line, flush=True)
        return 0
    record = export(folder, arguments.weights, *documents, arguments.format)
    name = "model.onnx" if arguments.format == "onnx" else arguments.format
    print(
        f"{folder / name}: {record['bytes'] / 1e6:.1f} MB; same summary as Keras on "
        f"{record['same']:.1%} of {record['documents']} documents, scores within "
        f"{record['worst']:.1e}"
    )
    if "same_as_full_precision" in record:
        share = record["same_as_full_precision"]
        print(f"{record['weights']} weights: same summary as float32 on {share:.1%}")
    return 0
