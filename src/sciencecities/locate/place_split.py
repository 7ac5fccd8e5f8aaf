"""Cutting an affiliation string into organisations and segments."""

from __future__ import annotations

import re

from sciencecities.locate.place_words import NOT_SENTENCE_ENDS

INITIALS = re.compile(r"\b(?:[A-Za-z]\.[ ]?){2,5}(?=\W|$|[A-Z][a-z])")
BRACKETS = re.compile(r"[(\[]([A-Z][A-Za-z.,;& -]{1,200})[)\]]")
INITIAL = re.compile(r"(?:[A-Z]\.?-?){1,5}|[A-Z][a-z]{0,2}[A-Z]{1,2}|and|Drs?\.?|Mss?\.?|Mrs?\.?")
COUNTRY_CODES = frozenset({"USA", "US", "UK", "UAE", "PRC", "ROC", "CHN", "DRC"})
SENTENCE = re.compile(r"\.\s+(?=[A-Z0-9]|and [A-Z])")
LONGEST_WORD = 40
DIGIT = re.compile(r"\d")
POSTCODE = re.compile(r"\d{4,}")
LOWER_PAIR = re.compile(r"[a-z]{2}")
CAPITALISED = re.compile(r"[A-Z][a-z]")
WORD_START = re.compile(r"\w")
DUTCH_POSTCODE = re.compile(
    r"\b\d{4}\s?(?!UK|US|AU|NZ|DK|NO|CH|AT|BE|DC|IL|ZA|DE|LV|BG|CY|HU)[A-Z]{2}\b"
)
SEPARATORS = re.compile(r"[,，、;；|()（）\[\]{}/\n\t•·:：]+|\s[-–—~]+\s|。")
SPELLED_OUT = (("NY, NY", "New York, NY"), (" a.d. ", " an der "), (" a.d.", " an der "))
GROUPS = re.compile(r"[;；|\n]+|。")
GLUED_COUNTRY = re.compile(  # a word runs into it: "ParisFrance"
    r"(?<=[a-z])(?=(?:France|Norway|USA|China|Germany|Italy|Japan|UK|Spain|India|Korea|Canada|"
    r"Australia|Sweden|Netherlands|Switzerland|Taiwan|Brazil|Poland|Turkey|Iran)\b)"
)


def split_groups(text: str) -> list[str]:
    """Cut at semicolons and line ends, which part organisations."""
    return GROUPS.split(text)


def split_segments(text: str) -> list[str]:
    """Cut at commas, brackets, slashes, dashes and ends of sentences."""
    for short, full in SPELLED_OUT:
        text = text.replace(short, full)
    text = GLUED_COUNTRY.sub(" ", text)
    if "(" in text or "[" in text:
        text = BRACKETS.sub(_without_authors, text)
    if "." in text:
        text = INITIALS.sub(lambda m: m.group().replace(".", "").replace(" ", "") + " ", text)
        text = SENTENCE.sub(_sentence_end, text)
    if DIGIT.search(text):
        text = DUTCH_POSTCODE.sub(" ", POSTCODE.sub(_unglued, text))
    return [s.strip(" .-–*&\"'") for s in SEPARATORS.split(text)]


def _without_authors(match: re.Match[str]) -> str:
    """Nothing, if the brackets hold the initials of authors: "(M.C.O., K.M.)", "(MCO, KM)"."""
    inside = match.group(1)
    words = [w for w in re.split(r"[\s,;&]+", inside) if w]
    if words[0] in ("Dr", "Drs", "Ms", "Mss"):
        return " , "
    if words[-1].replace(".", "") in COUNTRY_CODES or not all(map(INITIAL.fullmatch, words)):
        return match.group()
    return " , " if len(words) > 1 or "." in inside else match.group()


def _unglued(match: re.Match[str]) -> str:
    """The postcode with a space where a word runs into it: "Paris75005", "10115Berlin"."""
    text, digits = match.string, match.group()
    before, after = text[max(0, match.start() - 2) : match.start()], text[match.end() :][:2]
    if len(digits) <= 6 and LOWER_PAIR.fullmatch(before) and not WORD_START.match(after):
        digits = f" {digits}"
    return f"{digits} " if len(digits) >= 5 and CAPITALISED.fullmatch(after) else digits


def _sentence_end(match: re.Match[str]) -> str:
    text, end = match.string, match.start()
    start = end
    while start and end - start < LONGEST_WORD and text[start - 1].isalnum():
        start -= 1
    word = text[start:end]
    if not word:
        return match.group()
    if len(word) <= 3 and not word.isdigit() and not word.isupper():
        return match.group()
    return match.group() if word.lower() in NOT_SENTENCE_ENDS else ", "
