"use strict";
/*
 * Connects the words of summaries with the parts of their document.
 *
 * A word has a note and, in data-sources and data-attention, "first:last:weight" for each run of
 * document parts that it refers to; the parts have their numbers in data-part.
 */

const FEW_DOCUMENTS = 20; /* more of them stay closed at first */

/* Return a map from the number of a part to its largest weight. */
function weights(ranges) {
  const largest = new Map();
  for (const range of ranges.split(" ").filter(Boolean)) {
    const [first, last, weight] = range.split(":").map(Number);
    for (let i = first; i <= last; i++) largest.set(i, Math.max(weight, largest.get(i) || 0));
  }
  return largest;
}

/* Highlight what a word refers to, or nothing; return the part with the largest weight. */
function highlight(parts, word) {
  const sources = weights(word ? word.dataset.sources : "");
  const attention = weights(word ? word.dataset.attention : "");
  for (const [i, part] of parts) {
    part.classList.toggle("source", sources.has(i));
    part.style.setProperty("--source-share", sources.get(i) || 0);
    part.style.setProperty("--attention-share", attention.get(i) || 0);
  }
  const ranked = [...(sources.size ? sources : attention)].sort((a, b) => b[1] - a[1]);
  return ranked.length ? parts.get(ranked[0][0]) : null;
}

function connect(summary, parts, box) {
  const words = [...summary.querySelectorAll(".word")];
  const note = summary.querySelector(".note");
  let selected = null;

  function show(word) {
    note.textContent = word ? `“${word.textContent}”: ${word.dataset.note}` : "";
    return highlight(parts, word);
  }
  function showInView(word) {
    const part = show(word);
    if (part)
      box.scrollTop += part.getBoundingClientRect().top - box.getBoundingClientRect().top - 60;
    return part;
  }
  function select(word) {
    selected = word;
    for (const each of words) each.setAttribute("aria-pressed", String(each === word));
    const part = showInView(word);
    if (part) part.scrollIntoView({block: "nearest"});
  }
  for (const [i, word] of words.entries()) {
    word.addEventListener("mouseenter", () => show(word));
    word.addEventListener("mouseleave", () => show(selected));
    word.addEventListener("focus", () => showInView(word));
    word.addEventListener("blur", () => show(selected));
    word.addEventListener("click", () => select(selected === word ? null : word));
    word.addEventListener("keydown", event => {
      const last = words.length - 1;
      const target = words[{ArrowRight: i + 1, ArrowLeft: i - 1, Home: 0, End: last}[event.key]];
      if (event.key === "Escape") select(null);
      else if (event.key === "Enter" || event.key === " ") word.click();
      else if (target) {
        word.tabIndex = -1;
        target.tabIndex = 0;
        target.focus();
      } else return;
      event.preventDefault();
    });
  }
}

for (const example of document.querySelectorAll(".example")) {
  const numbered = [...example.querySelectorAll("[data-part]")];
  const parts = new Map(numbered.map(part => [Number(part.dataset.part), part]));
  const box = example.querySelector(".document-text");
  for (const summary of example.querySelectorAll(".summary")) connect(summary, parts, box);
}

const documents = document.querySelectorAll("details.document");
if (documents.length <= FEW_DOCUMENTS) for (const details of documents) details.open = true;

addEventListener("beforeprint", () => {
  for (const details of document.querySelectorAll("details.numbers")) details.open = true;
});
