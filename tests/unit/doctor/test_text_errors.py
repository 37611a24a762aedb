import pytest
from hypothesis import given
from hypothesis import strategies as st

from summarizer.doctor.text_errors import find_mojibake, find_text_errors
from summarizer.text.cleaning import clean


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("naÃ¯ve", "wrong encoding"),
        ("itâ€™s", "wrong encoding"),
        ("20 Â°C", "wrong encoding"),
        ("ÐŸÑ€Ð¸Ð²ÐµÑ‚", "wrong encoding"),
        ("æ–‡ä»¶", "wrong encoding"),
        ("ï»¿title", "wrong encoding"),
        ("SÃO PAULO, „Spaß“, «liberté», CAFÉ”, Ñandú — Ðað, naïve château", None),
        ("中文 Привет ελληνικά العربية हिन्दी ไทย 日本語 한국어", None),
        ("x < y > z & AT&T; R&D, if a<b: c", None),
        ("&lt;p&gt;", "HTML left over"),
        ("it&#39;s", "HTML left over"),
        ("one<br/>two", "HTML left over"),
        ("<b>bold</b>", "HTML left over"),
        ("soft\u00adhyphen", "invisible characters"),
        ("a\u200cb and a\u200db", None),
        ("\ufffd", "lost characters"),
    ],
)
def test_text_errors(text, name):
    names = [error for error, _ in find_text_errors(f"Before. {text} After.")]
    assert names == ([name] if name else [])


def test_position_is_that_of_the_error():
    assert list(find_text_errors("Before &amp; naïve")) == [("HTML left over", 7)]
    assert find_mojibake("Before naÃ¯ve") == 9


@given(st.text("абвгдежзийклмнопрстуфхцчшщъыьэюя"))
def test_russian_decoded_as_windows_1252(text):
    wrong = f"{text} привет".encode().decode("cp1252", "ignore")
    assert not list(find_text_errors(text))
    assert [name for name, _ in find_text_errors(wrong)] == ["wrong encoding"]


@pytest.mark.parametrize("codec", ["cp1252", "latin-1"])
@pytest.mark.parametrize(
    "text",
    [
        "Οι μέλισσες πετούν πάνω από το χωριό",
        "النحل يطير فوق القرية كل صباح",
        "הדבורים עפות מעל הכפר כל בוקר",
        "मधुमक्खियाँ हर सुबह गाँव के ऊपर उड़ती हैं",
        "ผึ้งบินเหนือหมู่บ้านทุกเช้า",
        "벌들은 매일 아침 마을 위를 날아간다",
        "蜜蜂每天早晨飞过村庄",
        "ミツバチは毎朝、村の上を飛ぶ",
    ],
)
def test_wrong_encoding_in_every_script(text, codec):
    wrong = clean(text.encode().decode(codec, "ignore"))  # removes Latin-1's control characters
    assert [name for name, _ in find_text_errors(wrong)] == ["wrong encoding"]
    assert not list(find_text_errors(clean(text)))


@pytest.mark.parametrize(
    "text",
    [
        "«Été», dit-elle : « Où l’âne naît, l’abbé œuvre »… Île, Ô ! ÇÀ ET LÀ — À L’ŒUVRE",
        "„Ärger im Öl“, rief er – »Übermut« …ÖÖ“, Größe: 3 × 4½ × 5¼ m², 20 °C, 5 µm",
        "«¡Ñandú!», ¿qué? “Año”… ESPAÑA—AÑO, EL ÑU’, 1.º y 2.ª, LEÓN”",
        "«Não é só: à noite, às três», “AÇÃO”… É à “mãe” que a irmã dá o pão — AVÔ’, À•À",
        "„Það er kalt á Íslandi“ – ÞAÐ, ÓÐUR’, Ísafjörður… æði, ör–ör, ÞÓ”",
        "“İstanbul’da âlim, kâğıt, ÖĞLE”… çağ, “GÜNÜMÜZ”, Ö’nün, ÂŞIK",
        "»Ø« er en ø; Åse’s “Øl”… på øya – ÆØÅ, så ét – to",
        "Žluťoučký kůň úpěl ďábelské ódy, ÚŽAS, „ÓDA“, též šťáva, KÔŠ",
    ],
)
def test_correct_accents_are_not_errors(text):
    assert not list(find_text_errors(clean(text)))
