"""The resolver's index of a registry, from the user's cache where its file was indexed before."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import numpy as np

from sciencecities.locate import (
    cache,
    gaz_tables,
    name_words,
    org_index,
    org_table,
    text,
    word_likeness,
)
from sciencecities.locate.org_index import OrgIndex, OrgNames, build
from sciencecities.locate.registry import Registry

KIND = "resolver"
MAKERS = (cache, gaz_tables, name_words, org_index, org_table, text, word_likeness)
"""What the index depends on besides the registry: an index by other code is made anew."""


def index_for(registry: Registry) -> tuple[OrgIndex, OrgNames]:
    """The registry's index; built, and kept where the registry is that of a large file."""
    if registry.digest is None:
        return build(registry)
    key = _key(registry.digest)
    found = cache.read(KIND, key)
    if found is not None and found.keys() == {*OrgIndex._fields, *OrgNames._fields}:
        return _unpacked(found)
    index, names = build(registry)
    cache.write(KIND, key, {**index._asdict(), **_packed(names)})
    return index, names


def _key(digest: str) -> str:
    hashed = hashlib.sha256(digest.encode())
    for module in MAKERS:
        hashed.update(Path(str(module.__file__)).read_bytes())
    hashed.update(repr(sorted(org_index.word_shares().items())).encode())
    return hashed.hexdigest()


def _packed(names: OrgNames) -> dict[str, np.ndarray]:
    return {
        "words": cache.pack(names.words),
        "countries": cache.pack(names.countries),
        "rors": cache.pack(names.rors),
        "labels": cache.pack(names.labels),
        "domains": cache.pack([json.dumps(names.domains)]),
    }


def _unpacked(arrays: dict[str, np.ndarray]) -> tuple[OrgIndex, OrgNames]:
    index = OrgIndex(*(arrays[name] for name in OrgIndex._fields))
    words, countries, rors, labels, domains = (cache.unpack(arrays[n]) for n in OrgNames._fields)
    return index, OrgNames(words, countries, rors, labels, json.loads(domains[0]))
