"""Every label of the encoding standard is known; marks and declarations are used as browsers do."""

import time

import pytest

from summarizer.documents import encoding, read
from summarizer.documents.read import read_document
from summarizer.errors import InputError
from summarizer.text import read_file

TEXT = "A small bridge was opened. Its café sells tea."


@pytest.mark.parametrize(
    ("label", "codec", "text"),
    [
        ("windows-31j", "cp932", "小さな橋①。髙橋さんの㎏。"),
        ("shift_jis", "cp932", "小さな橋①。髙橋さんの㎏。"),
        ("x-sjis", "cp932", "髙橋さん"),
        ("euc-jp", "euc_jp", "小さな橋"),
        ("euc-jp", "euc_jis_2004", "小さな橋①"),
        ("euc-kr", "cp949", "뷁쌰 다리"),
        ("ks_c_5601-1987", "cp949", "뷁 다리"),
        ("iso-8859-8-i", "iso8859-8", "גשר קטן"),
        ("hebrew", "iso8859-8", "גשר קטן"),
        ("logical", "iso8859-8", "גשר קטן"),
        ("x-mac-cyrillic", "mac-cyrillic", "Мост открыт"),
        ("koi", "koi8-r", "Мост открыт"),
        ("dos-874", "cp874", "สะพาน"),
        ("big5", "big5hkscs", "啲橋"),
        ("x-gbk", "gb18030", "桥㐀"),
        ("gb2312", "gbk", "桥镕"),
        ("latin1", "cp1252", "“é” €"),
        ("macintosh", "mac-roman", "café"),
        ("hz-gb-2312", "hz", "桥已开通"),
        ("cp850", "cp850", "café"),  # unknown to the standard, but not to Python
    ],
)
def test_every_label_of_a_page_is_known(label, codec, text):
    raw = f"<meta charset='{label}'><p>{text}".encode(codec)
    assert read.prose(raw, "x.html") == text
    meta = f'<meta http-equiv=Content-Type content="text/html; charset={label}"><p>{text}'
    assert read.prose(meta.encode(codec), "x.html") == text
    assert encoding.decode(text.encode(codec), "x", label) == text


@pytest.mark.parametrize("label", ["utf-16", "unicode", "UTF-16LE", "csunicode", "utf-16be"])
def test_a_page_of_bytes_that_declares_utf_16_is_utf_8(label):
    for page in (f"<meta charset={label}><p>{TEXT}", f"<?xml encoding='{label}'?><html><p>{TEXT}"):
        assert read.prose(page.encode(), "x.html") == TEXT


def test_x_user_defined_is_windows_1252():
    page = f"<meta charset = 'x-user-defined'><p>{TEXT} “é”"
    assert read.prose(page.encode("cp1252"), "x.html") == f"{TEXT} “é”"


@pytest.mark.parametrize("codec", ["utf-16", "utf-16-be", "utf-32", "utf-8-sig"])
@pytest.mark.parametrize(
    ("name", "content", "text"),
    [
        ("x.txt", f"{TEXT}\n\nMore.", f"{TEXT}\n\nMore."),
        ("x", f"<html><meta charset=latin1><p>{TEXT}", TEXT),
        ("x.md", f"# {TEXT}\n\n**More**.", f"{TEXT}\n\nMore."),
        ("x", f"From: a@b.example\nDate: x\n\n{TEXT}\n> Old", TEXT),
    ],
)
def test_a_byte_order_mark_outranks_all(tmp_path, codec, name, content, text):
    mark = "\ufeff" if codec == "utf-16-be" else ""
    path = tmp_path / name
    path.write_bytes((mark + content).encode(codec))
    assert read_document(path) == text
    if name == "x.txt" and codec != "utf-32":
        assert read_file.read_text(path) == text


@pytest.mark.parametrize("label", ["klingon", "punycode", "unicode_escape", "undefined", "rot13"])
def test_what_is_no_encoding_is_refused(label):
    with pytest.raises(InputError, match=f"^x.html: declares the unknown encoding '{label}'$"):
        read.prose(f"<meta charset={label}><p>{TEXT}".encode(), "x.html")


def test_the_encoding_of_an_email_that_declares_a_wrong_one():
    cases = [
        (TEXT.encode(), None, TEXT),
        (TEXT.encode(), "us-ascii", TEXT),
        (TEXT.encode("cp1252"), None, TEXT),
        (TEXT.encode("cp1252"), "utf-8", TEXT),
        ("“Tea”".encode("cp1252"), "iso-8859-1", "“Tea”"),
        ("Café, naïve, Köln".encode() + b" \xff", "utf-8", "Café, naïve, Köln \ufffd"),
        ("Мост".encode("koi8-r"), "koi8-r", "Мост"),
        ("Мост".encode(), "unknown-8bit", "Мост"),
        ("Мост".encode(), "iso-2022-jp", "Мост"),
    ]  # fmt: skip
    for raw, declared, text in cases:
        assert encoding.decode_leniently(raw, declared) == text


@pytest.mark.parametrize(
    "part", [b"<!---->", b"<meta ", b"<meta charset ", b"<meta charset=", b"<!-- ", b"<?xml "]
)
def test_time_to_look_for_kind_and_encoding_is_short(part):
    start = time.thread_time()
    for raw in (part * 2000, part + b" " * 20_000):
        read._kind(raw, "x", "")
        encoding.declared_in_page(raw)
    assert time.thread_time() - start < 1
