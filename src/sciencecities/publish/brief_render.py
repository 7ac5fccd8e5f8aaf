"""Setting a brief: one HTML file that needs nothing else, or Markdown."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

from sciencecities.errors import ConfigError
from sciencecities.publish import marks
from sciencecities.publish.brief_parts import (
    Brief,
    Claims,
    Group,
    Paragraph,
    Phrase,
    Ranks,
    Table,
    Timeline,
    Words,
)
from sciencecities.publish.wording import undirected

if TYPE_CHECKING:
    import jinja2

SUFFIXES = (".html", ".md")
FONTS = {"Source Serif 4": "source-serif-4", "Source Sans 3": "source-sans-3"}
# In Chinese the quotes, dash and dots must come from the Chinese font, or they turn narrow.
LATIN = (
    "U+0020-00B6, U+00B8-00D6, U+00D8-024F, U+0391-03C9, U+2013, U+2190-2193, U+2212",
    "U+0020-024F, U+0391-03C9, U+2013, U+2014, U+2018-201D, U+2026, U+2190-2193, U+2212",
)


def write(brief: Brief, path: Path) -> None:
    """Write the brief as HTML or Markdown, by the path's ending, whole or not at all.

    Raises ConfigError for another ending, EditionError if it cannot be written.
    """
    from sciencecities.errors import EditionError
    from sciencecities.files import write_whole

    check_name(path)
    text = html(brief) if path.suffix.lower() == ".html" else markdown(brief)
    if path.is_dir():
        raise EditionError(f"{path}: is a folder; name a file")
    path.parent.mkdir(parents=True, exist_ok=True)

    def put(partial: Path) -> None:
        partial.write_bytes(text.encode())

    write_whole(path, put)


def check_name(path: Path) -> None:
    """Raises ConfigError if the path's ending names no form of a brief."""
    if path.suffix.lower() not in SUFFIXES:
        raise ConfigError(f"{path}: a brief is written as {' or '.join(SUFFIXES)}; name it so")


# --- HTML -----------------------------------------------------------------------------------


def html(brief: Brief) -> str:
    """One HTML page with its looks and letters inside; it asks nothing of the network."""
    template = _environment().get_template("brief.html")
    page = template.render(
        brief=brief,
        html_lang="zh-Hans" if brief.lang == "zh" else "en",
        css=_css(brief.lang),
        t=lambda en, zh: zh if brief.lang == "zh" else en,
    )
    return undirected(page)


@cache
def _environment() -> jinja2.Environment:
    import jinja2

    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("sciencecities.publish", "templates/brief"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals["marks"] = marks
    environment.globals["Phrase"] = Phrase
    environment.filters["is_phrase"] = lambda words: isinstance(words, Phrase)
    environment.filters["breaks"] = _breaks
    return environment


def _breaks(text: str) -> str:
    """A Chinese heading with places where a line may end: behind punctuation."""
    from markupsafe import Markup, escape

    return Markup("<wbr>").join(escape(p) for p in re.split(r"(?<=[，；：、。])", text) if p)


@cache
def _css(lang: str) -> str:
    """Tokens of the site, letters, and the brief's own looks."""
    static = files("sciencecities.publish") / "static"
    tokens = (static / "site.css").read_text(encoding="utf-8").split("/* --- layout", 1)[0]
    ranges = LATIN[0] if lang == "zh" else LATIN[1]
    faces = []
    for family, name in FONTS.items():
        data = (static / "fonts" / f"{name}-latin-wght-normal.woff2").read_bytes()
        source = f"url(data:font/woff2;base64,{base64.b64encode(data).decode()})"
        faces.append(
            f'@font-face {{ font-family: "{family}"; src: {source} format("woff2"); '
            f"font-weight: 200 900; unicode-range: {ranges}; }}"
        )
    own = files("sciencecities.publish") / "templates" / "brief" / "brief.css"
    return "\n".join([*faces, tokens, own.read_text(encoding="utf-8")])


# --- Markdown -------------------------------------------------------------------------------


def markdown(brief: Brief) -> str:
    """The brief as Markdown: headings, paragraphs, pipe tables, numbered sources."""
    zh = brief.lang == "zh"
    lines = [f"# {_plain(brief.headline)}", "", _plain(brief.kicker), ""]
    lines += ["".join(brief.standfirst) if zh else " ".join(brief.standfirst), ""]
    for section in brief.sections:
        lines += [f"## {_plain(section.heading)}", ""]
        for block in section.blocks:
            lines += [*_block(block, zh), ""]
    lines += ["## 来源" if zh else "## Sources", ""]
    lines += [f"{r.number}. {_words(r.words)}" for r in brief.references]
    lines += ["", "---", "", *(f"{_plain(text)}  " for text in brief.footer)]
    return undirected(re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).rstrip() + "\n")


def _block(block: object, zh: bool) -> list[str]:
    match block:
        case Paragraph():
            return [_words(block.words)]
        case Table():
            head = [c.title for c in block.columns]
            rows = [[_words(cell) for cell in row] for row in block.rows]
            rows = [
                [f"**{c}**" if i in block.focus and n == 0 else c for n, c in enumerate(r)]
                for i, r in enumerate(rows)
            ]
            return _table(block.caption, head, rows, [c.number for c in block.columns])
        case Ranks():
            return _ranks(block)
        case Claims():
            return _claims(block, zh)
        case Timeline():
            gap = "：" if zh else ": "
            items = [f"- {e.date}{gap}{_words(e.words)}" for e in block.rows]
            return [f"**{_plain(block.caption)}**", "", *items]
        case Group():
            return [f"### {_plain(block.heading)}", "", *(f"- {_words(w)}" for w in block.words)]
    raise TypeError(type(block).__name__)


def _ranks(block: Ranks) -> list[str]:
    what, rank, moved, _ = block.head
    head = [what, rank, moved, *([block.extra] if block.extra else [])]
    rows = []
    for r in block.rows:
        label = f"**{_plain(r.label)}**" if r.focus else _plain(r.label)
        rows.append([label, r.text, r.moved, *([r.extra] if block.extra else [])])
    return _table(block.caption, head, rows, [False, True, False, True])


def _claims(block: Claims, zh: bool) -> list[str]:
    head = ["所述", "据称", "收录", "名单"] if zh else ["What", "Claimed", "Listed", "Names"]
    rows = []
    for claim in block.rows:
        names = ("、" if zh else ", ").join(_words((n,)) for n in claim.names)
        label = ("– " if claim.part else "") + _words((claim.label,))
        rows.append([label, claim.claimed, "–" if claim.listed is None else str(claim.listed),
                     names or "–"])  # fmt: skip
    return _table(block.caption, head, rows, [False, True, True, False])


def _table(
    caption: str, head: list[str], rows: list[list[str]], numbers: Iterable[bool]
) -> list[str]:
    rule = ["---:" if number else "---" for number, _ in zip(numbers, head, strict=False)]
    return [
        f"**{_plain(caption)}**",
        "",
        "| " + " | ".join(_plain(h) for h in head) + " |",
        "| " + " | ".join(rule) + " |",
        *("| " + " | ".join(row) + " |" for row in rows),
    ]


def _words(words: Iterable[Words]) -> str:
    return "".join(_phrase(w) for w in words)


def _phrase(words: Words) -> str:
    if isinstance(words, str):
        return _plain(words)
    text = _plain(words.text)
    if words.href:
        text = f"[{text}]({words.href})"
    return text + "".join(f" [{n}]" for n in words.refs)


def _plain(text: str) -> str:
    """Text that Markdown leaves alone, in one line."""
    text = re.sub(r"\s*[\r\n]\s*", " ", text).replace("\\", "\\\\").replace("<", "&lt;")
    return re.sub(r"([|*_`\[\]])", r"\\\1", text)
