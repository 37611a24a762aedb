"""Documents of every kind become prose, and long ones are read as asked; nothing fails silently."""

import hashlib
import io
import json
import re
import struct
import subprocess
import sys
import threading
import time
import zipfile
import zlib
from collections.abc import Callable, Iterator
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import summarizer
from summarizer import cli
from summarizer.api.summarizer import Summarizer
from summarizer.config import Config, DataConfig
from summarizer.documents import email_message, fetch, html, markdown
from summarizer.documents.read import SUFFIXES, read_document
from summarizer.errors import InputError
from summarizer.runtime import long_documents, outlines
from summarizer.text import read_file, sentences
from summarizer.text.centrality import centrality
from summarizer.types import Summary

ROOT = Path(__file__).parents[3]
ONE = "The old bridge over the river was closed. Engineers had found cracks in its hangers."
TWO = "It was opened again in May. Three hundred people walked across behind the town's band."


# --- files of each kind, made here -----------------------------------------------------------


def rc4(key: bytes, data: bytes) -> bytes:
    box, j, out = list(range(256)), 0, bytearray()
    for i in range(256):
        j = (j + box[i] + key[i % len(key)]) % 256
        box[i], box[j] = box[j], box[i]
    i = j = 0
    for byte in data:
        i = (i + 1) % 256
        j = (j + box[i]) % 256
        box[i], box[j] = box[j], box[i]
        out.append(byte ^ box[(box[i] + box[j]) % 256])
    return bytes(out)


def pdf(pages: list[str | None], password: str | None = None) -> bytes:
    """A PDF; a page is what it says (paragraphs of lines), or None for an image and no text.

    With a password it is encrypted as of PDF 1.7, 7.6.3 (revision 2: RC4 with 40 bits).
    """
    kids = " ".join(f"{4 + 2 * i} 0 R" for i in range(len(pages)))
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        f"<< /Type /Pages /Count {len(pages)} /Kids [{kids}] >>".encode(),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
    ]
    pad = bytes.fromhex("28BF4E5E4E758A4164004E56FFFA01082E2E00B6D0683E802F0CA9FE6453697A")
    secret, identity = (password or "").encode(), b"0123456789abcdef"
    padded = (secret + pad)[:32]
    owner = rc4(hashlib.md5(padded).digest()[:5], padded)
    key = hashlib.md5(padded + owner + struct.pack("<i", -4) + identity).digest()[:5]
    for i, said in enumerate(pages):
        number = 5 + 2 * i
        content = b"q 200 0 0 200 72 400 cm BI /W 1 /H 1 /CS /G /BPC 8 ID \x80 EI Q"
        if said is not None:
            commands, y = [], 760
            for paragraph in said.split("\n\n"):
                for line in paragraph.split("\n"):
                    size = 18 if line.startswith("#") else 11
                    shown = re.sub(r"([()\\])", r"\\\1", line.lstrip("# "))
                    commands.append(f"BT /F1 {size} Tf 72 {y} Td ({shown}) Tj ET")
                    y -= 13
                y -= 13
            content = "\n".join(commands).encode("cp1252")
        if password is not None:
            own = hashlib.md5(key + struct.pack("<i", number)[:3] + b"\0\0").digest()[:10]
            content = rc4(own, content)
        objects.append(
            f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents {number} 0 R"
            " /Resources << /Font << /F1 3 0 R >> >> >>".encode()
        )
        objects.append(b"<< /Length %d >>\nstream\n%b\nendstream" % (len(content), content))
    out, places = bytearray(b"%PDF-1.4\n"), []
    for i, body in enumerate(objects):
        places.append(len(out))
        out += b"%d 0 obj\n%b\nendobj\n" % (i + 1, body)
    start = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    out += b"".join(b"%010d 00000 n \n" % place for place in places)
    out += b"trailer << /Root 1 0 R /Size %d" % (len(objects) + 1)
    if password is not None:
        lock = b" /Encrypt << /Filter /Standard /V 1 /R 2 /P -4 /O <%b> /U <%b> >> /ID [<%b> <%b>]"
        hexed = [value.hex().encode() for value in (owner, rc4(key, pad), identity, identity)]
        out += lock % tuple(hexed)
    out += b" >>\nstartxref\n%d\n%%%%EOF\n" % start
    return bytes(out)


def docx(body: str) -> bytes:
    """A Word document with that in its body, in WordprocessingML."""
    word = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
    package = "http://schemas.openxmlformats.org/package/2006"
    office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument"
    main = "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(
            "[Content_Types].xml",
            f'<Types xmlns="{package}/content-types">'
            '<Default Extension="rels" '
            'ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
            f'<Override PartName="/word/document.xml" ContentType="{main}"/></Types>',
        )
        archive.writestr(
            "_rels/.rels",
            f'<Relationships xmlns="{package}/relationships"><Relationship Id="r1" '
            f'Type="{office}" Target="word/document.xml"/></Relationships>',
        )
        archive.writestr(
            "word/document.xml",
            f'<w:document xmlns:w="{word}"><w:body>{body}</w:body></w:document>',
        )
    return out.getvalue()


def paragraph(text: str) -> str:
    return f"<w:p><w:r><w:t>{text}</w:t></w:r></w:p>"


def message(text: str, **more: str) -> EmailMessage:
    made = EmailMessage()
    for name, value in {"From": "Ann <a@b.example>", "Subject": "The bridge", **more}.items():
        made[name] = value
    made["Date"] = "Mon, 05 May 2025 10:00:00 +0000"
    made.set_content(text)
    return made


PAGE = f"""<!DOCTYPE html><html><head><title>Site | Bridge</title><style>p {{ color: red }}</style>
<script>var bridge = "no text";</script></head><body>
<header><a href="/">The site</a> welcomes you</header><nav><ul><li>Home<li>News</ul></nav>
<article><header><h1>The <em>bridge</em></h1></header>
<p>{ONE.replace("river", "<a href='/river'>river</a><sup><a href='#1'>[1]</a></sup>")}
<div hidden>not seen</div><!-- a comment --><p>{TWO}
<ul><li><a href="/a">Another story of a bridge</a></li></ul>
<table><tr><td>1904</td><td>12 m</td></tr></table>
<pre>print("code")</pre></article>
<aside>Advertisement for a car</aside><footer>Imprint and copyright</footer></body></html>"""

NOTES = f"""---
title: notes
---
# The *bridge* #

{ONE.replace("river", "[river](https://x.example/a_(b) 'title')").replace("cracks", "**cracks**")}
![a picture](x.png) <!-- hidden -->

```python
print("code")
```

| year | length |
|------|--------|
| 1904 | 12     |

> {TWO.replace("May", "_May_").replace("people", "`people`")}[^1]

[^1]: A note.
[target]: https://x.example
"""
PROSE = f"The bridge\n\n{ONE}\n\n{TWO}"


def wrapped(text: str) -> str:
    return "\n".join(re.findall(r".{1,50}(?:\s|$)", text))


PDF_PAGE = f"# The bridge\n\n{wrapped(ONE)}\n\n{wrapped(TWO)}"
DOCX_BODY = (
    '<w:p><w:pPr><w:pStyle w:val="Heading1"/></w:pPr><w:r><w:t>The bridge</w:t></w:r></w:p>'
    + paragraph(ONE) + paragraph(TWO)
    + f"<w:tbl><w:tr><w:tc>{paragraph('1904')}</w:tc><w:tc>{paragraph('12')}</w:tc></w:tr></w:tbl>"
)  # fmt: skip


@pytest.fixture
def put(tmp_path: Path) -> Callable[[str, bytes | str], str]:
    """Write a file and return its name."""

    def write(name: str, content: bytes | str) -> str:
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return str(path)

    return write


# --- what is read of each kind ---------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("x.html", PAGE),
        ("x.md", NOTES),
        ("x.md", NOTES.replace("\n", "\r\n")),
        ("x.docx", docx(DOCX_BODY)),
        ("x.pdf", pdf([PDF_PAGE])),
        ("x.pdf", pdf([PDF_PAGE], password="")),  # nobody is asked for an empty password
        ("x.eml", bytes(message(PROSE))),
        # The content decides, whatever the name says.
        ("x.txt", pdf([PDF_PAGE])),
        ("x.pdf", docx(DOCX_BODY)),
        ("x.docx", PAGE),
        ("x.txt", bytes(message(PROSE)).replace(b"\n", b"\r\n")),
        ("x", PAGE),
        ("x.dat", PROSE),
    ],
)
def test_every_kind_becomes_its_prose(put, name, content):
    found = read_document(put(name, content)).replace("\r\n", "\n")
    assert found.strip() == PROSE
    assert summarizer.read_document is read_document


def test_a_paragraph_of_a_pdf_goes_on_over_pages_and_numbers_are_no_text(put):
    pages = [
        f"The bridge, a report\n\nA paragraph begins on page {i}\nand it goes\n\n{i}"
        for i in range(1, 5)
    ]
    text = read_document(put("x.pdf", pdf(pages)))
    said = " ".join(f"A paragraph begins on page {i} and it goes" for i in range(1, 5))
    assert text == said
    pages = ["Hyphen-\nated words are\nwhole (and \\ brac-", "kets)."]
    assert (
        read_document(put("y.pdf", pdf(pages))) == "Hyphenated words are whole (and \\ brackets)."
    )


@pytest.mark.parametrize(
    ("page", "said"),
    [
        ("<p>One<br>line<br><br>Two &amp; &eacute;", "One line\n\nTwo & é"),
        ("<p>x<sup>2</sup> is <b>bold</b>.", "x2 is bold."),
        ("<nav><p>Left open<main><p>Text.</main>", "Left open\n\nText."),  # nothing else is there
        ("<td>12</td><td>A cell that is a sentence.</td>", "A cell that is a sentence."),
        ("<p>Before</p><div style='display: none'>x</div><p aria-hidden=true>y</p>", "Before"),
        ("<p>Text.</p><blockquote>A quotation.</blockquote>", "Text.\n\nA quotation."),
        ("<pre>All of an old page.</pre>", "All of an old page."),
        ("<p>aside<main><p>The main text is longer.", "The main text is longer."),
        ("<script>x</script><style>y</style>", ""),
    ],
)  # fmt: skip
def test_pages_well_formed_or_not(page, said):
    assert html.prose(page) == said


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("- [ ] one\n- [x] two\n  goes on\n", "one\n\ntwo goes on"),
        ("1. first\n2. second", "first\n\nsecond"),
        ("Hard  \nbreak", "Hard break"),
        ("Text.\n\n[all of it is a link](x)", "Text.\n\nall of it is a link"),
        ("See <https://x.example> and [this][a].\n\n[a]: https://x.example", "See and this."),
        ("A note[^1] here.\n\n[^1]: The note.\n\nMore.", "A note here.\n\nMore."),
        ("`a < b` &amp; ~~c~~ a_b_c \\* d", "a < b & c a_b_c * d"),
        ("Before\n\n    indented(code)\n\nAfter", "Before\n\nAfter"),
        ("Heading\n=======\n\nText\n***\n", "Heading\n\nText"),
        ("> quoted\n> text", "quoted text"),
        ("---\ntitle: x\n...\nText", "Text"),
        ("a | b\n--|--\nA cell with a sentence in it. | 2\n\nText", "Text"),
        ("# 1\n\n中文**粗体**。", "1\n\n中文粗体。"),
        ('+++\ntitle = "Draft"\ndraft = true\n+++\n\nText', "Text"),
        ("+++\nno end", "+++ no end"),
        (
            "[![Build](https://ci.example/a.svg)](https://ci.example) [![](b.svg)](c)\n\nText",
            "Text",
        ),
        ("[![Build][b]][c]\n\n[b]: a.svg\n[c]: https://ci.example\n\nText", "Text"),
        ("> [!WARNING]\n> The bridge is old.", "The bridge is old."),
        ("> [!note]- Title\n> The bridge is old.", "Title The bridge is old."),
        (
            '!!! note "Careful"\n    The bridge\n    is old.\n\n    It is.\n\nText',
            "The bridge is old.\n\nIt is.\n\nText",
        ),
        ("???+ tip\n\n    The bridge.\n", "The bridge."),
        (
            ":::tip\nThe bridge.\n:::\n\n::: warning Title {#a}\nIt is old.\n:::",
            "The bridge.\n\nIt is old.",
        ),
        ("See [[Other page|the page]], [[Bridge]] and ![[a.png]].", "See the page, Bridge and ."),
        (
            "A note.[^1]\n\n[^1]: First line\n    and its second.\n\n    More of it.\n\nText",
            "A note.\n\nText",
        ),
        (
            "A note.[^a]\n\n[^a]: First line\nand lazily more.\n[^b]: Other\n\nText",
            "A note.\n\nText",
        ),
        ("```\n:::tip\n[^1]: x\n!!! note\n```\n\nText", "Text"),
        ("a | b\n--- | ---\n1 | 2\n\nText", "Text"),
    ],
)
def test_markdown_becomes_its_prose(source, text):
    assert markdown.prose(source) == text
    assert markdown.prose(source.replace("\n", "\r\n")) == text


@pytest.mark.parametrize(
    "part",
    ["[^", "[[", "![[", "<http:", "!!! a\n", ":::\n", "> [!a]\n", "[^1]: a\n", "```\n", "    a\n",
     "- [ ] ", "[![", "a | b\n", "+++\n", "\t", "[[a|b"],
)  # fmt: skip
def test_markdown_is_read_in_linear_time(part):
    def seconds(count):
        start = time.thread_time()
        list(markdown._plain(markdown._without_front_matter((part * count).split("\n"))))
        return time.thread_time() - start

    assert seconds(40_000) < 10 * seconds(10_000) + 0.2


@pytest.mark.parametrize("part", ["<!--", "<?", "<![CDATA[", "<!A ", "![", "[", "*a ", "- a\n"])
def test_markup_that_is_never_closed_takes_linear_time(part):
    def seconds(count):
        start = time.thread_time()
        markdown.prose(part * count)
        return time.thread_time() - start

    assert seconds(8_000) < 8 * seconds(2_000) + 0.2


@given(st.text(st.sampled_from("ab <>/p&;!-nav'\"=\n")))
def test_any_page_and_any_markdown_can_be_read(text):
    for prose in (html.prose(text), markdown.prose(text)):
        assert "\n\n\n" not in prose
        assert prose == prose.strip()


@pytest.mark.parametrize(
    ("content", "text"),
    [
        ("<meta charset='windows-1251'><p>Мост открыт.".encode("cp1251"), "Мост открыт."),
        (
            '<?xml version="1.0" encoding="gb2312"?><html><p>桥已开通。'.encode("gb18030"),
            "桥已开通。",
        ),
        ('<meta content="text/html; charset=iso-8859-1"><p>“é”'.encode("cp1252"), "“é”"),
        ("<p>Не объявлено".encode(), "Не объявлено"),
        ("<p>Знак".encode("utf-16"), "Знак"),
    ],
)  # fmt: skip
def test_the_declared_encoding_of_a_page_is_used(put, content, text):
    assert read_document(put("x.html", content)) == text


def test_the_declared_encoding_of_an_email_is_used():
    made = message("")
    made.set_content("Мост открыт.", charset="koi8-r", cte="base64")
    assert email_message.text(bytes(made), "x") == "Мост открыт."
    unknown = b"From: a\nDate: x\nContent-Type: text/plain; charset=nonsense\n\nPlain words."
    assert email_message.text(unknown, "x").strip() == "Plain words."


@pytest.mark.parametrize(
    "around",
    [
        "{}\n\nOn Mon, 5 May 2025 at 10:00, Bob <b@x.example>\nwrote:\n\n> Is it open?\n> > Yes\n",
        "> Is it open?\n\n{}\n-- \nAnn\nDirector of bridges",
        "{}\n\n-----Original Message-----\nFrom: Bob\nSubject: x\n\nIs it open?",
        "Am 05.05.25 um 10:00 schrieb Bob:\n> Ist sie offen?\n\n{}",
        "{}\n\n在 2025年5月5日，Bob 写道：\n> 开了吗？",
    ],
)
def test_what_is_quoted_and_signed_is_not_what_is_said(around):
    assert email_message.text(bytes(message(around.format(PROSE))), "x") == PROSE


def test_other_bodies_of_an_email():
    both = message("Plain words.")
    both.add_alternative("<p>Marked words.", subtype="html")
    both.add_attachment(b"\0\1", maintype="application", subtype="octet-stream", filename="x.bin")
    assert email_message.text(bytes(both), "x") == "Plain words."
    page = message("")
    page.set_content("<p>New.</p><blockquote type=cite>Old.</blockquote>", subtype="html")
    assert email_message.text(bytes(page), "x") == "New."
    assert email_message.text(bytes(message("> Only\n> a quote.\n")), "x").split() == [
        "Only",
        "a",
        "quote.",
    ]
    forwarded = "---------- Forwarded message ---------\nFrom: Bob\nDate: May\n\nThe words."
    assert email_message.text(bytes(message(forwarded)), "x") == "The words."


# --- what cannot be read ---------------------------------------------------------------------

OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600
ARCHIVE = io.BytesIO()
with zipfile.ZipFile(ARCHIVE, "w") as _archive:
    _archive.writestr("xl/workbook.xml", "<x/>")
IMAGE = message("")
IMAGE.set_content(b"\0", maintype="image", subtype="png")
BAD = {
    "locked.pdf": (pdf([PROSE], "secret"), "protected with a password; save it without one"),
    "scan.pdf": (
        pdf([None, None]),
        "a PDF of 2 pages without text (scanned?); recognize its text first (OCR)",
    ),
    "cut.pdf": (pdf([PROSE])[:60], "a cut or damaged PDF"),
    "text.pdf": (PROSE.encode(), "not a PDF, though its name or type says so"),
    "text.docx": (PROSE.encode(), "not a Word document, though its name or type says so"),
    "cut.docx": (docx(paragraph(ONE))[:200], "a cut or damaged archive"),
    "broken.docx": (docx("<w:p>"), "a damaged Word document"),
    "empty.docx": (docx(""), "a Word document without text"),
    "sheet.docx": (ARCHIVE.getvalue(), "a ZIP archive, but not a Word document (.docx)"),
    "locked.docx": (
        OLE + "EncryptedPackage".encode("utf-16-le"),
        "protected with a password; save it without one",
    ),
    "old.doc": (OLE, "an old Office file; save it as .docx"),
    "none.html": (
        b"<html><script>x</script><img src=x></html>",
        "a page without text (scripts may fill it in a browser)",
    ),
    "unknown.html": (b"<meta charset=klingon><p>x", "declares the unknown encoding 'klingon'"),
    "none.md": (b"---\n\n![x](y.png)\n", "no text beside the markup"),
    "image.eml": (bytes(IMAGE), "an e-mail without a text body"),
    "empty.pdf": (b"", "the file is empty"),
    "image.txt": (b"\x89PNG\0", "a binary file; text in UTF-8 is needed"),
    "large.html": (
        b"<p>" + b"x " * 30_000,
        "larger than 64 MB, the maximum for one document",
    ),
    "bomb.docx": (
        docx(paragraph("x" * 60_000)),
        "unpacks to more than 64 MB, the maximum for one document",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD)
def test_what_cannot_be_read_says_why(put, name, monkeypatch):
    monkeypatch.setattr(read_file, "MAX_BYTES", 50_000)
    content, reason = BAD[name]
    path = put(name, content)
    with pytest.raises(InputError) as caught:
        read_document(path)
    assert str(caught.value) == f"{path}: {reason}"


@pytest.mark.parametrize("cut", range(100, 900, 200))
def test_a_cut_pdf_is_read_or_refused(put, cut):
    path = put("x.pdf", pdf([PDF_PAGE])[:cut])
    try:
        assert read_document(path)
    except InputError as error:
        assert "PDF" in str(error)  # noqa: PT017


@pytest.mark.parametrize(("module", "name"), [("pypdfium2", "x.pdf"), ("mammoth", "x.docx")])
def test_without_the_extra_one_line_says_what_to_install(put, monkeypatch, module, name):
    monkeypatch.setitem(sys.modules, module, None)
    path = put(name, pdf([PROSE]) if name == "x.pdf" else docx(DOCX_BODY))
    with pytest.raises(InputError, match=r"need pip install 'summarizer-lstm\[files\]'$"):
        read_document(path)
    for other, content in (("x.html", PAGE), ("x.md", NOTES), ("x.eml", bytes(message(PROSE)))):
        assert read_document(put(other, content)).strip() == PROSE


# --- the command -----------------------------------------------------------------------------


@pytest.fixture(scope="module")
def model(digits) -> Summarizer:
    return Summarizer.load(digits.folder)


@pytest.fixture
def run(digits, capsys):
    """Run `summarizer summarize` with the trained model: status, lines of stdout and of stderr."""

    def command(*words: str) -> tuple[int, list[str], list[str]]:
        status = cli.main(["summarize", "--model", str(digits.folder), *words])
        said = capsys.readouterr()
        return status, said.out.splitlines(), said.err.splitlines()

    return command


def test_a_folder_of_every_kind_with_bad_files_among_them(put, run, tmp_path):
    digits = "3 1 4 1 5"
    put("a.html", f"<nav>7 7</nav><p>{digits}")
    put("b.pdf", pdf([digits]))
    put("c.docx", docx(paragraph(digits)))
    put("d.EML", bytes(message(f"{digits}\n-- \n7 7")))
    put("e.md", f"**{digits}**")
    put("f.txt", digits)
    put("g.csv", digits)
    locked = put("h.pdf", pdf([digits], "secret"))
    status, out, err = run("--json", str(tmp_path))
    assert status == 1
    assert err == [f"summarizer: {locked}: protected with a password; save it without one"]
    records = [json.loads(line) for line in out]
    assert [Path(r["file"]).name for r in records] == [
        "a.html", "b.pdf", "c.docx", "d.EML", "e.md", "f.txt",
    ]  # fmt: skip
    assert len({r["summary"] for r in records}) == 1
    assert all((r["read"] > 0, r["truncated"], r["left_out"]) == (True, 0, 0.0) for r in records)


def test_standard_input_may_be_any_kind_and_text_loads_no_converter(digits, put):
    code = """
import sys
from summarizer.cli import summarize_main

status = summarize_main(sys.argv[1:])
loaded = {"pypdfium2", "mammoth", "html.parser", "email", "urllib.request"} & set(sys.modules)
print(sorted(loaded), file=sys.stderr)
sys.exit(status)
"""
    command = [sys.executable, "-c", code, "--model", str(digits.folder)]

    def summarize(name: str, given: bytes) -> tuple[bytes, bytes]:
        done = subprocess.run(
            [*command, name], input=given, cwd=ROOT, capture_output=True, check=False, timeout=60
        )
        return done.stdout, done.stderr

    plain = summarize(put("x.txt", "3 1 4 1 5"), b"")
    assert plain[1] == b"[]\n"
    out, loaded = summarize("-", pdf(["3 1 4 1 5"]))
    assert (out, loaded) == (plain[0], b"['pypdfium2']\n") or b"pypdfium2" in loaded
    assert out == plain[0]
    assert summarize("-", b"")[1].startswith(b"summarizer: standard input: the file is empty")


# --- the web ---------------------------------------------------------------------------------

ANSWERS: dict[str, tuple[int, dict[str, str], bytes]] = {
    "/page": (200, {"Content-Type": "text/html; charset=koi8-r"}, "<p>3 1 4 мост".encode("koi8-r")),
    "/text": (200, {"Content-Type": "text/plain; charset=latin-1"}, "3 1 4 é".encode("cp1252")),
    "/notes.md?x=1": (200, {}, b"# 3 1 4"),
    "/paper": (200, {"Content-Type": "application/pdf"}, pdf(["3 1 4"])),
    "/moved": (302, {"Location": "/page"}, b""),
    "/away": (302, {"Location": "file:///etc/hostname"}, b""),
    "/ftp": (302, {"Location": "ftp://x.example/y"}, b""),
    "/loop": (302, {"Location": "/loop"}, b""),
    "/image": (200, {"Content-Type": "image/png"}, b"\x89PNG"),
    "/large": (200, {"Content-Type": "text/plain"}, b"x " * 10_000),
    "/cut": (200, {"Content-Type": "text/plain", "Content-Length": "99"}, b"x"),
}  # fmt: skip


class _Answer(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        status, headers, body = ANSWERS.get(self.path, (404, {}, b"gone"))
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        if self.path == "/slow":
            self.server.released.wait(5)
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@pytest.fixture(scope="module")
def site() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Answer)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch):
    monkeypatch.setenv("no_proxy", "*")


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("/page", "3 1 4 мост"),
        ("/text", "3 1 4 é"),
        ("/notes.md?x=1", "3 1 4"),
        ("/paper", "3 1 4"),
        ("/moved", "3 1 4 мост"),
    ],
)
def test_a_web_address_is_read_where_allowed(site, path, text):
    assert read_document(site + path, fetch=True) == text
    with pytest.raises(InputError, match="only read with --fetch"):
        read_document(site + path)


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ("/nothing", "404 Not Found"),
        ("/image", "image/png, not a document that can be read"),
        ("/away", "302 Found - Redirection to url 'file:///etc/hostname' is not allowed"),
        ("/ftp", "redirected to 'ftp://x.example/y', which is not a web address"),
        ("/loop", "infinite loop."),
        ("/large", "larger than 64 MB"),
        ("/cut", "the connection broke off after 1 bytes"),
        ("/a b", "can't contain"),
    ],
)
def test_an_address_that_cannot_be_read_says_why(site, path, reason, monkeypatch):
    monkeypatch.setattr(read_file, "MAX_BYTES", 10_000)
    with pytest.raises(InputError) as caught:
        read_document(site + path, fetch=True)
    said = str(caught.value)
    assert said.startswith(f"{site}{path}: ")
    assert reason in said
    assert "\n" not in said


def test_a_site_that_does_not_answer(site, monkeypatch):
    with pytest.raises(InputError, match="connection refused"):
        read_document("http://127.0.0.1:1/x", fetch=True)
    with pytest.raises(InputError, match="http://: no host given"):
        read_document("http://", fetch=True)
    monkeypatch.setattr(fetch, "MAX_SECONDS", -1.0)
    with pytest.raises(InputError, match="no answer in time"):
        read_document(site + "/page", fetch=True)


def test_the_command_fetches_only_when_asked(run, site, put):
    good = put("x.txt", "3 1 4")
    status, out, err = run(site + "/page", good)
    assert (status, len(out), len(err)) == (1, 1, 1)
    assert "--fetch" in err[0]
    status, out, err = run("--fetch", "--json", site + "/paper", good)
    records = [json.loads(line) for line in out]
    assert (status, err) == (0, [])
    assert [r["file"] for r in records] == [site + "/paper", good]
    assert records[0]["summary"] == records[1]["summary"]


# --- sentences -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "It rains.|Take care!|Why?|Well... Then go.".replace("... Then", "...|Then"),
        'Dr. J. Smith et al. (2004) said "No."|He paid 3.14 euros, i.e. too much.|See Fig. 2.',
        "It is in No. 5 of vol. 12 there.|He said no.|Then he left.|Am 3. Mai war es so.",
        "The U.S. economy grew... by 2 percent.|(It is so.)|“Really?”|[Yes.]",
        "桥已开通。|“好！”|他说了3.5米。|真的吗？",
        "橋が開いた。|「はい。」|と言った！",
        "यह पुल है।|वह खुला है॥|ठीक है।",
        "هذا جسر.|هل هو مفتوح؟|نعم.",
        "یہ پل ہے۔|وہ کھلا ہے۔",
        "Мост открыт.|Это хорошо!|И. Иванов рад.",
        "ይህ ድልድይ ነው።|ክፍት ነው።",
        "สะพานเปิดแล้ว|เด็กๆ ชอบ iPhone 15 มาก|ปลอดภัยไหม",
        "ຂົວເປີດແລ້ວ|ປອດໄພບໍ",
    ],
)
def test_sentences_of_every_script(text):
    expected = text.split("|")
    joined = sentences.join_sentences(expected)
    assert sentences.split_sentences(joined) == expected
    assert sentences.join_sentences(sentences.split_sentences(joined)) == joined


@given(st.text(st.sampled_from("aB1 .!?。”(\n，Dr")))
def test_no_character_of_a_sentence_is_lost(text):
    found = sentences.split_sentences(text)
    assert "".join("".join(found).split()) == "".join(text.split())
    assert all(s and s == s.strip() for s in found)


# --- central sentences -----------------------------------------------------------------------


def slow_centrality(documents: list[list[int]]) -> np.ndarray:
    """The eigenvector of the written-out walk."""
    n, size = len(documents), 1 + max((t for d in documents for t in d), default=0)
    count = np.array([[d.count(t) for t in range(size)] for d in documents], float)
    weight = count * np.log((1 + n) / np.maximum((count > 0).sum(0), 1))
    norm = np.linalg.norm(weight, axis=1, keepdims=True)
    weight = weight / norm
    like = weight @ weight.T
    np.fill_diagonal(like, 0)
    walk = 0.15 / n + 0.85 * like / np.maximum(like.sum(1, keepdims=True), 1e-12)
    values, vectors = np.linalg.eig(walk.T)
    first = np.real(vectors[:, np.argmax(np.real(values))])
    return first / first.sum()


@given(st.lists(st.lists(st.integers(0, 6), min_size=1, max_size=6), min_size=1, max_size=8))
def test_centrality_is_the_walks_stationary_distribution(documents):
    found = centrality(documents)
    np.testing.assert_allclose(found, slow_centrality(documents), atol=1e-4)
    order = np.arange(len(documents))[::-1]
    np.testing.assert_allclose(centrality([documents[i] for i in order]), found[order], atol=1e-4)


def test_centrality_of_nothing_and_of_empty_sentences():
    assert centrality([]).shape == (0,)
    found = centrality([[1, 2], [], [1, 3]])
    assert found.sum() == pytest.approx(1)
    assert found[1] == found.min() > 0


# --- long documents --------------------------------------------------------------------------


def words(texts: list[str]) -> list[list[int]]:
    """One piece a word: a number for it."""
    return [[zlib.crc32(w.encode()) for w in re.findall(r"\w+", text)] for text in texts]


class FirstWord:
    """A model that reads ten tokens of a text and returns its first word."""

    def __init__(self) -> None:
        self.config = Config(data=DataConfig(max_document_tokens=10))
        self.vocabulary = SimpleNamespace(encode_all=words, controls={})
        self.folder = Path("none")
        self.calls: list[list[str]] = []

    def summarize(self, texts: list[str], *_: object) -> list[Summary]:
        self.calls.append(list(texts))
        sizes = [len(re.findall(r"\w+", text)) for text in texts]
        return [
            Summary(t.split()[0], -1.0, tokens_read=min(n, 10), tokens_truncated=max(n - 10, 0))
            for t, n in zip(texts, sizes, strict=True)
        ]


@given(
    st.lists(st.lists(st.integers(1, 30), min_size=1, max_size=12), min_size=1, max_size=4),
    st.sampled_from(["chunk", "extract"]),
)
def test_what_is_read_fits_and_is_counted(documents, way):
    texts = [
        "\n\n".join(" ".join(f"W{i}x{k}" for k in range(n)) + "." for i, n in enumerate(sizes))
        for sizes in documents
    ]
    fake = FirstWord()
    found = Summarizer(fake).summarize(texts, long=way)
    assert len(found) == len(texts)
    assert all(len(w) <= 10 for batch in fake.calls for w in words(batch))
    readings = long_documents.split(texts, way, 10, words)
    assert fake.calls[0] == [chunk for one in readings for chunk in one.chunks]  # one search
    for summary, sizes, one in zip(found, documents, readings, strict=True):
        assert summary.tokens_read + summary.tokens_truncated == sum(sizes)
        said = " ".join(one.chunks).split()
        places = [tuple(map(int, re.findall(r"\d+", w))) for w in said]
        assert places == sorted(set(places))  # in order, nothing twice
        if way == "chunk":
            assert (len(said), summary.tokens_truncated) == (sum(sizes), 0)
            assert summary.chunks == len(one.chunks) >= sum(sizes) / 10
        else:
            assert len(one.chunks) == 1


def test_select_takes_the_first_and_the_central_sentences_once_each():
    first = "Dogs bark loudly at night in small old towns."
    central = [
        "A bridge over the river opened today in town.",
        "The bridge over the river was closed by cracks.",
        "Engineers repaired cracks of the bridge over the river.",
    ]
    cats = "Cats sleep on warm roofs most long summer afternoons here."
    said = [first, central[0], cats, central[1], central[1], "The bridge over the river."]
    text = " ".join([*said, central[2], "A choir sang songs from distant lands last evening."])
    (document,) = long_documents.split([text], "extract", 36, words)
    assert document.chunks == [" ".join([first, *central])]
    for mode, limit in (("truncate", 27), ("extract", 999)):
        (document,) = long_documents.split([text], mode, limit, words)
        assert document.chunks == [text]


def test_a_text_without_sentences_is_cut_all_the_same():
    (one,) = long_documents.split(
        ["桥" * 45], "chunk", 10, lambda texts: [[1] * len(t) for t in texts]
    )
    assert "".join(one.chunks) == "桥" * 45
    assert max(map(len, one.chunks)) <= 10


@pytest.mark.parametrize("way", ["truncate", "chunk", "extract"])
def test_a_long_document_says_what_was_left_out(run, put, model, way):
    sentence = "3 1 4 1 5 9 2 6."
    path = put("x.txt", " ".join([sentence, "8 6 7 5 3 0 9.", "2 7 1 8 2 8."] * 8))
    limit = model.config.data.max_document_tokens
    status, out, err = run("--json", "--long", way, path, put("short.txt", "3 1 4"))
    record, short = map(json.loads, out)
    assert status == 0
    assert (short["truncated"], short["left_out"]) == (0, 0.0)
    assert len(err) == 1
    assert err[0].startswith(f"summarizer: {path}: longer than the model's input: ")
    pieces = record["read"] + record["truncated"]
    assert pieces > limit
    assert record["left_out"] == pytest.approx(record["truncated"] / pieces, abs=1e-4)
    if way == "chunk":
        # This model's summaries are as long as what it reads: the parts' do not fit together.
        assert record["read"] == len(model._model.vocabulary.encode(Path(path).read_text()))
        said = (
            r"read in \d+ chunks, summarized from the summaries of the chunks; "
            r"(\d+) of their tokens left out$"
        )
        assert int(re.search(said, err[0])[1]) == record["truncated"] > 0
    else:
        assert record["read"] <= limit
        source = "its first" if way == "truncate" else "its most central sentences,"
        assert f"summarized from {source} {record['read']} tokens, {record['truncated']}" in err[0]
    (found,) = model.summarize([Path(path).read_text()], long=way)
    assert (found.text, found.tokens_read, found.tokens_truncated) == (
        record["summary"], record["read"], record["truncated"],
    )  # fmt: skip


# --- outlines --------------------------------------------------------------------------------


def test_paragraphs_end_at_empty_and_at_unwrapped_lines():
    assert long_documents.paragraphs("a\nb\n \n\nc\r\n\r\nd") == ["a b", "c", "d"]
    unwrapped = "x " * 120
    assert long_documents.paragraphs(f"{unwrapped}\n{unwrapped}\n\nc\nd") == [
        unwrapped.strip()
    ] * 2 + ["c d"]


def test_an_outline_joins_what_is_short():
    full = " ".join(["word"] * 35) + "."

    def outline(*parts: str) -> list[str]:
        return outlines.outline_paragraphs("\n\n".join(parts), lambda text: len(text.split()))

    assert outline(full, full) == [full, full]
    assert outline("A heading", full, "Short.", full) == [f"A heading {full}", f"Short. {full}"]
    assert outline(full, "Another heading") == [f"{full} Another heading"]
    assert outline(full + " Yes.", "Heading", full, "End.") == [
        full + " Yes.", f"Heading {full} End.",
    ]  # fmt: skip
    assert len(outline("word " * 20 + ".", "heading " * 15, full)) == 1
    assert outline("One.", "Two.") == ["One. Two."]
    assert outline("") == []


def test_an_outline_has_a_line_a_paragraph(run, put, model):
    one, two = " ".join("31415926" * 4), " ".join("27182818" * 4)
    path = put("x.md", f"# 7\n\n{one}\n\n{two}\n\n4 4\n")
    expected = [s.text for s in model.summarize([f"7 {one}", f"{two} 4 4"])]
    status, out, _ = run("--outline", path)
    assert (status, out) == (0, [path, *[f"  {line}" for line in expected]])
    out = run("--outline", "--json", path)[1]
    record = json.loads(out[0])
    assert [line["summary"] for line in record["outline"]] == expected
    assert "summary" not in record
    assert record["read"] > 0
    (lines,) = model.outline([read_document(path)])
    assert [line.text for line in lines] == expected
    with pytest.raises(InputError, match="has no text"):
        model.outline([" "])


def test_the_page_names_every_kind_and_option():
    page = (ROOT / "docs" / "howto" / "documents.md").read_text("utf-8")
    for word in (*SUFFIXES, *long_documents.LONG_DOCUMENT_MODES, "--long", "--outline", "--fetch"):
        assert word in page, word
