"""Addresses in every disguise, links, images and HTML in texts."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator

from content.linting.fault import Fault, Strength
from content.linting.letters import LETTER, MARKS

_SCHEME = re.compile(
    r"\b(?:[a-z][a-z0-9+.-]{0,30}:/{2}|(?:tel|sms|smsto|mailto|javascript|data|whatsapp|tg|intent):\S)", re.IGNORECASE
)
_WWW = re.compile(r"\bwww ?\. ?\w", re.IGNORECASE)
#: No sentence needs the sign, so that handles and mailboxes are found however they are spaced.
_AT = re.compile(r"[^\s@＠﹫]{0,40}\s{0,2}[@＠﹫]\s{0,2}[^\s@＠﹫]{0,40}")
#: Two letters or more on both sides, so that "e.g." and "z.B." pass. This also finds a missing space after a full stop.
_LABEL = rf"[\w{MARKS}-]"
_HOST = re.compile(
    rf"(?<![\w{MARKS}-])(?:[\w-][{MARKS}]*){{2,63}}(?:[.．]{_LABEL}{{2,63}}){{0,8}}[.．](?:{LETTER}){{2,63}}(?![\w{MARKS}])"
)
#: Ends of hosts that are used in messages to young people; the other ends need two letters before the dot.
_ENDS = (
    "com|org|net|info|biz|edu|gov|int|me|io|co|uk|ie|us|eu|app|dev|gg|ly|tv|to|cc|xyz|link|site|online|club|shop|live|chat|page|"
    "ru|cn|jp|kr|in|pk|bd|np|lk|th|vn|id|tr|pl|nl|de|fr|es|it|pt|br|mx|ar|cl|au|nz|ca|ch|at|be|za|ng|ke|ph|my|sg"
)
_SHORT_HOST = re.compile(
    r"(?<![\w.])(?:\w{1,63}[.．。｡․]){1,4}(?:com|org|net|info|me|io|gg|ly|tv|to|cc|xyz|link|app)(?!\w)|(?<![\w.])\w{1,63}[.．。｡․]\w{1,24}/\w",
    re.IGNORECASE,
)
#: A dot that is spaced, in brackets, full-width or spelled out, before the end of a host.
_DOT_WORDS = (
    "dot|punkt|point|punto|ponto|pwynt|punt|titik|tuldok|kropka|nokta|chấm|piste|ira|ドット|ドツト|닷|점|จุด|點|点|डॉट|डट|ডট|ڈاٹ|"
    "دوت|نقطة|ડોટ|ഡോട്ട്|ඩොට්"
)
_BRACKETED_DOT = re.compile(rf"\w\s?[\[({{<（【]\s?(?:[.．。]|{_DOT_WORDS})\s?[\])}}>）】]\s?\w", re.IGNORECASE)
_SPACED_DOT = re.compile(rf"\w ?(?: [.．。｡․]|[．。｡․]) ?(?:{_ENDS})(?![\w{MARKS}])", re.IGNORECASE)
_END_WORDS = "कॉम|ডটকম|কম|کام|كوم|કોમ|കോം|කොම්|คอม|컴|コム"
_SPELLED_DOT = re.compile(rf"\w[\s-]{{1,3}}(?:{_DOT_WORDS})[\s-]{{1,3}}(?:{_ENDS}|{_END_WORDS})(?![\w{MARKS}])", re.IGNORECASE)
_MARKDOWN_LINK = re.compile(r"\]\s{0,10}[(\[]|^[ \t]{0,10}\[[^\]]{1,200}\]:", re.MULTILINE)
_HTML = re.compile(r"<\s{0,10}[a-z/!?]", re.IGNORECASE)
_ENTITY = re.compile(r"&(?:#\d{1,9}|#x[0-9a-f]{1,9}|[a-z][a-z0-9]{1,30});", re.IGNORECASE)
#: French writes both genders of a word with points: "étudiant.es", "Tou.te.s". The word before them ends as such words do, so
#: that hosts in Spain (.es) are still found.
_FRENCH_POINTS = re.compile(
    r"[^\W\d_]{2,30}(?:\.(?:e|te|le|ne|ve|se|euse|rice|trice|ère|ière))?\.s|[^\W\d_]{1,30}[bcdfilmnrstuxzéû]\.(?:e|es|te|tes|le|les|ne|nes|ve|ves|"
    r"euse|euses|rice|rices|trice|trices|ère|ères|ière|ières)",
    re.IGNORECASE,
)
#: A character that every match of a pattern contains. Most texts have none, and to search for it first is faster.
_DOT_INSIDE = re.compile(r"[.．。｡․]\w")
_NEEDED = {
    _SCHEME: re.compile(":"),
    _AT: re.compile("[@＠﹫]"),
    _HOST: _DOT_INSIDE,
    _SHORT_HOST: _DOT_INSIDE,
    _BRACKETED_DOT: re.compile(r"[\[({<（【]"),
}
_PATTERNS = (_SCHEME, _WWW, _AT, _SHORT_HOST, _BRACKETED_DOT, _SPACED_DOT, _SPELLED_DOT)


def address_faults(text: str, *, locale: str, allowed_hosts: Collection[str]) -> list[Fault]:
    """Return a fault for addresses, links, images, HTML and character entities, which could spell any of them."""
    faults = []
    if (start := text.find("![")) >= 0:
        faults.append(Fault("image", "A text cannot contain images.", Strength.REFUSE, start, start + 2))
    if found := _HTML.search(text) or _ENTITY.search(text):
        detail = "A text cannot contain HTML or character entities; use Markdown."
        faults.append(Fault("html", detail, Strength.REFUSE, *found.span()))
    if found := min(_addresses(text, locale, allowed_hosts), key=lambda match: match.start(), default=None):
        detail = (
            f"{found.group().strip()!r} looks like an address. An address is a fact, so name its service by a token instead. "
            "After a full stop at the end of a sentence, write a space."
        )
        faults.append(Fault("address", detail, Strength.REFUSE, *found.span()))
    if found := _MARKDOWN_LINK.search(text):
        faults.append(
            Fault("link", "A text cannot contain links; name the service by its token.", Strength.REFUSE, *found.span())
        )
    return faults


def _addresses(text: str, locale: str, allowed_hosts: Collection[str]) -> Iterator[re.Match[str]]:
    for pattern in _PATTERNS:
        for match in _matches(pattern, text):
            if match.group().lower() not in allowed_hosts:
                yield match
                break
    is_french = locale.partition("-")[0] == "fr"
    for match in _matches(_HOST, text):
        host = match.group().lower()
        if host not in allowed_hosts and not (is_french and _FRENCH_POINTS.fullmatch(host)):
            yield match
            break


def _matches(pattern: re.Pattern[str], text: str) -> Iterator[re.Match[str]]:
    needed = _NEEDED.get(pattern)
    return pattern.finditer(text) if needed is None or needed.search(text) else iter(())
