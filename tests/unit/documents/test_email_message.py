"""Of an e-mail what its writer wrote is read: all of it, in its letters, and nobody else's."""

import base64
import time

import pytest

from summarizer.documents import email_body, email_message, email_quotes
from summarizer.errors import InputError

SAID = "The old bridge over the river was closed. Engineers had found cracks in its hangers."
THEIRS = "Is the bridge open again? Three hundred people would like to know it before Friday."
LETTERS = "The café in Köln serves naïve readers."
HEAD = "From: Ann <a@b.example>\r\nDate: Mon, 5 Jan 2026 10:00:00 +0000\r\nSubject: The bridge\r\n"
PLAIN, HTML = "text/plain; charset=utf-8", "text/html; charset=utf-8"


def mail(body: str | bytes, kind: str = PLAIN, head: str = HEAD) -> bytes:
    raw = body if isinstance(body, bytes) else body.encode()
    content_type = f"Content-Type: {kind}\r\n" if kind else ""
    return f"{head}MIME-Version: 1.0\r\n{content_type}\r\n".encode() + raw


def parts(kind: str, *bodies: bytes | str) -> bytes:
    """A part of several; each of those is its headers, a blank line and its content."""
    raws = [body if isinstance(body, bytes) else body.encode() for body in bodies]
    mark = b"=_%d" % abs(hash((kind, *raws)))
    joined = b"".join(b"--%b\r\n%b\r\n" % (mark, raw) for raw in raws)
    head = f'Content-Type: multipart/{kind}; boundary="{mark.decode()}"\r\n\r\n'.encode()
    return head + joined + b"--%b--\r\n" % mark


def part(kind: str, content: str, more: str = "") -> bytes:
    return f"Content-Type: {kind}\r\n{more}\r\n{content}".encode()


def with_parts(kind: str, *bodies: bytes | str) -> bytes:
    return f"{HEAD}MIME-Version: 1.0\r\n".encode() + parts(kind, *bodies)


def read(raw: bytes) -> str:
    return email_message.text(raw, "x.eml")


# --- letters ---------------------------------------------------------------------------------


@pytest.mark.parametrize("codec", ["utf-8", "cp1252"])
@pytest.mark.parametrize("kind", ["", "text/plain", "text/plain; charset=us-ascii"])
def test_without_a_charset_letters_are_those_of_utf_8_or_windows_1252(codec, kind):
    assert read(mail(f"{LETTERS} “Tea”".encode(codec), kind)) == f"{LETTERS} “Tea”"


def test_declared_charsets_are_known_by_all_their_labels():
    for label, codec, text in (
        ("iso-8859-1", "cp1252", "5 € – “small” models don’t"),
        ("windows-31j", "cp932", "髙橋さんの㎏①"),
        ("ks_c_5601-1987", "cp949", "뷁쌰"),
        ("iso-8859-8-i", "iso8859-8", "גשר"),
        ("gb2312", "gb18030", "镕㐀"),
        ("utf-7", "utf-7", "café"),
        ("nonsense", "utf-8", LETTERS),
    ):
        encoded = base64.encodebytes(text.encode(codec)).decode()
        kind = f'text/plain; charset="{label}"\r\nContent-Transfer-Encoding: base64'
        assert read(mail(encoded, kind)) == text


def test_the_meta_of_html_counts_where_the_header_says_nothing():
    for kind in ("text/html", "text/html; charset=us-ascii"):
        page = f'<meta charset="koi8-r"><p>{"Мост открыт."}</p>'.encode("koi8-r")
        assert read(mail(page, kind)) == "Мост открыт."
    assert read(mail(f"<meta charset=koi8-r><p>{LETTERS}", HTML)) == LETTERS


def test_a_page_that_a_browser_saved_is_read_as_a_page():
    page = f'<html><meta charset=3D"utf-8"><body><p>{SAID} Caf=C3=A9.</p><blockquote><p>{THEIRS}'
    head = "From: <Saved by Blink>\r\nDate: Mon, 5 Jan 2026 10:00:00 -0000\r\n"
    body = parts(
        "related",
        part("text/html", page, "Content-Transfer-Encoding: quoted-printable\r\n"),
        part("text/css", "p { color: red }"),
        part("text/html", "<p>A frame with an advertisement."),
    )
    assert read(f"{head}MIME-Version: 1.0\r\n".encode() + body) == f"{SAID} Café.\n\n{THEIRS}"


# --- parts -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "plain",
    ["", " \r\n", "Your program shows no HTML.", "\u200b"],
    ids=["", "space", "hint", "zero"],
)
def test_html_is_read_where_the_plain_text_says_nothing(plain):
    page = f"<p>{SAID}</p><p>{SAID}</p>"
    raw = with_parts("alternative", part(PLAIN, plain), part(HTML, page))
    assert read(raw) == f"{SAID}\n\n{SAID}"
    inner = parts("related", part(HTML, page), part("image/png", "x"))
    assert read(with_parts("alternative", part(PLAIN, plain), inner)) == f"{SAID}\n\n{SAID}"


def test_all_inline_texts_are_read_in_order_and_attachments_are_not():
    raw = with_parts(
        "mixed",
        parts("alternative", part(PLAIN, "First."), part(HTML, "<p>First.")),
        part("image/png", "x", "Content-Disposition: inline\r\n"),
        part(HTML, "<p>Second."),
        part(PLAIN, THEIRS, "Content-Disposition: attachment; filename=x.txt\r\n"),
        part("text/css", "p { color: red }"),
        part(PLAIN, "Third.", "Content-Disposition: inline; filename=y.txt\r\n"),
    )
    assert read(raw) == "First.\n\nSecond.\n\nThird."


def test_a_quotation_that_goes_on_in_the_next_part_is_one():
    raw = with_parts(
        "mixed",
        part(PLAIN, f"{SAID}\r\n\r\n-----Original Message-----\r\n{THEIRS}"),
        part("image/png", "x"),
        part(PLAIN, THEIRS),
    )
    assert read(raw) == SAID


def test_a_signature_is_no_part_of_a_signed_message():
    signature = part("application/pgp-signature", "-----BEGIN PGP SIGNATURE-----\r\nabc")
    assert read(with_parts("signed", part(PLAIN, SAID), signature)) == SAID
    armour = f"-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA256\n\n{SAID}\n- - One\n"
    armour += "-----BEGIN PGP SIGNATURE-----\n\niQEzBAEB\n-----END PGP SIGNATURE-----\n"
    assert read(mail(armour)) == f"{SAID}\n- One"
    key = "-----BEGIN PGP PUBLIC KEY BLOCK-----\n\nmQENB\n-----END PGP PUBLIC KEY BLOCK-----"
    assert read(mail(f"{SAID}\n\n{key}\n")) == SAID


ENVELOPE = 'application/pkcs7-mime; name="smime.p7m"; smime-type='
HIDDEN = {
    "armour": mail("-----BEGIN PGP MESSAGE-----\n\nhQEMA\n-----END PGP MESSAGE-----\n"),
    "pgp": with_parts("encrypted", part("application/pgp-encrypted", "Version: 1")),
    "within": with_parts("mixed", parts("encrypted", part("x/y", "z")), part(PLAIN, "A foot.")),
    "smime": mail("MIAGCSqG", ENVELOPE + "enveloped-data"),
}


@pytest.mark.parametrize("name", HIDDEN)
def test_an_encrypted_message_says_so(name):
    with pytest.raises(InputError, match=r"^x.eml: an encrypted e-mail; save it decrypted$"):
        read(HIDDEN[name])


def test_a_signature_around_its_text_says_so():
    with pytest.raises(InputError, match="^x.eml: an e-mail inside its signature"):
        read(mail("MIAGCSqG", ENVELOPE + "signed-data"))


EVENT = (
    "BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nSUMMARY:Opening\\, with\r\n  music\r\nBEGIN:VALARM\r\n"
    "DESCRIPTION:Reminder\r\nEND:VALARM\r\nEND:VEVENT\r\nBEGIN:VEVENT\r\n"
    "DESCRIPTION;LANGUAGE=en:The bridge\\nopens.\r\nEND:VEVENT\r\nEND:VCALENDAR"
)


def test_an_appointment_is_read_if_it_is_all():
    calendar = part("text/calendar; charset=utf-8; method=REQUEST", EVENT)
    assert read(with_parts("alternative", part(PLAIN, SAID), calendar)) == SAID
    assert read(with_parts("mixed", part(PLAIN, SAID), calendar)) == SAID
    alone = "Opening, with music\n\nThe bridge\nopens."
    assert read(mail(EVENT, "text/calendar")) == alone
    assert read(with_parts("alternative", part(PLAIN, " "), calendar)) == alone


def test_flowed_text_is_joined():
    flowed = "This para- \r\ngraph flows \r\non.\r\n From here.\r\n> A \r\n> quote\r\n-- \r\nAnn"
    assert read(mail(flowed, PLAIN + "; format=flowed")) == "This para- graph flows on.\nFrom here."
    assert read(mail("桥已 \r\n开通。", PLAIN + "; format=Flowed; DelSp=Yes")) == "桥已开通。"
    assert read(mail("桥已 \r\n开通。")) == "桥已 \n开通。"
    assert email_body.unflowed(">> a \n>> b\n> c ", False) == ">> a b\n> c "


# --- forwarded -------------------------------------------------------------------------------

INNER = f"From: Bob <b@x.example>\r\nSubject: y\r\nContent-Type: {PLAIN}\r\n\r\n{THEIRS}"


def test_an_attached_message_counts_if_the_writer_wrote_nothing():
    attached = part("message/rfc822", INNER, "Content-Disposition: attachment\r\n")
    assert read(with_parts("mixed", part(PLAIN, ""), attached)) == THEIRS
    assert read(with_parts("mixed", attached)) == THEIRS
    assert (
        read(with_parts("mixed", part(PLAIN, "See below."), attached)) == f"See below.\n\n{THEIRS}"
    )
    assert read(with_parts("mixed", part(PLAIN, SAID), attached)) == SAID
    assert read(with_parts("mixed", part(PLAIN, "> old"), attached)) == THEIRS
    encoded = base64.encodebytes(INNER.encode()).decode()
    for content, said in ((encoded, THEIRS), (INNER, THEIRS)):  # the second is not encoded at all
        base64_part = part("message/rfc822", content, "Content-Transfer-Encoding: base64\r\n")
        assert said in read(with_parts("mixed", base64_part))
    twice = part("message/rfc822", with_parts("mixed", attached).decode())
    assert read(with_parts("mixed", twice)) == THEIRS
    digest = with_parts("digest", b"\r\n" + INNER.encode(), b"\r\n" + INNER.encode())
    assert read(digest) == f"{THEIRS}\n\n{THEIRS}"


HEADERS = "From: Bob <b@x.example>\nDate: Mon, 5 Jan 2026\nSubject: y\nTo: Ann <a@b.example>\n\n"
FORWARDED = [
    f"---------- Forwarded message ---------\n{HEADERS}{THEIRS}",
    f"---------- Weitergeleitete Nachricht ---------\nVon: Bob\nDatum: heute\n\n{THEIRS}",
    f"---------- Forwarded message ---------\n\n{HEADERS}{THEIRS}\n-- \nBob",
    f"Begin forwarded message:\n\n> {HEADERS.replace(chr(10), chr(10) + '> ')}{THEIRS}",
    f"Anfang der weitergeleiteten Nachricht:\n\nVon: Bob\nBetreff: y\n\n{THEIRS}",
    f"Début du message réexpédié :\n\nDe: Bob\nObjet: y\n\n{THEIRS}",
    f"Inicio del mensaje reenviado:\n\nDe: Bob\nAsunto: y\n\n{THEIRS}",
    f"下面是被转发的邮件：\n\n发件人: Bob\n主题: y\n\n{THEIRS}",
    f"---------- 转发的邮件 ----------\n发件人：Bob\n日期：2026年1月5日\n主题：y\n\n{THEIRS}",
    f"-------- Message transféré --------\nSujet : y\nDate : lundi\nDe : Bob\n\n{THEIRS}",
    f"{HEADERS}{THEIRS}",
]


@pytest.mark.parametrize("text", FORWARDED)
def test_a_forwarded_text_counts_if_the_writer_wrote_nothing(text):
    assert read(mail(text)) == THEIRS
    assert read(mail(f"{SAID}\n\n{text}")) == SAID
    assert read(mail(f"Sent from my phone\n\n{text}")) == THEIRS
    assert read(mail(f"---------- Forwarded message ---------\n{HEADERS}{text}")) == THEIRS


# --- quoted ----------------------------------------------------------------------------------

QUOTED = "\n".join(f"> {line}" for line in (THEIRS, ">> deeper", ""))
REPLIES = {
    "outlook": f"From: Bob <b@x>\nSent: Friday, 23 March 5:08\nTo: Ann\nSubject: y\n\n{THEIRS}",
    "outlook, bold": f"*From:* Bob\n*Sent:* Friday\n*To:* Ann\n*Subject:* y\n\n{THEIRS}",
    "outlook, rule": f"{'_' * 32}\nFrom: Bob\nSent: Friday\nTo: A;\n B\nSubject: y\n\n{THEIRS}",
    "outlook, de": f"Von: Bob\nGesendet: Freitag, 23. März 2012\nAn: Ann\nBetreff: y\n\n{THEIRS}",
    "outlook, fr": f"De : Bob\nEnvoyé : vendredi 23 mars\nÀ : Ann\nObjet : y\n\n{THEIRS}",
    "outlook, fr, le": f"De : Bob\nEnvoyé le : vendredi\nÀ : Ann\nObjet : y\n\n{THEIRS}",
    "outlook, es": f"De: Bob\nEnviado el: viernes, 23 de marzo\nPara: Ann\nAsunto: y\n\n{THEIRS}",
    "outlook, zh": f"发件人: Bob\n发送时间: 2026年1月5日\n收件人: Ann\n主题: y\n\n{THEIRS}",
    "qq": f"------------------ 原始邮件 ------------------\n发件人: Bob\n\n{THEIRS}",
    "original": f"-----Original Message-----\nFrom: Bob\nSubject: y\n\n{THEIRS}",
    "original, de": f"-----Ursprüngliche Nachricht-----\nVon: Bob\n\n{THEIRS}",
    "original, fr": f"-----Message d'origine-----\nDe : Bob\n\n{THEIRS}",
    "original, es": f"-----Mensaje original-----\nDe: Bob\n\n{THEIRS}",
    "gmail": f"On Mon, Jan 5, 2026 at 10:00 AM Bob <b@x.example> wrote:\n\n{QUOTED}",
    "gmail, wrapped": f"On Mon, Jan 5, 2026 at 10:00 Bob <\nb@x.example>\nwrote:\n\n{QUOTED}",
    "gmail, de": f"Am Mo., 5. Jan. 2026 um 10:00 Uhr schrieb Bob <b@x.example>:\n\n{QUOTED}",
    "gmail, fr": f"Le lun. 5 janv. 2026 à 10:00, Bob <b@x.example> a écrit :\n\n{QUOTED}",
    "gmail, es": f"El lun, 5 ene 2026 a las 10:00, Bob (<b@x.example>) escribió:\n\n{QUOTED}",
    "gmail, zh": f"Bob <b@x.example> 于2026年1月5日周一 10:00写道：\n\n{QUOTED}",
    "apple": f"On 5 Jan 2026, at 10:00, Bob <b@x.example> wrote:\n\n{QUOTED}",
    "apple, de": f"Am 05.01.2026 um 10:00 schrieb Bob <b@x.example>:\n\n{QUOTED}",
    "apple, fr": f"Le 5 janv. 2026 à 10:00, Bob a écrit :\n\n{QUOTED}",
    "apple, es": f"El 5 ene 2026, a las 10:00, Bob escribió:\n\n{QUOTED}",
    "apple, zh": f"在 2026年1月5日，10:00，Bob 写道：\n\n{QUOTED}",
    "not marked": f"On 5 Jan 2026, at 10:00, Bob <b@x.example> wrote:\n\n{THEIRS}",
    "mutt": f"Bob <b@x.example> writes:\n{QUOTED}",
    "name": f"Bob schrieb:\n{QUOTED}",
    "address": f"2026-01-05 10:00 GMT+01:00 Bob <b@x.example>:\n\n{QUOTED}",
}  # fmt: skip


@pytest.mark.parametrize("name", REPLIES)
def test_what_others_wrote_before_is_left_out(name):
    reply = REPLIES[name]
    for signature in ("", "-- \nAnn\nDirector\n\n", "--\nAnn\n\n", "Sent from my iPhone\n\n"):
        assert read(mail(f"{SAID}\n\n{signature}{reply}")) == SAID
    assert read(mail(f"Hello,\n{SAID}\n\n{reply}".replace("\n", "\r\n"))) == f"Hello,\n{SAID}"
    assert THEIRS in read(mail(reply))  # nothing else is there


@pytest.mark.parametrize("name", [name for name, reply in REPLIES.items() if QUOTED in reply])
def test_what_is_written_below_a_quotation_is_the_writers(name):
    assert read(mail(f"{REPLIES[name]}\n{SAID}\n\n> {THEIRS}\n\n{SAID}")) == f"{SAID}\n\n{SAID}"


@pytest.mark.parametrize(
    "text",
    [
        "On Monday the mayor wrote:\nThe bridge is closed.\nOn Friday he opened it.",
        "From: Berlin\nTo: Paris\nBoth trains are late.",
        "The list:\n- one\n- two\n--\nis long" + "\nand goes on" * 12,
        "Subject: bridges. They are old.\n\nFrom: the mayor",
        "Thanks:\nto all who built it.",
        "He wrote:\nthe end.",
    ],
)
def test_prose_that_resembles_a_quotation_is_kept(text):
    assert read(mail(text)) == text


def test_feet_are_no_text():
    feet = ["-- \nAnn", "--\nAnn\nDirector", "Sent from my iPhone", "Von meinem iPhone gesendet",
            "Envoyé de mon iPhone", "Enviado desde mi iPhone", "发自我的 iPhone", "_____",
            "_" * 47 + "\nBridges mailing list\nbridges@x.example"]  # fmt: skip
    for foot in feet:
        assert read(mail(f"{SAID}\n\n{foot}\n")) == SAID


ATTRIBUTION = "On Mon, Jan 5, 2026 at 10:00 AM Bob &lt;b@x.example&gt; wrote:"
OUTLOOK = "<b>From:</b> Bob<br><b>Sent:</b> Friday<br><b>To:</b> Ann<br><b>Subject:</b> y"
PAGES = {
    "gmail": f"<div>{SAID}</div><div class=gmail_quote><div>{ATTRIBUTION}<br></div>"
    f"<blockquote>{THEIRS}</blockquote></div>",
    "below": f"<div>{ATTRIBUTION}</div><blockquote><p>{THEIRS}</blockquote><p>{SAID}",
    "between": f"<blockquote>{THEIRS}</blockquote><p>{SAID}<blockquote>{THEIRS}</blockquote>",
    "outlook": f"<p>{SAID}</p><div style='border-top:solid'><p>{OUTLOOK}</p></div><p>{THEIRS}",
    "qq": f"<p>{SAID}<div>发件人: Bob</div><div>发送时间: x</div><div>主题: y</div><div>{THEIRS}",
    "forward": f"<p>{SAID}<div>---------- Forwarded message ---------<br>From: Bob<br>"
    f"Subject: y<br></div><br><p>{THEIRS}",
}


@pytest.mark.parametrize("name", PAGES)
def test_quotations_of_html_are_left_out(name):
    page = PAGES[name]
    assert read(mail(page, HTML)) == SAID
    assert read(with_parts("alternative", part(PLAIN, ""), part(HTML, page))) == SAID
    alone = page.replace(SAID, "")
    assert THEIRS in read(mail(alone, HTML))
    assert read(mail(page.replace(SAID, "").replace(THEIRS, ""), HTML) + b"<p>x") == "x"


# --- time ------------------------------------------------------------------------------------

HOSTILE = {
    "one word": "schrieb ",
    "attributions": "On 5 Jan 2026 at 10:00 a@b\nfrom there\n",
    "labels": "From: x\n",
    "headers": "From: x\nSent: y\nTo: z\n\n",
    "forwards": "---------- Forwarded message ---------\n",
    "originals": "-----Original Message-----\n\n",
    "quotes": "> ",
    "deep": ">" * 500 + "\n",
    "dashes": "--\n",
    "rules": "_" * 40 + "\n",
    "blank": "\n",
    "short": "a\n",
    "flow": "> a \n>> b \n",
    "armour": "-----BEGIN PGP MESSAGE-----\n",
    "colons": ":",
    "signatures": "-- \nOn 5.5. wrote:\n",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_reading_takes_time_that_grows_with_the_length(name):
    def seconds(length: int) -> float:
        text = "x\n\n" + HOSTILE[name] * (length // len(HOSTILE[name]))
        start = time.thread_time()
        email_quotes.written_text(text)
        email_body.unflowed(text, True)
        return time.thread_time() - start

    short, long = (min(seconds(n) for _ in range(2)) for n in (20_000, 80_000))
    assert long < 8 * short + 0.05  # 16 times, if it took the square
    assert long < 1


BOUNDARY = "Content-Type: multipart/mixed; boundary="
NESTED = "".join(f'{BOUNDARY}"b{i}"\r\n\r\n--b{i}\r\n' for i in range(5000))


@pytest.mark.parametrize(
    "head",
    [
        "Content-Type: text/plain" + ';a="b' * 50_000 + "\r\n\r\n",
        "Content-Type: text/plain;\r\n" + "\tx*0*=1;\r\n" * 50_000 + "\r\n",
        f"{BOUNDARY}x\r\n\r\n" + "--x\r\n" * 20_000,
        f"{BOUNDARY}x\r\n\r\n" + "--x\r\nContent-Type: message/rfc822\r\n\r\n" * 5000,
    ],
)
def test_hostile_headers_take_no_time(head):
    start = time.thread_time()
    try:
        read(f"{HEAD}{head}{SAID}".encode())
    except InputError as error:
        assert "\n" not in str(error)  # noqa: PT017
    assert time.thread_time() - start < 2


def test_parts_may_be_nested_only_so_deep():
    with pytest.raises(InputError, match="nested more than 20 deep$"):
        read(f"{HEAD}{NESTED}\r\n{SAID}".encode())
    assert read(f'{HEAD}{NESTED.split("b15")[0]}b15"\r\n\r\n--b15\r\n\r\n{SAID}'.encode()) == SAID
