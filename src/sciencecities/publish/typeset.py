"""Setting with typst: a city's brief as a tagged PDF, its card as a PNG.

The PDF follows PDF/UA-1 (ISO 14289-1): tags, title, language, embedded fonts. Text reaches typst
as data, so no name can be read as markup. The letters are those of a Chinese font where there is
one, whose Latin goes with it; English without Han characters does without.
"""

from __future__ import annotations

import json
import re
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime
from importlib.resources import as_file, files
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from sciencecities.edition.show import QUALITY
from sciencecities.errors import ConfigError, EditionError
from sciencecities.publish import marks
from sciencecities.publish.brief import QUALITY_ZH
from sciencecities.publish.brief_parts import Brief
from sciencecities.publish.wording import undirected

if TYPE_CHECKING:
    import typst

    from sciencecities.edition.read import Edition
    from sciencecities.publish.brief_world import World
    from sciencecities.publish.ground import Life
    from sciencecities.publish.wording import Lang

SANS = (
    *("Noto Sans CJK SC", "Noto Sans SC", "Source Han Sans SC", "Source Han Sans CN"),
    *("PingFang SC", "Microsoft YaHei", "WenQuanYi Zen Hei"),
)
SERIF = (
    *("Noto Serif CJK SC", "Noto Serif SC", "Source Han Serif SC", "Source Han Serif CN"),
    *("Songti SC", "SimSun"),
)
LATIN = "Libertinus Serif"
"""Comes with typst."""

HAN = re.compile(r"[\u2e80-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]")
SAFE_LINK = re.compile(r"https?://", re.IGNORECASE)
CARD_SIZE = (1200, 630)


@dataclass(frozen=True, slots=True)
class Letters:
    """The fonts to set with: families in order of preference."""

    fonts: typst.Fonts
    sans: tuple[str, ...]
    serif: tuple[str, ...]

    @property
    def has_han(self) -> bool:
        """Whether a Chinese font is among them."""
        return self.sans != (LATIN,)


def letters(font_path: Path | None = None) -> Letters:
    """The fonts of the system, or those of a folder first.

    Raises ConfigError if typst is not installed or the folder holds no font.
    """
    try:
        import typst
    except ImportError as error:
        raise ConfigError(
            "PDF and cards need typst; install it with `pip install 'sciencecities[pdf]'`"
        ) from error
    if font_path is None:
        fonts = typst.Fonts()
        known = set(fonts.families())
        sans = tuple(f for f in SANS if f in known)[:1]
        serif = tuple(f for f in SERIF if f in known)[:1]
    else:
        folder = font_path.parent if font_path.is_file() else font_path
        fonts = typst.Fonts(font_paths=[folder])
        own = _families_in(fonts, folder)
        if not own:
            raise ConfigError(f"{font_path}: holds no font (otf, ttf, ttc); name another folder")
        sans = tuple(f for f in (*SANS, *own) if f in own)[:1]
        serif = tuple(f for f in (*SERIF, *sans) if f in own)[:1]
    return Letters(fonts, (*(sans or serif), LATIN), (*(serif or sans), LATIN)) if (
        sans or serif
    ) else Letters(fonts, (LATIN,), (LATIN,))  # fmt: skip


def _families_in(fonts: typst.Fonts, folder: Path) -> list[str]:
    inside = folder.resolve()
    paths = ((f.family, f.path) for f in fonts.fonts() if f.path)
    return sorted({name for name, path in paths if Path(path).resolve().is_relative_to(inside)})


# --- brief ------------------------------------------------------------------------------------


def brief_pdf(brief: Brief, lives: list[Life], *, on: date, font_path: Path | None = None) -> bytes:
    """The brief as a tagged PDF (PDF/UA-1), dated `on`; `lives` are its facilities'.

    Raises ConfigError, with the remedy, where no font has the letters.
    """
    data = _plain(asdict(brief))
    for section in data["sections"]:
        for block in section["blocks"]:
            if block["kind"] == "ranks":
                ends = [r[k] for r in block["rows"] for k in ("rank", "high")]
                block["scale"] = _scale(marks.rank_scale(ends))
    data["description"] = (" " if brief.lang == "en" else "").join(brief.standfirst)
    data["running"] = f"{brief.city} · {brief.kicker}"
    data["lives"] = [asdict(life) for life in lives]
    if lives:
        from sciencecities.publish.ground import years

        scale = years(lives)
        data["years"] = {"low": int(scale.low), "high": int(scale.high)}
    return _set("brief.typ", data, "pdf", on, font_path)


def _plain(value: Any) -> Any:
    """Dataclasses as JSON has them; links to anything but the web become text."""
    if isinstance(value, dict):
        found = {k: _plain(v) for k, v in value.items()}
        if isinstance(found.get("href"), str) and not SAFE_LINK.match(found["href"]):
            found["href"] = None
        return found
    if isinstance(value, list | tuple):
        return [_plain(v) for v in value]
    return sorted(value) if isinstance(value, frozenset) else value


def _scale(scale: marks.Scale) -> dict[str, Any]:
    return {"low": scale.low, "high": scale.high, "ticks": scale.ticks()}


# --- card -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Card:
    """What a card says: the headline, the city's mark on a line of ranks, the source."""

    lang: Literal["en", "zh"]
    kicker: str
    headline: str
    standing: str
    source: str
    stated: bool
    rank: int | None = None
    low: int | None = None
    high: int | None = None
    few: bool = False


def card(edition: Edition, city: str, lang: Lang, *, year: int | None = None) -> Card:
    """The card of a city (id, or name in any language) from an edition of any kind.

    Raises UnknownCityError, ConfigError for a year.
    """
    from sciencecities.certainty import FEW_WORKS
    from sciencecities.publish import brief_ranks
    from sciencecities.publish.brief_world import World

    world = World(edition, city, None, lang, year, date.today())
    row = world.row()
    shown = world.shown
    if world.is_published:
        about = edition.manifest["published"]
        who = about["publisher_zh" if lang == "zh" else "publisher_en"] or shown.title(lang)
        source = world.t(f"Ranks as published by {who}.", f"名次为{who}公布值。")
    else:
        source = world.t(
            f"Edition {shown.title(lang)}, {shown.fingerprint[:12]}.",
            f"{shown.title(lang)}，指纹{shown.fingerprint[:12]}。",
        )
    if shown.is_sample:
        source = world.t("A demonstration, no ranking of the world.", "仅为演示，并非全球排名。")
    return Card(
        lang,
        world.t(f"{shown.title(lang)}, data year {world.year}",
                f"{shown.title(lang)}，数据年份{world.year}年"),
        brief_ranks.headline(world),
        _standing(world, row),
        source + world.t(f" {QUALITY}", QUALITY_ZH),
        world.is_published,
        row["rank"] if row else None,
        row["rank_low"] if row else None,
        row["rank_high"] if row else None,
        bool(row and row["n_eff"] is not None and row["n_eff"] < FEW_WORKS),
    )  # fmt: skip


def _standing(world: World, row: dict[str, Any] | None) -> str:
    """The rank with its range in words."""
    if row is None:
        return ""
    rank = world.say.rank(row["rank"])
    span = world.say.span(row["rank_low"], row["rank_high"])
    if not span:
        return world.t(f"{rank}; range not published", f"{rank}，未公布区间")
    return world.t(f"{rank}, range {span}", f"{rank}，区间{span}")


def card_png(card: Card, *, on: date, font_path: Path | None = None) -> bytes:
    """The card, 1,200 × 630 pixels. Raises ConfigError where no font has the letters."""
    data = asdict(card)
    data["mark"] = None
    if card.rank is not None:
        data["mark"] = {k: data[k] for k in ("rank", "low", "high", "few")} | {"focus": True}
        data["scale"] = _scale(marks.rank_scale([card.rank, card.high]))
    return _set("card.typ", data, "png", on, font_path)


# --- typst ------------------------------------------------------------------------------------


def _set(
    template: str, data: dict[str, Any], form: Literal["pdf", "png"], on: date,
    font_path: Path | None,
) -> bytes:  # fmt: skip
    found = letters(font_path)
    text = json.dumps(data, ensure_ascii=False)
    if HAN.search(text) and not found.has_han:
        raise ConfigError(
            "no Chinese font found, and this text has Chinese in it; install one (Debian: apt-get "
            "install fonts-noto-cjk) or name a folder with one by --font-path"
        )
    import typst

    data = data | {"fonts": {"sans": found.sans, "serif": found.serif}}
    day = datetime(on.year, on.month, on.day, tzinfo=UTC)
    with as_file(files("sciencecities.publish") / "templates" / "typst") as folder:
        try:
            made: Any = typst.compile(
                str(folder / template), root=str(folder), font_paths=found.fonts, format=form,
                ppi=72, sys_inputs={"data": undirected(json.dumps(data, ensure_ascii=False))},
                pdf_standards=["ua-1"] if form == "pdf" else [], timestamp=day,
            )  # fmt: skip
        except typst.TypstError as error:
            raise EditionError(f"cannot be set: {error.message}") from error
    return bytes(made[0] if isinstance(made, list) else made)
