"""From the SQL of the rules to what Spark reads: two substitutions, outside of quoted text."""

from __future__ import annotations

import re

_QUOTED_OR_OTHER = re.compile(r"('(?:[^']|'')*')|(//)|\bANTI\s+JOIN\b")


def spark_sql(sql: str) -> str:
    """The same query in Spark's words.

    >>> spark_sql("SELECT a // 2, 'http://x' FROM t ANTI JOIN u ON u.a = t.a")
    "SELECT a div 2, 'http://x' FROM t LEFT ANTI JOIN u ON u.a = t.a"
    """

    def replace(match: re.Match[str]) -> str:
        if match[1]:
            return match[1]
        return "div" if match[2] else "LEFT ANTI JOIN"

    return _QUOTED_OR_OTHER.sub(replace, sql)
