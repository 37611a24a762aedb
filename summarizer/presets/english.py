"""English news, reports, papers and project texts to headlines, titles and short summaries.

summarizer train --preset english --budget 120m

Run it where the data files lie. Each part of the mix names the type of its summaries, and
`data.weights` says how often an epoch draws each source: press releases of Congress seldom, so
that their formulas do not rule, world news and small sources often.
"""

from summarizer.config import (
    Config,
    DataConfig,
    DecodeConfig,
    ModelConfig,
    Part,
    TrainConfig,
    VocabularyConfig,
)  # fmt: skip

_NEWS = "ids=senate/+congress+tehrantimes/+doj/"
_TITLED = "ids=nsf/+openstax/+rust-blog/"
# Documents whose titles say what they are about; eLife's and Swift's are in test sets elsewhere.
_PAPERS = "ids=pmc/+doi+os-+peps/+ercs/+eips/+cips/+teps/+tf-rfcs/+go-proposals/+keps/"

# SPECs without the split in the name of the file.
_HEADLINES = (
    f"general_headlines.{{}},type=headline,source_column=source,{_NEWS}",
    f"general_headlines.{{}},type=title,source_column=source,{_TITLED}",
    "extra_headlines.{},type_column=kind,source_column=source",
    "us_gov_digital_headlines.{},type=headline",
    "arxiv_titles.{},type=title",
)
_TLDR = (
    "scitldr_a.{},type=tldr",
    "extra_summaries.{},type_column=type,source_column=genre,only=tldr",
    "us_gov_digital_headlines.{},summary=deck,missing=skip,type=tldr",
    "extra_headlines.{},summary=deck,missing=skip,type=tldr,source_column=source",
)
_TRAIN_ONLY = (
    "general_headlines.{},lead_column=lead,missing=skip,type=tldr,source_column=source",
    "extra_headlines.{},lead_column=lead,missing=skip,type=tldr,source_column=source",
    f"extra_summaries.{{}},summary=title,missing=skip,type=title,source_column=genre,{_PAPERS}",
)

# How often an epoch draws the examples of a source; the others once.
_WEIGHTS = {
    "headline/US Senate press releases": 0.14,
    "headline/US Congress press releases": 0.17,
    "headline/Tehran Times": 1.6,
    "headline/US Department of Justice": 0.6,
    "headline/us_gov_digital_headlines": 3.0,
    "headline/Project blogs": 2.0,
    "headline/The Carpentries blog": 2.0,
    "headline/UK petitions": 1.5,
    "headline/We the People petitions": 1.5,
    "headline/Prime Ministers of Australia": 1.5,
    "headline/NASA Lessons Learned": 1.5,
    "headline/Wikinews": 5.0,
    "headline/Global Voices": 5.0,
    "title/arxiv_titles": 0.17,
    "title/Rust project blog": 2.0,
    "title/Open-access life science": 2.0,
    "title/eLife": 2.0,
    "title/Technical proposals": 2.0,
    "title/Microsoft documentation": 2.0,
    "tldr/US Senate press releases": 0.1,
    "tldr/US Congress press releases": 0.2,
    "tldr/US Department of Justice": 0.3,
    "tldr/scitldr_a": 2.5,
    "tldr/us_gov_digital_headlines": 3.0,
    "tldr/proposal": 1.5,
    "tldr/science": 2.0,
    "tldr/deck": 2.0,
    "tldr/meeting": 0.3,
}

# Phrases of headlines that say little, and the share of their examples that is kept.
_THIN = {
    "issues statement": 0.08,
    "statement on": 0.2,
    "statement by": 0.3,
    "statement from": 0.3,
    "comments on": 0.25,
    "firefighting grant": 0.15,
    "barbara lee": 0.2,
    "readout of": 0.4,
    "secretary blinken": 0.4,
    "in prison for": 0.5,
    " yr": 0.0,
    "co op": 0.0,
    "pleads guilty": 0.6,
}


def _mix(split: str, *parts: str) -> str:
    """Return a mix of parts, each example once; the packing of each file is as published."""
    packed = {
        "general_headlines": "xz" if split == "train" else "gz",
        "extra_headlines": "xz",
        "extra_summaries": "xz",
    }
    named = []
    for part in parts:
        suffix = packed.get(part.partition(".")[0], "gz")
        named.append("1*" + part.format(f"{split}.jsonl.{suffix}"))
    return "mix,stop=each:" + "+".join(named)


def config() -> Config:
    """Return the configuration."""
    return Config(
        name="english",
        data=DataConfig(
            train=_mix("train", *_HEADLINES, *_TLDR, *_TRAIN_ONLY),
            validation=_mix("validation", *_HEADLINES, *_TLDR),
            max_document_tokens=192,
            max_summary_tokens=80,
            weights=_WEIGHTS,
            thin=_THIN,
        ),
        vocabulary=VocabularyConfig(size=16_000, sample_size=50_000),
        model=ModelConfig(
            embedding_size=256,
            encoder=Part("bidirectional", {"width": 256}),
            decoder_cell=Part("lstm", {"width": 512}),
            dropout=0.05,
        ),
        train=TrainConfig(
            steps=16_000, learning_rate=1.5e-3, warmup_steps=400, validation_examples=300
        ),
        decode=DecodeConfig(length_penalty=1.0, max_tokens=80, no_repeat_ngram=3),
    )
