"""Reads the pages of `summarizer.reports` as a browser does."""

import base64
import hashlib
from html.parser import HTMLParser

VOID = {"meta"}


class Reader(HTMLParser):
    """Reads a page; fails if a tag is not closed in its place.

    Attributes:
        tags: name and attributes of each tag, in order.
        texts: name of a tag → the text that stands directly in such tags.
        examples: the documents with their summaries, see `_start_example`.
    """

    def __init__(self, page):
        super().__init__()
        self.open, self.tags, self.texts, self.examples = [], [], {}, []
        self.feed(page)
        self.close()
        assert self.open == []

    def all(self, tag, name=""):
        """The attributes of all tags of a name, or of those that have an attribute."""
        return [attrs for t, attrs in self.tags if t == tag and (not name or name in attrs)]

    def handle_starttag(self, tag, attrs):
        attrs = dict(attrs)
        self.tags.append((tag, attrs))
        if tag in VOID:
            return
        self.open.append((tag, attrs))
        classes = attrs.get("class", "").split()
        if tag == "section":
            self._start_example()
        elif tag == "div" and "summary" in classes:
            self.examples[-1]["summaries"].append({"text": "", "words": [], "hint": ""})
        elif "word" in classes:
            summary = self.examples[-1]["summaries"][-1]
            summary["words"].append({"text": "", "begin": len(summary["text"]), "tag": attrs})

    def _start_example(self):
        self.examples.append({"name": "", "text": "", "unread": "", "parts": {}, "summaries": []})

    def handle_startendtag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        assert self.open.pop()[0] == tag

    def handle_data(self, data):
        tag, attrs = self.open[-1] if self.open else ("", {})
        self.texts[tag] = self.texts.get(tag, "") + data
        classes = {name for _, a in self.open for name in a.get("class", "").split()}
        if "example" not in classes:
            return
        example = self.examples[-1]
        if tag in ("h2", "h4"):
            example["name"] += data
        elif "summary-text" in classes:
            example["summaries"][-1]["text"] += data
            if tag == "span":
                example["summaries"][-1]["words"][-1]["text"] += data
        elif "document-text" in classes and tag != "em":
            if "data-part" in attrs:
                begin = len(example["text"])
                example["parts"][int(attrs["data-part"])] = begin, begin + len(data)
            example["text"] += data
            example["unread"] += data if "unread" in classes else ""
        elif {"summary", "hint"} <= classes:
            example["summaries"][-1]["hint"] += data


def spans(example, ranges):
    """The (begin, end, weight) in a document that a word refers to.

    Args:
        example: one of `Reader.examples`.
        ranges: `data-sources` or `data-attention` of the word.
    """
    parts = example["parts"]
    found = [text.split(":") for text in ranges.split()]
    return [(parts[int(i)][0], parts[int(j)][1], float(weight)) for i, j, weight in found]


def check_is_self_contained(page):
    """Fail if a page could load anything, or could run another script than its own."""
    assert not {"src", "href", "srcset", "action"} & {name for _, a in page.tags for name in a}
    assert not [a for _, a in page.tags if any(name.startswith("on") for name in a)]
    assert all(attrs["xlink:href"].startswith("#") for attrs in page.all("use"))
    assert "url(" not in page.texts["style"]
    assert "import" not in page.texts["style"]
    assert len(page.all("script")) == 1
    (policy,) = [attrs["content"] for attrs in page.all("meta", "http-equiv")]
    digest = base64.b64encode(hashlib.sha256(page.texts["script"].encode()).digest()).decode()
    rules = dict(rule.split(maxsplit=1) for rule in policy.split("; "))
    assert rules == {
        "default-src": "'none'", "style-src": "'unsafe-inline'",
        "script-src": f"'sha256-{digest}'", "base-uri": "'none'", "form-action": "'none'",
    }  # fmt: skip
