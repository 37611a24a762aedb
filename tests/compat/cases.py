"""The documents, options and toy runs that the compatibility data are made of.

`make.py` writes the data with these cases; the tests repeat the cases and compare. All names of
options and settings are those of 55f18f5, which made the data.
"""

import shutil
from pathlib import Path
from typing import Any, NamedTuple

DATA = Path(__file__).parent
ROOT = DATA.parent.parent

# Documents of digits, which the toy model of that name repeats. Each of the last three is longer
# than it reads at once, and has paragraphs that are summarized one by one.
DOCUMENTS = {
    "pi": "3 1 4 1 5",
    "e": "2 7 1 8 2 8 1 8",
    "mirror": "9 0 9",
    "sentences": "4 4 2 0 7 7. 1 2 3 4 5.",
    "count": "1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0\n\n"
    "0 9 8 7 6 5 4 3 2 1 0 9 8 7 6 5 4 3 2 1 0 9 8 7 6 5 4 3 2 1",
    "steps": "1 1 2 3 5 8 1 3 2 1. 3 4 5 5 8 9 1 4 4. 2 3 3 3 7 7 6 1 0. 9 8 7 1 5 9 7\n\n"
    "2 3 5 7 1 1 1 3. 1 7 1 9 2 3 2 9. 3 1 3 7 4 1 4 3. 4 7 5 3 5 9 6 1.\n\n3 1 4",
    "headings": "7\n\n1 4 1 4 2 1 3 5 6 2 3 7 3 0 9 5. 0 4 8 8 0 1 6 8 8 7 2 4.\n\n8 8\n\n"
    "2 2 3 6 0 6 7 9 7 7 4 9. 9 7 8 9 6 9 6 4 0 9 1 7.",
}


class Case(NamedTuple):
    """One call of `Summarizer.summarize` or `Summarizer.outline`.

    Attributes:
        ids: names of documents.
        options: keywords of the call.
        explain: whether `explain=True` is added.
        outline: whether `outline` is called.
    """

    ids: tuple[str, ...]
    options: dict[str, Any]
    explain: bool = False
    outline: bool = False

    def texts(self) -> list[str]:
        """Return the documents."""
        return [DOCUMENTS[name] for name in self.ids]

    def arguments(self) -> list[str]:
        """Return the options as words of the command line."""
        words = ["--outline"] if self.outline else []
        for name, value in self.options.items():
            values = value if isinstance(value, list) else [value]
            words += [word for v in values for word in (f"--{name.replace('_', '-')}", str(v))]
        return words


_FEW = ("pi", "e", "mirror", "sentences")
_LONG = ("count", "steps", "headings")

CASES = {
    "default": Case(tuple(DOCUMENTS), {}, explain=True),
    "n_best": Case(_FEW, {"n_best": 3}),
    "beam": Case(_FEW, {"beam": 8}),
    "greedy": Case(_FEW, {"strategy": "greedy"}),
    "sample": Case(
        _FEW, {"strategy": "sample", "seed": 3, "temperature": 0.8, "top_k": 40, "top_p": 0.9}
    ),
    "diverse": Case(
        _FEW, {"strategy": "diverse", "groups": 2, "strength": 0.7, "beam": 4, "n_best": 4}
    ),
    "max_words": Case(_FEW, {"max_words": 3}),
    "min_words": Case(_FEW, {"min_words": 6}),
    "must_include": Case(("pi", "e"), {"must_include": ["6", "4 1"]}, explain=True),
    "must_not_include": Case(("pi", "e"), {"must_not_include": ["4", "1 8"]}),
    "prefix": Case(_FEW, {"prefix": "5 3"}),
    "faithful_warn": Case(_FEW, {"faithful": "warn", "n_best": 2}),
    "faithful_strict": Case(_FEW, {"faithful": "strict"}),
    "scores": Case(_FEW, {"length_penalty": 0.5, "coverage_penalty": 0.2}),
    "average": Case(_FEW, {"normalization": "average"}),
    "lead": Case(_LONG, {"long": "lead"}, explain=True),
    "chunks": Case(_LONG, {"long": "chunks"}),
    "select": Case(_LONG, {"long": "select"}, explain=True),
    "outline": Case(_LONG, {}, explain=True, outline=True),
}


class Toy(NamedTuple):
    """A toy run, small enough to be committed.

    Attributes:
        preset: name of the preset.
        settings: overrides, as text of the command line without `--set`.
        steps: trained before the data were saved.
        more: steps of the whole run after it is resumed.
    """

    preset: str
    settings: str
    steps: int
    more: int

    def command(self, folder: str | Path, *words: str, steps: int | None = None) -> list[str]:
        """Return the words of `summarizer train`."""
        settings = [*self.settings.split(), f"train.steps={steps or self.more}"]
        line = f"train --preset {self.preset} --data {SPEC} --output"
        sets = [word for setting in settings for word in ("--set", setting)]
        return [*line.split(), str(folder), *sets, *words]


SPEC = "reverse_digits,count=600"
TEST = "reverse_digits,count=240"  # its test split, 24 or so documents, is evaluated on

_SMALL = (
    "model.embedding=16 vocabulary.size=300 train.batch=32 train.warmup=20 train.compile=graph "
    "train.precision=float32 train.validate_examples=10 data.window=4 "
)
TOYS = {
    # Everything that a run carries along beside its weights. Killed after the checkpoint at step
    # 390; the rate of the last steps is low, so that another machine's rounding stays small.
    "digits": Toy(
        "reverse_digits",
        _SMALL + "model.encoder.width=16 model.decoder.width=32 model.dropout=0.1 "
        "train.validate_every=195 data.curriculum=2 train.ema=0.9 train.average=2 "
        "train.accumulate=2 train.sampling=0.1 train.coverage=0.5",
        390,
        400,
    ),
    "tagger": Toy(
        "tagger",
        _SMALL + "vocabulary.fold=false model.encoder.width=16 data.document_pieces=32 "
        "train.validate_every=100",
        100,
        105,
    ),
    "language_model": Toy(
        "language_model",
        _SMALL + "model.decoder.width=32 data.summary_pieces=24 decode.maximum=24 "
        "train.validate_every=100",
        100,
        105,
    ),
}

# Inputs of the toy models; the longest is more than the model reads at once.
DIGITS = ("3 1 4 1 5", "2 7 1 8 2 8 1 8", "9 0 9", "1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2")

# Each keyword of `Summarizer.summarize`, with a value that changes something; `threshold` goes with
# a tagger that selects.
KEYWORDS: dict[str, dict[str, Any]] = {
    "beam": {"beam": 1},
    "max_words": {"max_words": 3},
    "n_best": {"n_best": 2},
    "long": {"long": "chunks"},
    "min_words": {"min_words": 6},
    "strategy": {"strategy": "greedy"},
    "temperature": {"strategy": "sample", "temperature": 3.0},
    "top_k": {"strategy": "sample", "temperature": 9.0, "top_k": 2},
    "top_p": {"strategy": "sample", "temperature": 9.0, "top_p": 0.01},
    "seed": {"strategy": "sample", "temperature": 3.0, "seed": 7},
    "groups": {"strategy": "diverse", "groups": 2},
    "strength": {"strategy": "diverse", "strength": 2.0, "n_best": 4},
    "length_penalty": {"length_penalty": 2.0},
    "normalization": {"normalization": "average"},
    "coverage_penalty": {"coverage_penalty": 1.0},
    "must_not_include": {"must_not_include": ["4"]},
    "must_include": {"must_include": ["7"]},
    "prefix": {"prefix": "3"},
    "faithful": {"faithful": "warn"},
    "explain": {"explain": True},
    "threshold": {"threshold": 0.95},
}
TAGGER_CASES = {
    "default": {"explain": True},
    "threshold": {"threshold": 0.95},
    "max_words": {"max_words": 2},
}
PROMPT_CASES: dict[str, dict[str, Any]] = {
    "default": {"prompt": "3 1"},
    "length": {"prompt": "3 1", "n": 2, "pieces": 6, "seed": 4},
    "words": {"prompt": "4 2", "max_words": 3, "seed": 2},
    "draw": {"prompt": "4 2", "pieces": 20, "temperature": 2.0, "top_k": 40, "top_p": 0.8},
}

# Folders of models and runs, each with the parts of `tests/compat` that it is put together from.
PARTS = {
    "killed": ("digits", "digits/killed"),  # a run that can be resumed
    "digits": ("digits", "digits/resumed", "digits/exported"),  # a model, trained and exported
    "greedy": ("digits/greedy",),  # another report
    "tagger": ("digits/vocabulary.model", "tagger"),
    "language_model": ("language_model",),
    "ensemble": ("digits/vocabulary.model", "ensemble"),  # not exported
}


def place(name: str, parent: Path) -> Path:
    """Put a folder together where it can be changed; return it."""
    folder = parent / name
    folder.mkdir()
    for part in (DATA / part for part in PARTS[name]):
        if part.is_file():
            shutil.copy(part, folder)
            continue
        for path in part.iterdir():
            if path.is_file():
                shutil.copy(path, folder)
            elif path.name in ("store", "candidates", "evaluation"):
                shutil.copytree(path, folder / path.name)
    return folder
