"""How many requests a second `sciencecities serve` holds, and how soon the first byte comes.

python benchmarks/serve.py EDITION [--connections 64] [--seconds 20] [--rate 200]

The server runs in a process of its own; client and server share the machine's cores. Requests go to
pages, the method lab, the API and the style sheet in turn, at a fixed rate and without one.
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
import subprocess
import sys
import time
from itertools import product
from urllib.parse import quote, urlencode

PORT = 8917


async def _ask(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, path: str) -> float:
    """Ask on an open connection; seconds to the first byte. Raises OSError unless it is 200."""
    asked = f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept-Encoding: gzip\r\n\r\n"
    begun = time.perf_counter()
    writer.write(asked.encode())
    head = await reader.readuntil(b"\r\n\r\n")
    took = time.perf_counter() - begun
    lines = head.decode("latin-1").lower().split("\r\n")
    if " 200 " not in lines[0]:
        raise OSError(f"{path}: {lines[0]}")
    length = next(int(line.split(":")[1]) for line in lines if line.startswith("content-length"))
    await reader.readexactly(length)
    return took


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
        reader, writer = await asyncio.open_connection("127.0.0.1", PORT)
        while time.perf_counter() < end:
            number, self._number = self._number, self._number + 1
            if self.rate is not None:
                await asyncio.sleep(begun + number / self.rate - time.perf_counter())
            try:
                path = self.paths[number % len(self.paths)]
                self.seconds.append(await _ask(reader, writer, path))
            except (OSError, asyncio.IncompleteReadError) as error:
                self.errors.append(str(error))
        writer.close()


async def _first(paths: list[str]) -> list[float]:
    """Seconds to the first byte of each path, asked once, one after the other."""
    reader, writer = await asyncio.open_connection("127.0.0.1", PORT)
    found = [await _ask(reader, writer, path) for path in paths]
    writer.close()
    return found


def main() -> None:
    """Print a table of what was measured."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("edition")
    parser.add_argument("--connections", type=int, default=64)
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--rate", type=float, default=200)
    asked = parser.parse_args()
    import sciencecities as sc
    from sciencecities.publish.asked import choices
    from sciencecities.publish.site import Site

    site = Site([sc.open(asked.edition)])
    shown = site.shown[0]
    own = f"en/{shown.slug}"
    pages = ["en/index.html", "zh/index.html", f"{own}/cities.html", f"{own}/movement.html"]
    cities = [f"{own}/city/{shown.slug_of(c)}.html" for c in list(shown.with_page)[:40]]
    there = choices(shown)
    lab = [
        f"{own}/lab.html?" + urlencode(dict(zip(there, chosen, strict=True)))
        for chosen in product(*there.values())
    ]
    api = ["api/v1/rankings?limit=100", "api/v1/cities/Beijing", "api/v1/lab?scheme=full"]
    every = [
        f"/{quote(p, safe='/?=&%+')}" for p in [*pages, *cities, *lab, *api, "static/site.css"]
    ]
    server = subprocess.Popen(
        [sys.executable, "-m", "sciencecities", "serve", asked.edition, "--port", str(PORT)]
    )
    try:
        asyncio.run(_measure(asked, [f"/{p}" for p in pages + cities], lab, every))
    finally:
        server.terminate()
        server.wait()


async def _measure(
    asked: argparse.Namespace, pages: list[str], lab: list[str], every: list[str]
) -> None:
    for _ in range(600):
        try:
            await _first(["/static/site.css"])
            break
        except OSError:
            await asyncio.sleep(0.1)
    await _first(pages[:1])
    print(
        "| what | requests/s | errors | median ms | 99 % ms |\n| --- | ---: | ---: | ---: | ---: |"
    )
    for name, paths in (("page, made", pages[1:]), ("lab, computed", [f"/{p}" for p in lab])):
        found = sorted(await _first(paths))
        print(f"| first byte: {name} | | 0 | {1e3 * statistics.median(found):.1f} | "
              f"{1e3 * found[-1]:.1f} (worst) |")  # fmt: skip
    await _first(every)
    for rate in (asked.rate, None):
        load = Load(every, rate)
        begun = time.perf_counter()
        await load.run(asked.connections, asked.seconds)
        found = sorted(load.seconds)
        print(
            f"| {'at ' + format(rate, '.0f') + '/s' if rate else 'as fast as it goes'}, "
            f"{asked.connections} connections | {len(found) / (time.perf_counter() - begun):.0f} | "
            f"{len(load.errors)} | {1e3 * statistics.median(found):.1f} | "
            f"{1e3 * found[int(0.99 * len(found))]:.1f} |"
        )


if __name__ == "__main__":
    main()
