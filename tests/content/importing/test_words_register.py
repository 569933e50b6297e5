"""Texts that an adult may read never use the familiar form of address.

Readers who are adults are parents, school staff and survivors. A friend or witness may be a child, so texts for bystanders alone
may be familiar. Labels and notices are for everybody. Docs: docs/translations.md.
"""

import re

import pytest

from tests.content.importing.words import LOCALES, TOKEN, VARIANTS, all_items, targets

ADULTS = {"parent", "educator", "survivor"}

#: The words of the familiar address: pronouns, possessives, and verb forms that our drafts would use. A word that ends in `*` is
#: the beginning of one, and one that begins with `*` is the end of one.
FAMILIAR = {
    "ar": "أنت أنتَ اتصل فاتصل قل ابق أخبر اذهب انتظر استمع تحدث اكتب اختر اطلب أبلغ تنتظر تخبر تعاقب تأخذ لديك إليك عليك منك لك "
    "معك يمكنك طفلك ابنك بيتك",
    "bn": "তুমি তোমা* তুই তোর",
    "cy": "ti di dy wyt rwyt wnest galli gelli dweda ffonia paid dewisa cysyllta dangosa cei arhosa wrthot drosot atat",
    "de": "du dich dir dein* euch euer* ruf sag melde bleib warte frag zeig schreib gib lass nimm wähl such speicher antworte",
    "es": "tú tu tus te ti contigo puedes eres estás tienes llama di acude cuéntaselo",
    "fil": "ka mo ikaw iyo iyong kang mong",
    "fr": "tu te t toi ton ta tes appelle dis choisis contacte écris change préviens active attends",
    "gu": "તું તને તારા તારી તારું તારો",
    "hi": "तू तुम तुम्ह* तुझ* तेरा तेरी तेरे",
    "id": "kamu kau namamu umurmu untukmu bantuanmu dirimu salahmu anakmu rumahmu tempatmu",
    "it": "tu ti te tuo tua tuoi tue chiama scrivi scegli resta cambia puoi sei hai",
    "ja": "お前 おまえ きみ 君",
    "ko": "너 너는 너를 네가 너의",
    "ml": "നീ നിന്നെ നിന്റെ നിനക്ക്",
    "mr": "तू तुला तुझ*",
    "ne": "तँ तिमी* तिम्र*",
    "nl": "je jij jou jouw jezelf jullie",
    "pl": "ty ciebie cię ci tobie tobą twój twoj* zadzwoń powiedz napisz wybierz czekaj zostań jesteś możesz poproś "
    "zgłoś czytasz",
    "pt-BR": "tu teu teus tua tuas ti contigo",
    "si": "තෝ උඹ* ඔයා*",
    "th": "มึง แก เธอ หนู",
    "tr": "sen seni sana sende senden senin kendini kendine ara söyle seç bekleme anlat *abilirsin *ebilirsin *yorsun *yorsan",
    "ur": "تم تمہ* تیرا تیری تیرے",
    "vi": "mày tao",
}
#: These have one form of address for everybody.
ONE_FORM = {"mi"}

#: What an adult is advised to say to a child stands in quotation marks and is familiar.
_SAID = re.compile("«[^»]*»|“[^”]*”|„[^”“]*[”“]|”[^“]*“|「[^」]*」")
#: A word, with the vowel signs that belong to it in Indic scripts.
_WORD = re.compile(r"(?:[^\W\d_]|[\u0900-\u0dff\u064b-\u0652\u200c\u200d])+")


def familiar_words(locale: str, text: str) -> list[str]:
    """Return the words of the text that address the reader familiarly."""
    said = _WORD.findall(_SAID.sub("", TOKEN.sub("", text)).lower())
    patterns = FAMILIAR[VARIANTS.get(locale, locale)].split()
    return [word for word in said if any(_fits(word, pattern) for pattern in patterns)]


def _fits(word: str, pattern: str) -> bool:
    if pattern.endswith("*"):
        return word.startswith(pattern[:-1])
    return word.endswith(pattern[1:]) if pattern.startswith("*") else word == pattern


def adult_texts(locale: str) -> dict[str, str]:
    """Return the texts that an adult may read: labels, notices, and tips with adults among their readers."""
    for_adults = {item["slug"] for item in all_items() if ADULTS & {*item["audiences"]}}
    return {
        key: text
        for key, text in targets(locale).items()
        if not key.startswith("phrase.") and (not key.startswith("tip.") or key.split(".")[1] in for_adults)
    }


def test_each_locale_has_its_familiar_words_or_one_form() -> None:
    assert FAMILIAR.keys() | ONE_FORM == {*LOCALES}
    assert not FAMILIAR.keys() & ONE_FORM


@pytest.mark.parametrize("locale", [*sorted(FAMILIAR), *VARIANTS])
def test_no_text_for_adults_is_familiar(locale: str) -> None:
    found = {key: words for key, text in adult_texts(locale).items() if (words := familiar_words(locale, text))}

    assert found == {}


@pytest.mark.parametrize("locale", ["ar", "cy", "de", "es", "fil", "fr", "id", "it", "nl", "pl", "tr"])
def test_familiar_words_are_found_where_teens_are_addressed(locale: str) -> None:
    for_teens = [text for key, text in targets(locale).items() if key.split(".")[1] in ("first-hour", "hold-on", "not-alone")]

    assert len([text for text in for_teens if familiar_words(locale, text)]) >= len(for_teens) / 3


def test_what_is_said_to_a_child_may_be_familiar() -> None:
    assert familiar_words("de", "Sagen Sie: „Du bist nicht schuld.“") == []
    assert familiar_words("hi", "कहें: “यह तुम्हारी गलती नहीं है।”") == []
    assert familiar_words("hi", "यह तुम्हारी गलती नहीं है।") == ["तुम्हारी"]
