"""Answers marked in other languages than English."""

import pytest

from dpo_math_assets.verifier import verify


@pytest.mark.parametrize(
    "text",
    [
        "Wir zählen.\n\n**Antwort:** 12",
        "Also ist die Antwort 12.",
        "Die richtige Antwort lautet: $12$.\n\nDie Probe geht auf.",
        "On compte.\n\nRéponse : 12",
        "La réponse finale est $\\boxed{12}$.",
        "**Respuesta final:** 12",
        "Por lo tanto, la respuesta correcta es 12.",
        "La réponse est donc 12.",
        "A resposta é 12.",
        "Risposta: 12 cm",
        "Считаем.\n\n**Ответ:** $12$",
        "したがって、答えは12です。",
        "答え：12",
        "综上，答案为12厘米。",
    ],
)
def test_answers_marked_in_other_languages_are_found(text: str) -> None:
    assert verify(text, "12").ok is True
    assert verify(text, "13").ok is False


@pytest.mark.parametrize(
    "text",
    [
        "Die Antwort ist nicht 12.",
        "Antwort: 12 oder 13",
        "Antwort: 12 Dutzend",
        "Antwort: 12.000",
        "Ich glaube nicht, dass stimmt: die Antwort ist 12.",
        "Falsche Antwort: 12\nRichtige Antwort: 13",
        "Antwort: 12. Moment, das ist falsch.",
        "Ce n'est pas vrai que la réponse est 12.",
        "Respuesta: 12. Espera, son 13.",
        "Respuesta: 12 mil",
        "Si es par, x = 12.",
        "Si x es par, la respuesta es 12.",
        "Ответ: не 12",
        "答案是12。等等，应该是13。",
        "答えは12ではありません。",
    ],
)
def test_what_another_language_denies_corrects_or_multiplies_never_passes(text: str) -> None:
    assert verify(text, "12").ok is not True
