"""What every row of history carries."""

import dataframely as dy

from city.frame_columns import name, utc, words


class HistoryRow(dy.Schema):
    """What every row of history carries. The key of a contract never includes these."""

    district_id = name("district that may see this row")
    known_at = utc("when the city could know this row")
    imported_at = utc("when this product stored it")
    source = words("id", "file, sheet or table it came from", least=1, most=1_000)
