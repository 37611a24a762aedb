"""The frame of `report.html`: style, script and where the parts go. It loads nothing."""

import base64
import hashlib
from string import Template

STYLE = """
:root { color-scheme: light dark; --paper: #fff; --ink: #1b1b1b; --soft: #555; --rule: #d5d5d5;
  --own: #0b5cad; --other: #666; --bound: #8a5000; --copied: #ffe9a8; --seen: #9cc8ff; }
@media (prefers-color-scheme: dark) { :root { --paper: #15181b; --ink: #ececec; --soft: #b4b4b4;
  --rule: #3c4146; --own: #7db8ff; --other: #b0b0b0; --bound: #e5a95c; --copied: #5b4a0c;
  --seen: #1f4f88; } }
body { margin: 0 auto; max-width: 76rem; padding: 1rem 1.5rem 4rem; background: var(--paper);
  color: var(--ink); font: 16px/1.5 system-ui, sans-serif; }
h1 { font-size: 1.6rem; } h2 { font-size: 1.25rem; margin-top: 2.5rem; }
h3 { font-size: 1rem; margin: 1.5rem 0 .3rem; }
code { font-size: .9em; overflow-wrap: anywhere; }
dt { color: var(--soft); } dd { margin: 0 0 .4rem; }
.plots { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(30rem, 100%), 1fr));
  gap: 1rem 2rem; } figure { margin: 0; } figcaption { font-weight: 600; }
svg { width: 100%; max-width: 44rem; height: auto; font: 13px system-ui, sans-serif; }
svg text { fill: var(--ink); } svg text.own { font-weight: 700; }
svg line, svg polyline { stroke-width: 1.5; fill: none; }
svg .grid { stroke: var(--rule); stroke-width: 1; }
svg line.own, svg polyline.own { stroke: var(--own); }
svg circle.own, svg rect.own { fill: var(--own); }
svg line.other, svg polyline.other { stroke: var(--other); }
svg rect.other { fill: var(--other); }
svg polyline.other { stroke-dasharray: 5 4; }
svg line.bound { stroke: var(--bound); stroke-dasharray: 3 3; }
svg rect.bound { fill: var(--paper); stroke: var(--bound); stroke-width: 1.5; }
.wide { overflow-x: auto; } table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
th, td { padding: .2rem .8rem .2rem 0; border-bottom: 1px solid var(--rule); text-align: right;
  white-space: nowrap; } th:first-child { text-align: left; font-weight: 400; }
thead th { font-weight: 600; vertical-align: bottom; } summary { cursor: pointer; }
.example { border-top: 1px solid var(--rule); padding: .5rem 0 1rem; }
.sides { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(22rem, 100%), 1fr));
  gap: 1rem 2rem; } .text { white-space: pre-wrap; overflow-wrap: anywhere; }
.document { max-height: 20rem; overflow-y: auto; } .note { color: var(--soft); min-height: 1.5em; }
.word { cursor: default; border-radius: 2px; }
.word.copied { background: var(--copied); text-decoration: underline; text-underline-offset: 3px; }
.seen { background: color-mix(in srgb, var(--seen) calc(var(--weight) * 100%), transparent);
  outline: 1px solid color-mix(in srgb, var(--own) calc(var(--weight) * 100%), transparent); }
:focus-visible { outline: 3px solid var(--own); outline-offset: 2px; }
@media print { .document { max-height: none; overflow: visible; } .note { display: none; }
  .example, figure, table { break-inside: avoid; }
  .word.copied { print-color-adjust: exact; -webkit-print-color-adjust: exact; } }
"""

SCRIPT = """
for (const example of document.querySelectorAll(".example")) {
  const words = [...example.querySelectorAll(".word")];
  const parts = new Map([...example.querySelectorAll("[data-i]")].map(p => [p.dataset.i, p]));
  const note = example.querySelector(".note");
  let kept = null;
  function show(word, scroll) {
    for (const part of parts.values()) part.classList.remove("seen");
    note.textContent = word ? word.textContent + ": " + word.dataset.note : "";
    if (!word) return;
    const weights = new Map();
    for (const look of word.dataset.looks.split(" ").filter(Boolean)) {
      const [first, last, weight] = look.split(":").map(Number);
      for (let i = first; i <= last; i++) weights.set(i, Math.max(weight, weights.get(i) || 0));
    }
    let strongest = null, most = 0;
    for (const [i, weight] of weights) {
      const part = parts.get(String(i));
      part.classList.add("seen");
      part.style.setProperty("--weight", weight);
      if (weight > most) [strongest, most] = [part, weight];
    }
    const box = example.querySelector(".document");
    if (scroll && strongest)
      box.scrollTop += strongest.getBoundingClientRect().top - box.getBoundingClientRect().top - 60;
  }
  for (const [i, word] of words.entries()) {
    word.addEventListener("mouseenter", () => show(word, false));
    word.addEventListener("mouseleave", () => show(kept, false));
    word.addEventListener("focus", () => show(word, true));
    word.addEventListener("blur", () => show(kept, false));
    word.addEventListener("click", () => { kept = kept === word ? null : word; show(kept, true); });
    word.addEventListener("keydown", event => {
      if (event.key === "Enter" || event.key === " ") { event.preventDefault(); word.click(); }
      if (event.key === "Escape") { kept = null; show(null); }
      const to = { ArrowRight: words[i + 1], ArrowLeft: words[i - 1] }[event.key];
      if (to) { event.preventDefault(); word.tabIndex = -1; to.tabIndex = 0; to.focus(); }
    });
  }
}
addEventListener("beforeprint", () => {
  for (const part of document.querySelectorAll("details")) part.open = true;
});
"""

_PAGE = Template("""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy"
 content="default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-$digest'">
<title>$title</title>
<style>$style</style>
</head>
<body>
<main>
$body
</main>
<script>$script</script>
</body>
</html>
""")


def page(title: str, body: str) -> str:
    """Return a whole page of parts that are HTML already.

    It may load nothing, and run no script but its own.
    """
    digest = base64.b64encode(hashlib.sha256(SCRIPT.encode()).digest()).decode()
    return _PAGE.substitute(title=title, body=body, style=STYLE, script=SCRIPT, digest=digest)
