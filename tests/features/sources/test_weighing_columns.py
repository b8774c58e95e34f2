"""Weighbridge tickets as they are written: gross and tare, and the day on which a night shift began."""

from datetime import date

import pytest

from city.errors import CityError
from city.frames import Weighings
from tests.features.sources.conftest import NOW, Desk

TICKETS = """
[[feed]]
name = "tickets"
contract = "Weighings"
path = "tickets.csv"
delimiter = ";"
decimal = ","
delay = "1h"
[feed.columns]
ticket_id = "Nr"
truck_id = "Kfz"
site_id = { value = "plant" }
stream = { value = "residual" }
weighed_at = "Zeit"
service_date = { column = "Zeit", day_starts_at = "06:00" }
net_kg = { column = "Brutto", minus = "Tara", unit = "t" }
"""
HEADER = "Nr;Kfz;Zeit;Brutto;Tara\n"


def test_the_net_weight_is_gross_minus_tare(desk: Desk) -> None:
    desk.file("tickets.csv", HEADER + "1;A;2026-03-03 02:10;24,5;13,25\n2;A;2026-03-03 06:00;20;13\n")

    desk.run(TICKETS)

    rows = desk.history.read(Weighings, as_of=NOW).sort("ticket_id")
    assert rows["net_kg"].to_list() == [11250.0, 7000.0]
    assert rows["service_date"].to_list() == [date(2026, 3, 2), date(2026, 3, 3)]


def test_a_ticket_without_a_readable_tare_is_no_gross_weight(desk: Desk) -> None:
    good = "".join(f"{number};A;2026-03-03 07:{number}0;20;13\n" for number in range(4))
    desk.file("tickets.csv", HEADER + good + "7;A;2026-03-03 08:00;24;\n8;A;2026-03-03 09:00;24;x\n")

    (feed,) = desk.run(TICKETS).feeds

    assert (feed.new, feed.quarantined) == (4, 2)
    assert {reason for reason, *_ in feed.reasons} == {"net_kg is missing", "net_kg is 'x', expected a number"}


@pytest.mark.parametrize(
    ("right", "wrong", "said"),
    [
        ('minus = "Tara"', 'minus = "Tarra"', "'Tarra'"),
        ('truck_id = "Kfz"', 'truck_id = { column = "Kfz", minus = "Tara" }',
         "minus of truck_id is 'Tara', expected nothing"),
        ('"06:00"', '"6 Uhr"', "day_starts_at is '6 Uhr', expected a time of day such as \"06:00\""),
        ('weighed_at = "Zeit"', 'weighed_at = { column = "Zeit", day_starts_at = "06:00" }',
         "day_starts_at of weighed_at is '06:00', expected nothing"),
    ],
)  # fmt: skip
def test_what_cannot_be_meant_is_refused(desk: Desk, right: str, wrong: str, said: str) -> None:
    desk.file("tickets.csv", HEADER + "1;A;2026-03-03 02:10;24,5;13,25\n")
    assert right in TICKETS

    with pytest.raises(CityError) as refused:
        desk.run(TICKETS.replace(right, wrong))

    assert said in str(refused.value)


def test_rows_are_left_out_by_a_pattern(desk: Desk) -> None:
    lines = ["1;A;2026-03-03 02:10;24,5;13,25", "Zwischensumme A;;;24,5;", "Zwischensumme B;;;1;", "*;A;;;", "Sum;;;;"]
    desk.file("tickets.csv", HEADER + "\n".join(lines) + "\n")
    rules = '[[feed.leave_out]]\ncolumn = "Nr"\nequals = ["Zwischensumme*", "S?m", "*"]\nreason = "a sum"\n'

    (feed,) = desk.run(TICKETS + rules).feeds

    assert (feed.read, feed.new, feed.quarantined) == (5, 1, 0)
    assert feed.left_out == (("a sum", 4),)
