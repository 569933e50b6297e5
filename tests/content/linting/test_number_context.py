"""An allowed number is beside words of its own kind, and never beside a word for calling or writing to somebody."""

import pytest

from content.linting.number_context import kind_faults, recognized_kinds
from content.linting.numbers import numbers_in
from content.linting.text import text_faults
from content.terms import NumberKind


def codes(text: str, locale: str, number: str = "18") -> set[str]:
    faults = text_faults(text, locale=locale, allowed_numbers=(number,), allowed_hosts=(), known_services=())
    return {fault.code for fault in faults if fault.refuses}


@pytest.mark.parametrize(
    ("locale", "text"),
    [
        ("en", "If you are in danger, call 18."),
        ("en", "Dial the 18 now."),
        ("en", "Text 18 for help."),
        ("en", "Call eighteen now."),
        ("fr", "Si tu es en danger, appelle le 18."),
        ("fr", "Composez le dix-huit."),
        ("es", "Si estás en peligro, llama al 18."),
        ("de", "Wenn du in Gefahr bist, wähle 18."),
        ("cy", "Ffoniwch 18 nawr."),
        ("hi", "खतरे में हों तो १८ पर कॉल करें।"),
        ("bn", "বিপদে পড়লে ১৮ নম্বরে কল করুন।"),
        ("ur", "خطرے میں ہوں تو ۱۸ پر کال کریں۔"),
        ("ar", "اتصل ١٨ الآن."),
        ("ja", "危ないときは18に電話してください。"),
        ("ko", "위험하면 18로 전화하세요."),
        ("vi", "Hãy gọi 18 ngay."),
        ("tr", "Hemen 18 ara."),
    ],
)
def test_an_age_beside_a_word_for_calling_is_refused(locale: str, text: str) -> None:
    assert "number-dialled" in codes(text, locale)


@pytest.mark.parametrize(
    ("locale", "text"),
    [
        ("en", "You can call if you are under 18."),
        ("en", "Say that you are under 18. Call a trusted adult."),
        ("fr", "Tu peux appeler si tu as moins de 18 ans."),
        ("hi", "अगर आप 18 साल से कम हैं, तो कॉल करें।"),
        ("cy", "Os wyt ti o dan 18 oed, ffonia oedolyn."),
    ],
)
def test_an_age_elsewhere_in_the_sentence_is_accepted(locale: str, text: str) -> None:
    assert codes(text, locale) == set()


@pytest.mark.parametrize(
    ("locale", "text"),
    [("en", "Call 24 hours a day."), ("fr", "Appelez 24 heures sur 24 heures."), ("es", "Llama 24 horas al día.")],
)
def test_hours_in_which_a_line_answers_are_no_number_to_call(locale: str, text: str) -> None:
    assert codes(text, locale, "24") == set()


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        (NumberKind.AGE, "For anyone under 18."),
        (NumberKind.AGE, "For under-18s."),
        (NumberKind.AGE, "You are 18 or older."),
        (NumberKind.AGE, "From 8 to 18."),
        (NumberKind.AGE, "Young people aged 13-17."),
        (NumberKind.HOURS, "Within 48 hours."),
        (NumberKind.MINUTES, "Wait 10 minutes."),
        (NumberKind.DAYS, "A 14-day limit."),
        (NumberKind.YEAR, "Closed on 5 May 2025."),
        (NumberKind.COUNT, "In up to 20 languages."),
        (NumberKind.PERCENT, "About 40 % of them."),
    ],
)
def test_the_kind_of_a_number_is_recognized_and_accepted(kind: NumberKind, text: str) -> None:
    numbers = numbers_in(text)

    assert set(recognized_kinds(text, numbers).values()) == {kind}
    assert kind_faults(text, numbers, recognized_kinds(text, numbers), "en") == []


@pytest.mark.parametrize("kind", [NumberKind.AGE, NumberKind.HOURS, NumberKind.MONEY, NumberKind.PERCENT])
def test_a_number_without_words_of_its_kind_is_refused(kind: NumberKind) -> None:
    text = "Choose 18, then press the button."

    [fault] = kind_faults(text, numbers_in(text), {"18": kind}, "en")

    assert (fault.code, text[fault.start : fault.end]) == ("number-kind", "18")
