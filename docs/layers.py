"""Draws the layers of the package, `figures/layers.svg`: `python docs/layers.py`.

The rows are those of the import contract; a package may import only from rows below its own.
"""

import tomllib
from pathlib import Path
from xml.sax.saxutils import escape

ROOT = Path(__file__).parent.parent
PURPOSES = {
    "cli": "one file per command",
    "comparison": "variants under equal budgets",
    "api": "one function per task",
    "doctor": "checks of data and runs",
    "training": "steps, validation, checkpoints",
    "exporters": "ONNX, SavedModel, int8",
    "runtime": "inference with onnxruntime",
    "reports": "HTML pages",
    "decoding": "beam search, constraints, provenance",
    "model": "encoder, decoder, pointer",
    "documents": "files and pages as text",
    "datasets": "sources, token store, batches",
    "evaluation": "reports and baselines",
    "presets": "named configurations",
    "vocabulary": "text to token ids",
    "config": "all settings",
    "metrics": "ROUGE and statistics",
    "text": "words, sentences, casing",
    "plugins": "parts by name",
    "storage": "atomic writes",
    "summary_types": "headline, tldr, key points",
    "types": "shared records",
    "errors": "user errors",
}


def rows() -> list[list[tuple[str, str]]]:
    """Return the rows of the import contract: each package with its purpose."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    layers = project["tool"]["importlinter"]["contracts"][0]["layers"]
    return [[(name, PURPOSES[name]) for name in layer.split(" | ")] for layer in layers]


WIDTH, HEIGHT, GAP, MARGIN = 960, 52, 10, 10  # pixels: row width and height, gap, margin


def draw() -> str:
    """Return the picture as SVG."""
    layers = rows()
    height = len(layers) * (HEIGHT + GAP) - GAP + 2 * MARGIN
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH + 2 * MARGIN} {height}" '
        'font-family="sans-serif" text-anchor="middle">',
        "<title>The layers of the package</title>",
        f'<rect width="{WIDTH + 2 * MARGIN}" height="{height}" fill="#fff"/>',
    ]
    for number, row in enumerate(layers):
        width = (WIDTH - GAP * (len(row) - 1)) / len(row)
        for column, (name, content) in enumerate(row):
            x, y = MARGIN + column * (width + GAP), MARGIN + number * (HEIGHT + GAP)
            middle = x + width / 2
            lines += [
                f'<rect x="{x:g}" y="{y:g}" width="{width:g}" height="{HEIGHT}" rx="6" '
                'fill="#eef3f8" stroke="#557"/>',
                f'<text x="{middle:g}" y="{y + 22:g}" font-size="15" font-weight="bold">'
                f"{name}</text>",
                f'<text x="{middle:g}" y="{y + 41:g}" font-size="13" fill="#444">'
                f"{escape(content)}</text>",
            ]
    return "\n".join([*lines, "</svg>", ""])


if __name__ == "__main__":
    Path(__file__).with_name("figures").joinpath("layers.svg").write_text(draw(), "utf-8")
