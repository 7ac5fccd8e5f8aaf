"""Loading and checking a city's facts against what PyYAML alone needs for the file, in one run.

    python benchmarks/observatory.py --facts 10000

Makes platforms, facilities, companies and claims in equal numbers, with their ties. Processor
seconds, the best of five; ratios are to `yaml.load` with the same C parser, which gives neither
lines nor checks.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import yaml

from sciencecities.observatory.check import problems_of
from sciencecities.observatory.read import read

HEAD = """\
city: {id: x, city_id: "gn:1809858", name: {en: X}, country: CN, radius_km: 90,
       centre: {latitude: 23.1, longitude: 113.2, precision_km: 1}}
sources:
  s: {kind: press, title: {en: t}, publisher: {en: p}, date: 2025-11, language: en}
industries:
  - {id: ind, name: {en: ind}, source: s, as_of: 2025}
"""
PLATFORM = """\
  - id: platform-{i}
    name: {{en: Laboratory {i}, zh: 实验室{i}}}
    tier: national-key-laboratory
    site: {{latitude: 23.1, longitude: 113.2, precision_km: 1}}
    industries: [ind]
    source: s
    as_of: 2025-11
"""
FACILITY = """\
  - id: facility-{i}
    name: {{en: Facility {i}, zh: 装置{i}}}
    facility_class: research-infrastructure
    hosts: [platform-{i}]
    floor_area: {{value: 50000, unit: m2, comparator: ">"}}
    events:
      - {{stage: approved, date: 2020-01}}
      - {{stage: construction-started, date: 2021-03-25}}
    source: s
    as_of: 2025-11
"""
COMPANY = """\
  - id: company-{i}
    name: {{zh: 公司{i}}}
    industries: [ind]
    labels: [hidden-champion]
    source: s
    as_of: 2025-11
"""
CLAIM = """\
  - id: claim-{i}
    name: {{en: claim {i}}}
    counts: {{kind: platform, tags: [t{i}]}}
    value: 17
    source: s
    as_of: 2025-11
"""
SECTIONS = {
    "platforms": PLATFORM,
    "facilities": FACILITY,
    "companies": COMPANY,
    "claims": CLAIM,
}


def city_of(n_facts: int) -> str:
    """YAML of a city with that many facts."""
    each = range(n_facts // len(SECTIONS))
    return HEAD + "".join(
        f"{section}:\n" + "".join(entry.format(i=i) for i in each)
        for section, entry in SECTIONS.items()
    )


def best_of(times: int, job: Callable[[], object]) -> float:
    """Processor seconds of the fastest run."""
    seconds = []
    for _ in range(times):
        start = time.process_time()
        job()
        seconds.append(time.process_time() - start)
    return min(seconds)


def main() -> None:
    """Run and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--facts", type=int, default=10_000)
    n_facts = parser.parse_args().facts
    text = city_of(n_facts)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "city.yaml"
        path.write_text(text, encoding="utf-8")
        reading = read(path)
        assert problems_of(reading) == []
        rows = {
            "yaml.load, C parser": best_of(5, lambda: yaml.load(text, Loader=yaml.CSafeLoader)),
            "read": best_of(5, lambda: read(path)),
            "check": best_of(5, lambda: problems_of(reading)),
        }
    rows["read and check"] = rows["read"] + rows["check"]
    base = rows["yaml.load, C parser"]
    print(f"{len(reading.entries):,} facts, {len(text.encode()) / 1e6:.1f} MB")
    for name, seconds in rows.items():
        print(f"{name:<20} {seconds:6.2f} s  {seconds / base:5.2f}")


if __name__ == "__main__":
    main()
