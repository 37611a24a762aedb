import pytest

from summarizer.doctor import language
from tests.unit.doctor.example_data import FRENCH


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("We show that the loss of the model falls with the size of the data.", "English"),
        (FRENCH, "French"),
        ("Der Mann und die Frau sind nicht mit dem Kind auf der Straße.", "German"),
        ("El perro y los gatos de las casas son más rápidos, pero no hoy.", "Spanish"),
        ("Il cane che è della donna e anche dei figli, nella casa della nonna.", "Italian"),
        ("Het huis van een man is niet voor een vrouw.", "Dutch"),
        ("Og det er ikke så godt å være alene etter at han ble blind.", "Danish or Norwegian"),
        ("Og det er ikke så godt at være alene efter at han blev blind.", "Danish or Norwegian"),
        ("Мој пријатељ чита књигу", "Cyrillic"),
        ("Новости сегодня", "Cyrillic"),
        ("新闻联播", "Chinese"),
        ("東京でニュースを見る", "Japanese"),
        ("東京新聞が経済成長率の予測発表", "Japanese"),
        ("오늘의 뉴스", "Korean"),
        ("Attention networks", ""),
        ("import numpy as np", ""),
        ("https://arxiv.org/abs/1706.03762", ""),
        ("the of and, der und das nicht, les dans nous", ""),
        ("12 + 3 = 15", ""),
        ("", ""),
    ],
)
def test_language_is_identified_if_it_is_clear(text, name):
    assert language.identify(text) == name
