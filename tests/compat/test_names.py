"""Old names are accepted: options, choices, Python names, keywords and record fields."""

import importlib
import inspect
import json

import pytest

import summarizer
from summarizer.errors import SummarizerError
from tests.compat import cases, program, records

NAMES = json.loads((cases.DATA / "names.json").read_text("utf-8"))

# Values of options that took any text at 55f18f5 and were checked later.
TEXTS = {
    "strategy": ("beam", "greedy", "sample", "diverse"),
    "faithful": ("off", "warn", "strict"),
    "normalization": ("gnmt", "average"),
    "settings": ("train.steps=5",),
    "budget": ("30m",),
}
# Classes that documented modules only import.
IMPORTED = {"Any", "Example", "InputError", "Iterable", "Mapping", "Sequence"}
POSITIONAL = {
    "summarize": ["a.txt"], "evaluate": ["model", "data.jsonl"], "export": ["model"],
    "doctor": ["data.jsonl"],
}  # fmt: skip


def commands():
    """Yield each option of each verb with each of its values, and the value that is meant."""
    for verb, options in NAMES["options"].items():
        for option in options:
            action, flags = option["action"], option["flags"]
            if not flags or action == "HelpAction":
                continue
            if option["choices"]:
                values = [(v, None) for v in option["choices"]]  # choices may have new names
            elif action in ("StoreTrueAction", "StoreConstAction"):
                values = [(None, True if action == "StoreTrueAction" else "float32")]
            else:
                kind = {"int": ("3", 3), "float": ("0.5", 0.5)}.get(option["type"])
                texts = TEXTS.get(option["dest"])
                values = [kind] if kind else [(v, None) for v in texts or ()] or [("x", "x")]
            for flag in flags:
                for text, value in values:
                    yield pytest.param(verb, flag, text, value, id=f"{verb}{flag}-{text}")


@pytest.mark.parametrize(("verb", "flag", "text", "value"), [*commands()])
def test_an_old_option_is_accepted(verb, flag, text, value):
    words = [verb, flag, *([] if text is None else [text]), *POSITIONAL.get(verb, [])]
    namespace = program.parsed(words)
    assert namespace is not None, f"refused: {words}"
    values = [v for name, v in vars(namespace).items() if name != "command"]
    assert value is None or value in values or [value] in values


def test_a_refused_option_is_noticed():
    assert program.parsed(["train", "--no-such-option", "x"]) is None
    assert program.parsed(["train", "--preset", "lstm"]) is not None


@pytest.mark.parametrize("name", NAMES["public"])
def test_a_public_name_is_there(name):
    with program.old_name(f"summarizer.{name}"):
        public = getattr(summarizer, name)
    assert inspect.isclass(public) == (NAMES["public"][name]["kind"] == "class")


@pytest.mark.parametrize("path", [p for p in NAMES["documented"] if p not in program.GONE])
def test_a_documented_name_is_there(path):
    entry = NAMES["documented"][path]
    with program.old_name(path):
        if entry["kind"] == "module":
            module = importlib.import_module(path)
            for name in set(entry["classes"]) - IMPORTED:
                assert inspect.isclass(getattr(module, name)), name
            return
        module, _, name = path.rpartition(".")
        documented = getattr(importlib.import_module(module), name)
    assert callable(documented)


@pytest.fixture
def models(toy):
    return toy("digits"), toy("tagger")


def test_the_fields_of_what_is_returned_have_their_old_names(models):
    with program.old_name(""):
        model = summarizer.Summarizer.load(models[0])
        (summary,) = model.summarize([cases.DIGITS[0]], n_best=2, explain=True)
    word = records.value(records.value(summary, "explanation"), "words")[0]
    things = {
        "Summary": summary,
        "Hypothesis": records.value(summary, "hypothesis"),
        "Explanation": records.value(summary, "explanation"),
        "Word": word,
        "Source": records.value(word, "sources")[0],
    }
    for name, thing in things.items():
        for field in NAMES["documented"][f"summarizer.types.{name}"]["fields"]:
            with program.old_name(f"{name}.{field}"):
                getattr(thing, field)


def test_each_keyword_of_summarize_is_tried():
    parameters = NAMES["public"]["Summarizer"]["methods"]["summarize"]
    keywords = {*parameters, *NAMES["documented"]["summarizer.types.Wishes"]["fields"]}
    assert keywords - {"self", "texts", "wishes"} == set(cases.KEYWORDS)


@pytest.mark.parametrize("name", cases.KEYWORDS)
def test_an_old_keyword_of_summarize_does_what_it_did(name, models, saved):
    select = models[1] if name == "threshold" else None
    with program.old_name("Summarizer.load(select)" if select else ""):
        model = summarizer.Summarizer.load(folder=models[0], brief=False, select=select)
    with program.old_name(f"summarize({name})"):
        summaries = model.summarize(texts=cases.DIGITS, **cases.KEYWORDS[name])
    rows = [records.summary(summary) for summary in summaries]
    assert records.differences(rows, saved("toys.json")["keywords"][name]) == []


@pytest.mark.parametrize("way", ["lead", "chunks", "select"])
def test_old_ways_of_long_documents_are_keywords_of_outline(way, models):
    with program.old_name(f"outline(long={way})"):
        model = summarizer.Summarizer.load(models[0], brief=True)
        (lines,) = model.outline(texts=[cases.DIGITS[3]], long=way)
    assert all(records.value(line, "text") for line in lines)


def test_read_takes_its_old_keywords(tmp_path):
    path = tmp_path / "one.txt"
    path.write_text("One line.", encoding="utf-8")
    with program.old_name("read"):
        assert summarizer.read(name=path, fetch=False) == "One line."


def test_a_language_model_takes_its_old_keywords(toy, saved):
    path = "summarizer.generating.Generator"
    if path in program.GONE:
        pytest.fail("compare under its new name instead")
    with program.old_name(path):
        model = importlib.import_module("summarizer.generating").Generator.load(
            folder=toy("language_model")
        )
        for name, options in cases.PROMPT_CASES.items():
            texts = [records.hypothesis(h) for h in model.generate(**options)]
            assert records.differences(texts, saved("toys.json")["language_model"][name]) == []


def test_evaluate_takes_its_old_keywords(tmp_path):
    options = {
        "output": tmp_path / "out", "beam": 2, "stem": True, "skip_bad": False, "select": None,
        "tokens": "characters", "references": "best", "allow_overlap": False, "command": "x",
        "min_words": 2,
    }  # fmt: skip
    keywords = NAMES["public"]["evaluate"]["parameters"]
    assert set(keywords) - {"model", "spec", "wishes"} == set(options) - {"min_words"}
    with program.old_name("evaluate(tokens)"), pytest.raises(SummarizerError, match="no such"):
        summarizer.evaluate(model=tmp_path / "none", spec=cases.TEST, **options)
