"""`summarizer calibrate`: learn to rank summaries, and when the first sentence is better."""

import argparse
from pathlib import Path


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    parser.add_argument("model", metavar="MODEL", help="folder of an exported model")
    parser.add_argument(
        "--data",
        default="",
        metavar="SPEC",
        help="documents with summaries that the model was not trained on; default: its "
        "validation data",
    )
    parser.add_argument(
        "--num-documents",
        type=int,
        default=2000,
        metavar="N",
        help="maximum number of these documents; default: 2000",
    )


def run(arguments: argparse.Namespace) -> int:
    """Write the confidence of a model, and print what it is worth; return the exit status."""
    from summarizer.api.calibrate import calibrate

    result = calibrate(Path(arguments.model), arguments.data, arguments.num_documents)
    model, first, chosen = result.rouge1
    print(f"{result.path}: learned on {result.documents} documents")
    print("ROUGE-1 {:.1f} first hypotheses, {:.1f} reranked".format(*result.reranked))
    print(f"calibration error {result.error:.3f}, first sentences {result.share:.1%}")
    print(f"ROUGE-1 {model:.1f} model, {first:.1f} first sentences, {chosen:.1f} the choice")
    return 0
