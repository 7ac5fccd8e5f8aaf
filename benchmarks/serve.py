"""How soon the first byte comes from `sciencecities serve`, by kind of page, and its load.

python benchmarks/serve.py EDITION [--each 40] [--connections 64] [--seconds 20] [--rate 200]

The server runs in a process of its own; client and server share the machine's cores. First every
address is asked once, one after the other, so that no answer is kept yet: pages of every kind, the
method lab under every choice, with a list of journals, with boundaries of the server's and with
uploaded ones. It begins when the server has made the pages with which it starts. "CPU ms" is the
server's processor time for one answer, compression included, in the mean; what checks uploads in a
process of its own is not in it. Then pages, lab, API and style sheet are asked in turn, at a fixed
rate and without one; those answers are kept.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote, urlencode

import psutil

if TYPE_CHECKING:
    from sciencecities.publish.site import Site

PORT = 8917
GRID = "grid.geojson"
BOUNDARY = "--boundary"
"""Parts of the uploaded form."""


class Connection:
    """An open connection that asks for one thing after the other."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer

    @classmethod
    async def open(cls) -> Connection:
        return cls(*await asyncio.open_connection("127.0.0.1", PORT))

    async def get(self, path: str) -> float:
        """Seconds to the first byte. Raises OSError unless it is 200."""
        took, status, _ = await self._ask(f"GET {path} HTTP/1.1\r\nAccept-Encoding: gzip\r\n", b"")
        if status != 200:
            raise OSError(f"{path}: {status}")
        return took

    async def upload(self, path: str, content: bytes) -> tuple[float, str]:
        """Seconds until boundaries are taken, and the address that shows them."""
        head = f'Content-Disposition: form-data; name="file"; filename="{GRID}"\r\n\r\n'
        body = f"{BOUNDARY}\r\n{head}".encode() + content + f"\r\n{BOUNDARY}--\r\n".encode()
        took, status, fields = await self._ask(
            f"POST {path} HTTP/1.1\r\nContent-Length: {len(body)}\r\n"
            f"Content-Type: multipart/form-data; boundary={BOUNDARY[2:]}\r\n", body,
        )  # fmt: skip
        if status != 303:
            raise OSError(f"{path}: {status}")
        return took, f"{path.rpartition('/')[0]}/{fields['location']}"

    async def _ask(self, head: str, body: bytes) -> tuple[float, int, dict[str, str]]:
        begun = time.perf_counter()
        self._writer.write(f"{head}Host: 127.0.0.1\r\n\r\n".encode() + body)
        answer = await self._reader.readuntil(b"\r\n\r\n")
        took = time.perf_counter() - begun
        first, *lines = answer.decode("latin-1").split("\r\n")
        fields = {k.lower(): v.strip() for k, _, v in (line.partition(":") for line in lines)}
        await self._reader.readexactly(int(fields.get("content-length", 0)))
        return took, int(first.split()[1]), fields

    def close(self) -> None:
        self._writer.close()


class Load:
    """Connections that ask in turn; what they measured."""

    def __init__(self, paths: list[str], rate: float | None) -> None:
        self.paths = paths
        self.rate = rate
        self.seconds: list[float] = []
        self.errors: list[str] = []
        self._number = 0

    async def run(self, connections: int, seconds: float) -> None:
        """Keep asking on so many connections for so long."""
        begun = time.perf_counter()
        await asyncio.gather(*(self._one(begun, begun + seconds) for _ in range(connections)))

    async def _one(self, begun: float, end: float) -> None:
        connection = await Connection.open()
        while time.perf_counter() < end:
            number, self._number = self._number, self._number + 1
            if self.rate is not None:
                await asyncio.sleep(begun + number / self.rate - time.perf_counter())
            try:
                self.seconds.append(await connection.get(self.paths[number % len(self.paths)]))
            except (OSError, asyncio.IncompleteReadError) as error:
                self.errors.append(str(error))
        connection.close()


def main() -> None:
    """Print what was measured as two tables."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("edition")
    parser.add_argument("--each", type=int, default=40, help="pages of each kind and language")
    parser.add_argument("--connections", type=int, default=64)
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--rate", type=float, default=200)
    asked = parser.parse_args()
    import sciencecities as sc
    from sciencecities.publish.site import Site

    site = Site([sc.open(asked.edition)])
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / GRID
        file.write_text(json.dumps(grid()))
        server = subprocess.Popen(
            [sys.executable, "-m", "sciencecities", "serve", asked.edition, "--port", str(PORT),
             "--boundaries", str(file)]
        )  # fmt: skip
        try:
            asyncio.run(_measure(asked, site, psutil.Process(server.pid)))
        finally:
            server.terminate()
            server.wait()


async def _measure(asked: argparse.Namespace, site: Site, server: psutil.Process) -> None:
    await _ready(server)
    connection = await Connection.open()
    print(
        "| first byte | asked | median ms | worst ms | CPU ms |\n"
        "| --- | ---: | ---: | ---: | ---: |"
    )
    pages = _pages(site, asked.each)
    before, every = _used(server), []
    for kind, paths in pages.items():
        every += await _asked(connection, server, kind, paths)
    _row("**all pages**", every, _used(server) - before)
    for kind, paths in _lab(site).items():
        await _asked(connection, server, kind, paths)
    before, lab = _used(server), f"/en/{site.shown[0].slug}/lab.html"
    taken, address = await connection.upload(lab, json.dumps(grid()).encode())
    _row("lab: boundaries are uploaded", [taken], _used(server) - before)
    schemes = [address, *_schemes(site, f"{address}&")]
    await _asked(connection, server, "lab in them, every scheme", schemes)
    for path in _mixed(site):
        await connection.get(path)
    connection.close()
    print(
        "\n| what | requests/s | errors | median ms | 99 % ms |\n"
        "| --- | ---: | ---: | ---: | ---: |"
    )
    for rate in (asked.rate, None):
        load = Load(_mixed(site), rate)
        begun = time.perf_counter()
        await load.run(asked.connections, asked.seconds)
        found = sorted(load.seconds)
        print(
            f"| {'at ' + format(rate, '.0f') + '/s' if rate else 'as fast as it goes'}, "
            f"{asked.connections} connections | {len(found) / (time.perf_counter() - begun):.0f} | "
            f"{len(load.errors)} | {1e3 * statistics.median(found):.1f} | "
            f"{1e3 * found[int(0.99 * len(found))]:.1f} |"
        )


async def _asked(
    connection: Connection, server: psutil.Process, kind: str, paths: list[str]
) -> list[float]:
    """Seconds to the first byte of each; prints their row."""
    before = _used(server)
    found = [await connection.get(path) for path in paths]
    _row(kind, found, _used(server) - before)
    return found


def _row(kind: str, seconds: list[float], used: float) -> None:
    numbers = (statistics.median(seconds), max(seconds), used / len(seconds))
    said = " | ".join(f"{1e3 * n:.1f}" for n in numbers)
    print(f"| {kind} | {len(seconds)} | {said} |", flush=True)


def _used(server: psutil.Process) -> float:
    """Processor seconds of the server."""
    times = server.cpu_times()
    return float(times.user + times.system)


async def _ready(server: psutil.Process) -> None:
    """Until the server answers, and has no work left from its start."""
    for _ in range(600):
        try:
            connection = await Connection.open()
            break
        except OSError:
            await asyncio.sleep(0.1)
    await connection.get("/static/site.css")
    connection.close()
    used = -1.0
    while (now := _used(server)) > used + 0.05:
        used = now
        await asyncio.sleep(1)


# --- what is asked ----------------------------------------------------------------------------


def _pages(site: Site, each: int) -> dict[str, list[str]]:
    """Pages by kind, in both languages: so many of each kind, from all over its list."""
    shown = site.shown[0]
    found: dict[str, list[str]] = {}
    for route in site.routes:
        names = list(route.names(shown))
        for name in names[:: max(1, len(names) // each)][:each]:
            kind = f"{route.prefix}…" if route.prefix else name
            for lang in ("en", "zh"):
                path = f"/{lang}/{shown.slug}/{route.prefix}{name}.html"
                found.setdefault(kind, []).append(quote(path))
    return found


def _lab(site: Site) -> dict[str, list[str]]:
    """The method lab by what is asked of it."""
    from sciencecities.publish.asked import choices
    from sciencecities.scopes.issn import issn_problem

    shown = site.shown[0]
    lab, there = f"/en/{shown.slug}/lab.html?", choices(shown)
    journals = shown.edition.method.cube.journals
    known = [r["issns"].split()[0] for r in journals if r["issns"]]
    issns = [issn for issn in known if not issn_problem(issn)][::7][:100]
    return {
        "lab, every choice": [
            lab + urlencode(dict(zip(there, chosen, strict=True)))
            for chosen in product(*there.values())
        ],
        "lab, own journals, every scheme": list(
            _schemes(site, f"{lab}{urlencode({'issns': ' '.join(issns)})}&")
        ),
        "lab, the server's boundaries, every scheme": list(_schemes(site, f"{lab}cities={GRID}&")),
    }


def _schemes(site: Site, address: str) -> Iterator[str]:
    from sciencecities.publish.asked import choices

    return (f"{address}scheme={scheme}" for scheme in choices(site.shown[0])["scheme"][1:])


def _mixed(site: Site) -> list[str]:
    """Pages, the lab, the API and the style sheet."""
    shown = site.shown[0]
    own = f"/en/{shown.slug}"
    pages = ["/en/index.html", "/zh/index.html", f"{own}/cities.html", f"{own}/movement.html"]
    cities = [f"{own}/city/{shown.slug_of(c)}.html" for c in list(shown.with_page)[:40]]
    api = ["/api/v1/rankings?limit=100", "/api/v1/cities/Beijing", "/api/v1/lab?scheme=full"]
    return [*pages, *cities, *_lab(site)["lab, every choice"], *api, "/static/site.css"]


def grid(size: int = 4) -> dict[str, object]:
    """The world in squares of so many degrees, as city boundaries."""
    features = []
    for west, south in product(range(-180, 180, size), range(-60, 80, size)):
        corners = [(0, 0), (size, 0), (size, size), (0, size), (0, 0)]
        ring = [[west + x, south + y] for x, y in corners]
        features.append({
            "type": "Feature",
            "properties": {"id": f"{west}/{south}", "name": f"Square {west} {south}"},
            "geometry": {"type": "Polygon", "coordinates": [ring]},
        })  # fmt: skip
    return {"type": "FeatureCollection", "features": features}


if __name__ == "__main__":
    main()
