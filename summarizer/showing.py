"""One page that shows where each word of summaries came from: no network, no other file.

What is shown is JSON inside the page; a script of the page itself draws it, as text, never as
markup. It is written as the summaries come, aside, and gets its name when it is whole.
"""

import json
import os
from pathlib import Path
from types import TracebackType
from typing import Any, TextIO

from summarizer.decoding.provenance import provenance_record
from summarizer.errors import SummarizerError
from summarizer.types import Summary

_STYLE = """
:root { color-scheme: light dark; --ink: #1b1f24; --paper: #fff; --soft: #57606a; --line: #d0d7de;
  --copied: 31 136 61; --made: #b35900; --seen: 9 105 218; --wrong: #cf222e; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6edf3; --paper: #0d1117; --soft: #9198a1;
  --line: #3d444d; --copied: 63 185 80; --made: #f0a050; --seen: 56 139 253; --wrong: #ff7b72; } }
body { font: 16px/1.6 system-ui, sans-serif; color: var(--ink); background: var(--paper);
  max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.4rem; } h2 { font-size: 1rem; overflow-wrap: anywhere; }
section { border-top: 1px solid var(--line); margin-top: 1.5rem; }
.note, .said, summary { color: var(--soft); font-size: .9rem; }
.said { min-height: 4.8em; margin: 0; font-variant-numeric: tabular-nums; }
.summary { font-size: 1.2rem; margin: .5rem 0; }
.word { font: inherit; color: inherit; border: 0; border-bottom: 2px solid transparent;
  padding: 0 1px; margin: 0; border-radius: 3px 3px 0 0; cursor: pointer;
  background: rgb(var(--copied) / calc(var(--c) * .35)); }
.made { border-bottom: 2px dashed var(--made); }
.wrong { text-decoration: underline wavy var(--wrong); }
.word:focus-visible, .word.kept { outline: 2px solid rgb(var(--seen)); }
.text { max-height: 60vh; overflow: auto; white-space: pre-wrap; overflow-wrap: anywhere;
  border: 1px solid var(--line); border-radius: 6px; padding: .5rem .8rem; }
.text span { background: rgb(var(--seen) / calc(var(--a, 0) * .3)); }
.text .unread { color: var(--soft); opacity: .6; }
.text .source { background: rgb(var(--copied) / calc(.25 + var(--s) * .5));
  outline: 1px solid rgb(var(--copied)); border-radius: 2px; }
@media print { body { margin: 0; max-width: none; print-color-adjust: exact;
  -webkit-print-color-adjust: exact; } .text { max-height: none; overflow: visible; }
  .said:empty, .keys { display: none; } section { break-inside: avoid-page; } }
"""

_SCRIPT = """
"use strict";
const make = (name, kind, text) => {
  const node = document.createElement(name);
  if (kind) node.className = kind;
  if (text !== undefined) node.textContent = text;
  return node;
};
const percent = share => Math.round(100 * share) + "%";
const inside = (part, span) => part.begin >= span[0] && part.end <= span[1];

function cut(entry) {  // the document in parts that no source and no sentence cuts
  const size = entry.chars.length, places = new Set([0, size]);
  for (const found of entry.summaries) {
    for (const span of found.sentences) span.forEach(place => places.add(place));
    for (const word of found.words)
      for (const source of word.sources) places.add(source.begin).add(source.end);
  }
  const sorted = [...places].sort((a, b) => a - b);
  return sorted.slice(1).map((end, i) => ({begin: sorted[i], end}));
}

function draw(entry, box) {  // the text of a document, once it is looked at
  if (entry.parts) return;
  entry.parts = cut(entry);
  const read = entry.summaries.flatMap(found => found.sentences);
  for (const part of entry.parts) {
    const text = entry.chars.slice(part.begin, part.end).join("");
    const unread = text.trim() && !read.some(span => inside(part, span));
    part.node = make("span", unread ? "unread" : "", text);
    box.append(part.node);
  }
}

function tell(found, word) {
  const sources = word.sources.map(s => `“${s.text}” (${percent(s.share)})`).join(", ");
  const seen = word.attention.map((share, i) => [share, i + 1]).sort((a, b) => b[0] - a[0])
    .slice(0, 3).filter(pair => pair[0] >= 0.005);
  const attention = seen.map(pair => `sentence ${pair[1]} ${percent(pair[0])}`).join(", ");
  return `“${word.text}”: ${percent(word.copied)} copied` + (sources && ` from ${sources}`) +
    `, ${percent(1 - word.copied)} generated; gate ${word.gate.toFixed(2)}, log-probability ` +
    word.log_prob.toFixed(2) + (attention && `; attention: ${attention}`);
}

function light(entry, found, word) {
  for (const part of entry.parts || []) {
    const sentence = word ? found.sentences.findIndex(span => inside(part, span)) : -1;
    const share = word && sentence >= 0 ? word.attention[sentence] : 0;
    const source = word && word.sources.find(s => inside(part, [s.begin, s.end]));
    part.node.style.setProperty("--a", share);
    part.node.style.setProperty("--s", source ? source.share : 0);
    part.node.classList.toggle("source", Boolean(source));
  }
}

function summary(entry, found, line, said) {
  const chars = Array.from(found.summary), nodes = [];
  const wrong = new Set(found.unsupported || []);
  let kept = -1, end = 0;
  const show = i => {
    said.textContent = i < 0 ? "" : tell(found, found.words[i]);
    light(entry, found, i < 0 ? null : found.words[i]);
  };
  const keep = i => {
    kept = i;
    nodes.forEach((node, j) => {
      node.classList.toggle("kept", i === j);
      node.setAttribute("aria-pressed", String(i === j));
    });
    show(i);
    const first = i < 0 ? null : (entry.parts || []).find(p => p.node.matches(".source"));
    if (first) first.node.scrollIntoView({block: "nearest"});
  };
  found.words.forEach((word, i) => {
    line.append(chars.slice(end, word.begin).join(""));
    end = word.end;
    const node = make("button", "word", word.text);
    node.type = "button";
    node.tabIndex = i ? -1 : 0;
    node.style.setProperty("--c", word.copied);
    node.classList.toggle("made", word.copied < 0.5);
    node.classList.toggle("wrong", wrong.has(word.text));
    node.setAttribute("aria-pressed", "false");
    node.addEventListener("mouseenter", () => show(i));
    node.addEventListener("mouseleave", () => show(kept));
    node.addEventListener("focus", () => show(i));
    node.addEventListener("blur", () => show(kept));
    node.addEventListener("click", () => keep(kept === i ? -1 : i));
    node.addEventListener("keydown", event => {
      const to = {ArrowRight: i + 1, ArrowLeft: i - 1, Home: 0, End: nodes.length - 1}[event.key];
      if (event.key === "Escape") keep(-1);
      if (to === undefined || !nodes[to]) return;
      event.preventDefault();
      nodes[i].tabIndex = -1;
      nodes[to].tabIndex = 0;
      nodes[to].focus();
    });
    nodes.push(node);
    line.append(node);
  });
  line.append(chars.slice(end).join(""));
}

const entries = JSON.parse(document.getElementById("data").textContent);
for (const entry of entries) {
  entry.chars = Array.from(entry.text);
  const section = make("section"), box = make("div", "text");
  const where = entry.summaries.length > 1 ? "summarized paragraph" : "document";
  section.append(make("h2", "", entry.name));
  for (const found of entry.summaries) {
    const line = make("p", "summary"), said = make("p", "said");
    said.setAttribute("aria-live", "polite");
    summary(entry, found, line, said);
    section.append(line);
    if (found.unsupported && found.unsupported.length)
      section.append(make("p", "note", `Not in the ${where}: ` + found.unsupported.join(", ")));
    section.append(said);
  }
  const more = make("details");
  more.append(make("summary", "", "Document"), box);
  more.addEventListener("toggle", () => draw(entry, box));
  more.open = entries.length <= 20;
  if (more.open) draw(entry, box);
  section.append(more);
  document.getElementById("documents").append(section);
}
"""

_HEAD = f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy"
 content="default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'">
<title>Where each word came from</title>
<style>{_STYLE}</style>
</head>
<body>
<h1>Where each word came from</h1>
<p class="note">The greener a word, the more of it was copied; a dashed line: most of it was
generated. A word that is pointed at shows its sources in the document, and how much of the
attention was on each sentence, in blue.</p>
<p class="note keys">Click, or Enter: keep it; arrow keys: the next word; Escape: let go.</p>
<main id="documents"></main>
<noscript><p>The page is drawn by its script, which is switched off.</p></noscript>
<script type="application/json" id="data">["""

_TAIL = f"""
]</script>
<script>{_SCRIPT}</script>
</body>
</html>
"""


class ProvenancePage:
    """Writes the page: `with Page(path) as page: page.add(...)`."""

    def __init__(self, path: Path):
        """Begin it aside.

        Raises:
            SummarizerError: it cannot be written.
        """
        self._path, self._count = path, 0
        if os.path.isdir(path):  # `/` and `.` have no name that one could write beside
            raise SummarizerError(f"{path}: cannot be written: is a directory")
        self._aside = path.with_name(path.name + ".part")
        try:
            self._file: TextIO = open(  # noqa: SIM115  (open until the last summary is there)
                self._aside, "w", encoding="utf-8", errors="backslashreplace", newline="\n"
            )
            self._file.write(_HEAD)
        except OSError as error:
            raise self._failed(error) from None

    def add(self, name: str, text: str, summaries: list[Summary]) -> None:
        """Show one more document.

        Args:
            name: what it is called.
            text: the document, as it was given.
            summaries: each with its explanation.

        Raises:
            SummarizerError: it cannot be written.
        """
        found = [summary_record(summary, text) for summary in summaries]
        entry = json.dumps({"name": name, "text": text, "summaries": found}, ensure_ascii=False)
        try:
            # Nothing in it can end the script that it stands in.
            self._file.write((",\n" if self._count else "\n") + entry.replace("<", "\\u003c"))
        except OSError as error:
            raise self._failed(error) from None
        self._count += 1

    def __enter__(self) -> "ProvenancePage":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:  # fmt: skip
        try:
            with self._file as file:
                file.write(_TAIL)
            if kind is None and self._count:
                os.replace(self._aside, self._path)
        except OSError as wrong:
            raise self._failed(wrong) from None
        finally:
            self._aside.unlink(missing_ok=True)

    def _failed(self, error: OSError) -> SummarizerError:
        return SummarizerError(f"{self._path}: cannot be written: {error.strerror or error}")


def summary_record(found: Summary, text: str) -> dict[str, Any]:
    """Return what JSON says of a summary: itself, and as far as it was asked where it is from."""
    out: dict[str, Any] = {"summary": found.text, "score": found.score}
    if found.unsupported is not None:
        out["unsupported"] = list(found.unsupported)
    return out if found.provenance is None else out | provenance_record(found.provenance, text)
