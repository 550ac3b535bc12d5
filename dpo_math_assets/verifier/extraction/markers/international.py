"""Answers marked in other languages than English: `Antwort:`, `La réponse est`, `答案：`.

Only markers as clear as `Answer:` count, and behind them only what can be read without knowing the
language: numbers, formulas, choices and units. Any word of doubt before or behind leaves none.
"""

import re
from itertools import islice

from dpo_math_assets.verifier.extraction.candidate import Candidate, Finder
from dpo_math_assets.verifier.extraction.markers.final_answer import stated
from dpo_math_assets.verifier.extraction.markers.lines import rest
from dpo_math_assets.verifier.extraction.tokens import FORMULA, LATEX_WORD, first_sentence
from dpo_math_assets.verifier.lexicon.units import unit_named

# Markers that are looked at.
MAX_MARKS = 100
# How far before a marker its sentence is looked at.
REACH = 80

# Without these there is none of them; most texts are plain ASCII.
_ASCII_STEMS = ("ntwort", "spuesta", "sposta")
_OTHER_STEMS = ("éponse", "твет", "答え", "答案", "故选", "故選")
_MARK = re.compile(
    r"(?:\b(?:ist|lautet) (?:somit |also |daher )?die (?:(?:richtige|korrekte|endgültige) )?"
    r"antwort\b:?"
    r"|\b(?:antwort|réponse|respuesta|resposta|risposta|ответ)"
    r"(?: (?:finale?|correcte?|correcta|correta|corretta))?[*_]*"
    r"(?:\s?(?P<colon>[:：])|\s(?:ist|lautet|est|es|é|è)\b"
    r"(?: (?:also|somit|daher|donc|entonces|portanto|quindi)\b)?\s?:?)"
    r"|答え(?:は|\s?[:：])|答案[\s*]*+(?:是|为|為|應為|应为|选|選)?[\s*]*+[:：]?|故[选選](?:答案)?[:：]?"
    r")[\s*_]*(?=\S)",
    re.IGNORECASE,
)
_ARTICLES = re.compile(
    r"[\W\d_]*(?:(?:die|la|a|richtige|korrekte|endgültige|finale|bonne|итоговый|окончательный|"
    r"правильный)\s*)*",
    re.IGNORECASE,
)
_DOUBT = re.compile(
    r"\b(?:nicht|kein\w*|falsch\w*|fehler\w*|moment|korrektur|korrigier\w*|eigentlich|tatsächlich|"
    r"sondern|aber|doch|wenn|ob|angenommen|"
    r"pas|faux|fausse|erreur|attend\w*|mais|plutôt|fait|si|correction|"
    r"no|error\w*|incorrect\w*|falsa?|falso|espera|pero|sino|realidad|perdón|corrección|"
    r"não|erro|errad\w*|espere|mas|verdade|se|non|errore|sbagliat\w*|aspetta|ma|realtà|"
    r"не|нет|невер\w*|ошиб\w*|подожд\w*|но|если|исправ\w*|деле)\b"
    r"|等等|不对|不對|不是|并非|並非|更正|纠正|糾正|错|錯|重新|应该是|應該是|实际上|實際上|其实|其實|如果"
    r"|待|違|間違|訂正|ではな|ではあり|でない|しかし|実際|もし",
    re.IGNORECASE,
)
# 1200 or 1.2: these languages write the point where English has the comma.
_GROUPED = re.compile(r"[-$\\( ]*\d{1,3}[.,]\d{3}(?!\d)")
_WORDS = re.compile(r"[A-Za-zÀ-ɏЀ-ӿ]{2,}")
_CLAUSE_ENDS = re.compile(r"[。；]|，(?!\d)|(?:です|となります|になります)(?:[。．]|$)")


def _find(text: str) -> list[Candidate]:
    """Answers behind markers in other languages; empty where something doubts them."""
    ascii_one = any(map(text.__contains__, _ASCII_STEMS))
    if not ascii_one and (text.isascii() or not any(map(text.__contains__, _OTHER_STEMS))):
        return []
    found = [mark for mark in islice(_MARK.finditer(text), MAX_MARKS) if _alone(text, mark)]
    doubted = max((doubt.start() for doubt in _DOUBT.finditer(text)), default=-1) if found else -1
    return [
        stated(mark.end(), _legible(rest(text, mark.end())) if _stands(text, mark, doubted) else "")
        for mark in found
    ]


def is_doubted(text: str) -> bool:
    """Whether a text in another language than English holds a word of doubt or denial."""
    return _DOUBT.search(text) is not None


def _sentence_before(text: str, mark: "re.Match[str]") -> str:
    before = text[max(0, mark.start() - REACH) : mark.start()]
    return before[max(map(before.rfind, "\n.!?。")) + 1 :]


def _alone(text: str, mark: "re.Match[str]") -> bool:
    """Whether a label is one of its own: `Falsche Antwort:`, `Tims Antwort:` are not."""
    return not mark["colon"] or _ARTICLES.fullmatch(_sentence_before(text, mark)) is not None


def _stands(text: str, mark: "re.Match[str]", doubted: int) -> bool:
    """Whether what is marked can be read, and nothing before or behind doubts it.

    `doubted` is where the last word of doubt in the text begins.
    """
    if doubted >= mark.end() or (mark[0][0] < "⺀" and _GROUPED.match(text, mark.end())):
        return False
    return not _DOUBT.search(_sentence_before(text, mark))


def _legible(line: str) -> str:
    """The answer that begins a line, if it holds no word of a language but units of measure."""
    answer = first_sentence(line)
    if not answer.isascii() and (end := _CLAUSE_ENDS.search(answer)):
        answer = answer[: end.start()]
    words = _WORDS.findall(LATEX_WORD.sub("", FORMULA.sub("", answer)))
    return answer if all(map(unit_named, words)) else ""


INTERNATIONAL = Finder("marker.international", "label", (*_ASCII_STEMS, *_OTHER_STEMS), _find)
