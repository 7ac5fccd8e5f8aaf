"""The command line. Only click and the standard library load before a command runs."""

from __future__ import annotations

import os
import signal
import sys
import traceback
from typing import NoReturn

import click

from sciencecities.cli.benchmark import benchmark
from sciencecities.cli.cities import cities
from sciencecities.cli.compare import compare, group
from sciencecities.cli.compute import build, ingest
from sciencecities.cli.fetch import fetch
from sciencecities.cli.importing import import_ranks
from sciencecities.cli.institutions import institutions
from sciencecities.cli.look import city, rank, trace, verify
from sciencecities.cli.method import lab, sensitivity
from sciencecities.cli.observatory import observatory
from sciencecities.cli.publish import export, serve
from sciencecities.cli.start import demo, init
from sciencecities.cli.strings import resolve
from sciencecities.cli.why import explain
from sciencecities.errors import ConfigError, SciencecitiesError

OK, FAILED, USAGE, INTERRUPTED, TERMINATED = 0, 1, 2, 130, 143

COMMANDS = (
    demo,
    init,
    fetch,
    ingest,
    build,
    rank,
    city,
    explain,
    compare,
    group,
    trace,
    lab,
    sensitivity,
    resolve,
    benchmark,
    institutions,
    cities,
    verify,
    import_ranks,
    observatory,
    serve,
    export,
)


class _InOrder(click.Group):
    """Lists the commands in the order in which a reader meets them."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(self.commands)

    def invoke(self, ctx: click.Context) -> object:
        """Run the command; keep click from answering an interrupt or a closed pipe itself."""
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt as error:
            raise _InterruptedError from error
        except BrokenPipeError as error:
            raise _PipeClosedError from error


class _InterruptedError(Exception):
    """Ctrl-C."""


class _Terminated(KeyboardInterrupt):
    """The system or a supervisor asks the program to end."""


class _PipeClosedError(Exception):
    """The reader of our output has gone."""


def _print_version(ctx: click.Context, _: click.Parameter, wanted: bool) -> None:
    if wanted and not ctx.resilient_parsing:
        from importlib.metadata import version

        click.echo(f"sciencecities {version('sciencecities')}")
        ctx.exit()


@click.group(cls=_InOrder, context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--debug", is_flag=True, help="Show the traceback of an error.")
@click.option(
    "--version", is_flag=True, is_eager=True, expose_value=False, callback=_print_version,
    help="Show the version.",
)  # fmt: skip
@click.pass_context
def cli(ctx: click.Context, debug: bool) -> None:
    """Which cities make the world's science, counted from open records.

    `sciencecities demo` does the whole job on real records that came with the installation.
    """
    ctx.obj = {"debug": debug}


for _command in COMMANDS:
    cli.add_command(_command)


def main(args: list[str] | None = None) -> NoReturn:
    """Run the command line and exit: 0 ok, 1 the work failed, 2 usage, 130 or 143 interrupted."""
    signal.signal(signal.SIGTERM, _terminate)
    sys.exit(run(list(sys.argv[1:] if args is None else args)))


def _terminate(_number: int, _frame: object) -> NoReturn:
    raise _Terminated


def run(args: list[str]) -> int:
    """Run one command and return its exit code; errors are one line on stderr."""
    _speak_utf8()
    try:
        code = cli.main(args, prog_name="sciencecities", standalone_mode=False)
        sys.stdout.flush()
    except click.exceptions.NoArgsIsHelpError as error:
        click.echo(error.ctx.get_help() if error.ctx else error.format_message(), err=True)
        return USAGE
    except click.UsageError as error:
        command = error.ctx.command_path if error.ctx else "sciencecities"
        return _fail(
            error, f"{error.format_message().rstrip('.')} (see `{command} --help`)", USAGE, args
        )
    except click.ClickException as error:
        return _fail(error, error.format_message(), FAILED, args)
    except (_InterruptedError, click.Abort, KeyboardInterrupt) as error:
        goes_on = _how_to_go_on(args)
        asked = isinstance(error.__cause__ or error, _Terminated)
        code = TERMINATED if asked else INTERRUPTED
        return _fail(error, f"interrupted{goes_on}", code, args, prefix="")
    except (_PipeClosedError, BrokenPipeError):
        return _quiet_end()
    except ConfigError as error:
        return _fail(error, str(error), USAGE, args)
    except SciencecitiesError as error:
        return _fail(error, str(error), FAILED, args)
    except MemoryError as error:
        text = "not enough memory; use fewer --threads or a smaller --memory"
        return _fail(error, text, FAILED, args)
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        return _fail(error, f"{where}{error.strerror or error}", FAILED, args)
    except Exception as error:
        text = f"unexpected {type(error).__name__}: {error}; please report it, --debug shows where"
        return _fail(error, text, FAILED, args)
    return code if isinstance(code, int) else OK


def _how_to_go_on(args: list[str]) -> str:
    if "build" in args:
        return "; the same command with --resume goes on from here"
    return "; the same command goes on from here" if "fetch" in args else ""


def _fail(
    error: BaseException, text: str, code: int, args: list[str], prefix: str = "error: "
) -> int:
    if "--debug" in args:
        traceback.print_exception(error, file=sys.stderr)
    line = " ".join(text.split())
    click.echo(prefix + "".join(c if c.isprintable() else "\ufffd" for c in line), err=True)
    return code


def _quiet_end() -> int:
    """The reader of our output has gone: nothing to say, and nothing left to flush."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return OK


def _speak_utf8() -> None:
    """City names need UTF-8 in files and pipes, whatever the locale says."""
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure:
            reconfigure(errors="backslashreplace")
            if not stream.isatty():
                reconfigure(encoding="utf-8")
