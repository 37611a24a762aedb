"""Tell what the writer of an e-mail wrote from quotations, forwarded text and the signature.

Quotes with `>` and the line `-- ` before a signature are standardized (RFC 3676). Programs mark
all else as they like; the forms of Outlook, Gmail, Apple Mail and Thunderbird in English, German,
French, Spanish and Chinese are recognized. Each line is looked at once, with a few lines after it.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

QUOTED = ">"  # a line of its own stands for a quotation that was removed
_LABELS = {
    "from": "from von de 发件人 發件人 寄件者",
    "sent": "sent date gesendet datum envoyé enviado fecha 发送时间 發送時間 日期 寄件日期 时间",
    "to": "to an à para 收件人 cc kopie 抄送 副本",
    "subject": "subject betreff objet sujet asunto 主题 主題 主旨",
}
_LABEL_KINDS = {word: kind for kind, words in _LABELS.items() for word in words.split()}
_LABEL = re.compile(r"[*_]{0,2}([^\W\d_]{1,10})(?: le| el)?[*_]{0,2}[ \xa0]?[:：]")
_MAX_HEADER = 12  # lines of the headers above a quoted message, long lists of names among them
_MAX_LINE = 2000  # characters of a line that are looked at
_ORIGINAL = (
    "original message", "original-nachricht", "ursprüngliche nachricht", "message d'origine",
    "message d’origine", "message original", "mensaje original", "original appointment",
    "原始邮件", "原始郵件", "邮件原件",
)  # fmt: skip
_FORWARDED = (
    "forwarded message", "weitergeleitete nachricht", "message transféré", "message réexpédié",
    "mensaje reenviado", "begin forwarded message", "anfang der weitergeleiteten nachricht",
    "anfang der weitergeleiteten e-mail", "début du message transféré",
    "début du message réexpédié", "inicio del mensaje reenviado", "转发的消息", "转发的邮件",
    "转发邮件信息", "轉寄的郵件", "下面是被转发的邮件", "以下是转发的邮件", "forwarded by",
)  # fmt: skip
# The line above a quotation: how it begins, and the verb in it.
_BEGINS = ("on ", "am ", "le ", "el ", "il ", "op ", "em ", "在", "于", "於")
_VERBS = (
    " wrote", " writes", " schrieb", " a écrit", " escribió", " ha scritto", " schreef",
    " escreveu", "写道", "寫道",
)  # fmt: skip
_COLONS = (":", "：")
_DATE_OR_ADDRESS = re.compile(r"@|\d[:./-]\d|\d{4}|\d ?[年月]")
_MAX_ATTRIBUTION = 300  # characters, on at most three lines
_SENT_FROM = (
    "sent from my ", "get outlook for ", "sent from outlook", "von meinem ", "gesendet von ",
    "envoyé de mon ", "envoyé depuis ", "enviado desde ", "发自我的", "從我的", "发送自",
)  # fmt: skip
_MAX_SENT_FROM = 60  # characters
_MAX_SIGNATURE = 10  # lines after a "--" that has lost its space
_SHORT_NOTE = 8  # words or fewer above a forwarded text belong to it: "for your information"
_MAX_MESSAGES = 20  # each below the other, of which the writers wrote nothing
_QUOTE = re.compile(r"[ ]?>[ ]?")
_BLANK_LINES = re.compile(r"\n{3,}")


@dataclass
class _Split:
    """A text at its first boundary.

    Attributes:
        written: lines of the writer.
        rest: lines behind the boundary: a forwarded or an answered message.
        forwarded: whether the rest was forwarded.
    """

    written: list[str] = field(default_factory=list)
    rest: list[str] = field(default_factory=list)
    forwarded: bool = False


@dataclass(frozen=True)
class _Attribution:
    """The line that says who wrote the quotation below.

    Attributes:
        end: the line behind it.
        is_marked: whether the quotation below is marked with `>`.
        certain: whether it is one whatever follows.
    """

    end: int
    is_marked: bool
    certain: bool


def written_text(text: str) -> str:
    """Return what the writer wrote; "" if all of it is quoted with `>`.

    If the writer wrote nothing, the forwarded or answered message below is returned. A short note
    above a forwarded message is returned with it.

    Args:
        text: the text of a message, in which quotations begin with `>`.
    """
    lines = text.split("\n")
    notes: list[str] = []
    for _ in range(_MAX_MESSAGES):
        split = _split(lines)
        own = _joined(split.written)
        notes += [own] if own else []
        if not split.rest or (own and not (split.forwarded and is_short_note(" ".join(notes)))):
            break
        lines = _unquoted(split.rest)
    return "\n\n".join(notes)


def quoted_text(text: str) -> str:
    """Return the text of quotations, without their marks; "" if there is none."""
    unmarked = "\n".join(map(_without_marks, text.split("\n")))
    return written_text(unmarked) or _joined(unmarked.split("\n"))


def is_short_note(text: str) -> bool:
    """Return whether a text is no more than a note above a forwarded message."""
    without_spaces = sum(ord(char) >= 0x2E80 for char in text)  # two characters for a word
    return len(text.split()) + without_spaces // 2 <= _SHORT_NOTE


def _split(lines: list[str]) -> _Split:
    """Return the writer's lines up to the first message below, and the lines of that message."""
    split, in_signature, i = _Split(), False, 0
    while i < len(lines):
        line = lines[i]
        if not _may_mark(line):
            if not in_signature and line[:1] != ">":
                split.written.append(line)
            i += 1
            continue
        if (begin := _message_below(lines, i)) is not None:
            split.rest = lines[begin:]
            split.forwarded = _is_marked(line, _FORWARDED)
            break
        attribution = _attribution(lines, i)
        if attribution and (not in_signature or attribution.certain):
            if not attribution.is_marked:
                split.rest = lines[attribution.end :]
                break
            i = attribution.end
            continue
        in_signature = in_signature or _begins_signature(lines, i)
        if not in_signature and not _QUOTE.match(line):
            split.written.append(line)
        i += 1
    return split


def _may_mark(line: str) -> bool:
    """Return whether a line may be other than plain text or a quotation; most are not."""
    if not line:
        return False
    if line[0] in "-_* " or ":" in line or "：" in line:
        return True
    return line[:3].lower().startswith(_BEGINS)


def _message_below(lines: list[str], i: int) -> int | None:
    """Return the first line of the message whose marks or headers begin at a line; None: none."""
    line = lines[i]
    if _is_marked(line, _FORWARDED) or _is_marked(line, _ORIGINAL):
        begin = _next_text(lines, i + 1)
        first = _without_marks(lines[begin]) if begin < len(lines) else ""
        return _end_of_headers(lines, begin) if _label_kind(first) else begin
    if _label_kind(line) == "from" and _are_headers(lines, i):
        return _end_of_headers(lines, i)
    return None


def _is_marked(line: str, marks: tuple[str, ...]) -> bool:
    """Return whether a line is one of the marks, behind dashes or before a colon."""
    dashed = line.startswith(("--", "__", "**"))
    if len(line) < 4:
        return False
    if not dashed and (len(line) > _MAX_ATTRIBUTION or not line.rstrip().endswith(_COLONS)):
        return False
    text = line[:_MAX_ATTRIBUTION].strip("-_*: ：\xa0").lower()
    return any(text == mark or (dashed and text.startswith(mark)) for mark in marks)


def _label_kind(line: str) -> str:
    """Return which header a line begins with: "from", "sent", "to", "subject"; "": none."""
    match = _LABEL.match(line)
    return _LABEL_KINDS.get(match[1].lower(), "") if match else ""


def _are_headers(lines: list[str], i: int) -> bool:
    """Return whether the headers of a message begin at a line: subject, and date or receiver."""
    kinds = set(_labels_within(lines[i]))
    for line in lines[i + 1 : _end_of_headers(lines, i, i + _MAX_HEADER)]:
        kind = _label_kind(line)
        if kind == "from":  # those of another message
            break
        kinds.add(kind)
    return "subject" in kinds and bool(kinds & {"sent", "to"})


def _labels_within(line: str) -> Iterator[str]:
    """Yield the headers in a line: a paragraph of HTML holds them all."""
    for text in line[:_MAX_LINE].replace("：", ":").split(":")[:-1]:
        words = text.split()
        yield _LABEL_KINDS.get(words[-1].strip("*_").lower(), "") if words else ""


def _end_of_headers(lines: list[str], i: int, end: int | None = None) -> int:
    """Return the first line with text behind headers.

    They end at a blank line, unless the next line with text is a header again.

    Args:
        lines: the lines.
        i: the first header.
        end: where to stop looking; None: at the last line.
    """
    end = len(lines) if end is None else min(end, len(lines))
    while i < end:
        if _without_marks(lines[i]).strip():
            i += 1
            continue
        while i < end and not _without_marks(lines[i]).strip():
            i += 1
        if i >= end or not _label_kind(_without_marks(lines[i])):
            break
    return i


def _next_text(lines: list[str], i: int) -> int:
    while i < len(lines) and not _without_marks(lines[i]).strip():
        i += 1
    return i


def _attribution(lines: list[str], i: int) -> _Attribution | None:
    """Return the attribution that begins at a line; None: none does."""
    text, end = _sentence_to_colon(lines, i)
    if not text:
        return None
    has_verb = any(verb in text for verb in _VERBS)
    begins = text.startswith(_BEGINS) or "写道" in text or "寫道" in text
    certain = has_verb and begins and bool(_DATE_OR_ADDRESS.search(text))
    below = next((n for n in range(end, min(end + 3, len(lines))) if lines[n].strip()), end)
    is_marked = below < len(lines) and bool(_QUOTE.match(lines[below]))
    if certain or (is_marked and (has_verb or "@" in text)):
        return _Attribution(end, is_marked, certain)
    return None


def _sentence_to_colon(lines: list[str], i: int) -> tuple[str, int]:
    """Return the text in lower case from a line up to a colon, and the line behind; "": none.

    Only an attribution that begins as one may go on in the two lines below.
    """
    text, end = lines[i][: _MAX_ATTRIBUTION + 1].strip().lower(), i + 1
    while text.startswith(_BEGINS) and not text.endswith(_COLONS) and end < min(i + 3, len(lines)):
        line = lines[end][: _MAX_ATTRIBUTION + 1].strip().lower()
        if not line or line.startswith((*_BEGINS, ">")):
            return "", i
        text, end = f"{text} {line}", end + 1
    is_attribution = text.endswith(_COLONS) and len(text) <= _MAX_ATTRIBUTION
    return (text, end) if is_attribution and not text.startswith(">") else ("", i)


def _begins_signature(lines: list[str], i: int) -> bool:
    """Return whether a signature, or the foot of a mailing list, begins at a line."""
    line = lines[i]
    if line in ("-- ", "--\xa0"):
        return True
    is_rule = len(line) >= 30 and not line.strip("_ ")
    below = lines[i + 1][:_MAX_ATTRIBUTION].lower() if is_rule and i + 1 < len(lines) else ""
    return "mailing list" in below or "mailingliste" in below


def _unquoted(lines: list[str]) -> list[str]:
    """Return lines without one level of quotation, if the first of them with text is quoted."""
    begin = next((n for n, line in enumerate(lines) if line.strip()), len(lines))
    if begin < len(lines) and _QUOTE.match(lines[begin]):
        return [_QUOTE.sub("", line, count=1) if _QUOTE.match(line) else line for line in lines]
    return lines


def _without_marks(line: str) -> str:
    """Return a line without its marks of quotation."""
    if line[:1] not in (">", " "):
        return line
    end = 0
    while match := _QUOTE.match(line, end):
        end = match.end()
    return line[end:]


def _joined(lines: list[str]) -> str:
    """Return the text of lines, without a signature, "Sent from my phone" and rules at its end."""
    end = len(lines)
    last = range(max(end - _MAX_SIGNATURE - 2, 0), end)
    end = next((n for n in last if lines[n] == "--"), end)
    while end and _is_foot(lines[end - 1]):
        end -= 1
    text = "\n".join(line if line.strip(" \t\xa0") else "" for line in lines[:end])
    return _BLANK_LINES.sub("\n\n", text).strip()


def _is_foot(line: str) -> bool:
    text = line.strip().lower()
    is_sent_from = len(text) <= _MAX_SENT_FROM and text.startswith(_SENT_FROM)
    return not text.strip("-_*") or is_sent_from
