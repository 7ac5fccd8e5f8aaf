"""The certainty words: the table of docs, bounds included."""

from __future__ import annotations

import pytest

from sciencecities.certainty import word


@pytest.mark.parametrize(
    ("p", "english", "chinese"),
    [
        (1.0, "almost certainly", "几乎可以肯定"),
        (0.95, "almost certainly", "几乎可以肯定"),
        (0.9499999, "very likely", "很可能"),
        (0.80, "very likely", "很可能"),
        (0.7999999, "probably", "可能"),
        (0.60, "probably", "可能"),
        (0.5999999, "hard to say", "难说"),
        (0.0, "hard to say", "难说"),
        (None, "", ""),
    ],
)
def test_words(p: float | None, english: str, chinese: str) -> None:
    assert (word(p), word(p, "zh")) == (english, chinese)


def test_no_word_for_what_is_no_probability() -> None:
    with pytest.raises(ValueError, match="no probability"):
        word(-0.1)
