"""What is kept for a while only: the weeks of a table that are over are taken out of it, and their files deleted.

Whoever reads a version of that time afterwards is told that it is not there any more; no plan is made from such tables.
"""

from collections.abc import Callable, Mapping
from datetime import datetime

import polars as pl

from city.commits import Commits, OpenCommit
from city.data_files import part_of, remove_files
from city.tables import Table


def forget_before(
    table: Table, head: Mapping[str, int], before: datetime, commits: Commits, is_alone: Callable[[], bool]
) -> int:
    """Take out the whole partitions that ended before a moment; how many rows they held. The caller holds the lock."""
    version, part_column = head.get(table.name), table.part_column()
    if version is None or part_column is None:
        return 0
    kept_from = part_of(before, part_column)
    old = table.files(version).filter(pl.col("part") < kept_from)
    if old.is_empty():
        return 0
    opened = OpenCommit(commits, commits.open(head, None), is_alone)
    after = table.drop_before(part_column, kept_from)
    opened.close({**head, table.name: after})
    # Only now: a writing that is given up finds everything that it may have to bring back.
    remove_files(table.url, old["path"])
    return int(old["rows"].sum())
