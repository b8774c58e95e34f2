"""What is read of a complaint: its text in two languages, when and where, and what became of it."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from city.frames import ComplaintEvents
from city.ids import PointId
from city.waste import Stream
from features.complaint_labels import labelled, misrouted
from features.complaint_places import NearbyPoints, spoken_streams
from features.complaint_text import Told, pieces, surroundings
from tests.optimization.collection.towns import A_POINT

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


def test_chinese_is_read_in_pieces_of_one_to_three_letters() -> None:
    assert dict(pieces("垃圾满")) == {"垃": 1, "圾": 1, "满": 1, "垃圾": 1, "圾满": 1, "垃圾满": 1}


def test_latin_words_are_read_in_pieces_that_know_where_a_word_begins() -> None:
    assert set(pieces("Bin")) == {" bi", "bin", "in ", " bin", "bin ", " bin "}


@pytest.mark.parametrize("nothing", ["", "   ", "13812345678", "[phone] [name]", "!!! 。, -"])
def test_numbers_masks_and_signs_say_nothing(nothing: str) -> None:
    assert not pieces(nothing)


@given(st.text(max_size=60))
def test_any_text_is_read_without_complaint_and_case_and_width_make_no_difference(text: str) -> None:
    found = pieces(text)
    assert all(count > 0 for count in found.values())
    assert not any(character.isdigit() for token in found for character in token)


@pytest.mark.parametrize(
    ("hour", "part"), [(0, "night"), (6, "morning"), (12, "midday"), (19, "evening"), (23, "late")]
)
def test_place_and_hours_are_tokens_of_their_own(hour: int, part: str) -> None:
    told = Told(complaint_id="C", text="", district_id="D1", at=NOON.replace(hour=hour), near="point")
    assert surroundings(told) == ("@district:D1", f"@hours:{part}", "@near:point")


def test_the_nearest_point_is_meant_unless_the_text_speaks_of_another_stream_close_by() -> None:
    metre = 1 / 111_320
    residual = replace(A_POINT, lon=0.0, lat=0.0)
    kitchen = replace(residual, point_id=PointId("K"), stream=Stream.KITCHEN, lat=60 * metre)
    near = NearbyPoints([residual, kitchen])

    for text, expected in (("桶满了", "P"), ("厨余桶满了", "K"), ("the food waste bin is full", "K")):
        found = near.meant(0.0, 10 * metre, text)
        assert found is not None
        assert found[0].point_id == expected
    assert near.meant(0.0, 400 * metre, "桶满了") is None
    assert near.meant(None, None, "桶满了") is None
    assert NearbyPoints([]).meant(0.0, 0.0, "桶满了") is None
    assert spoken_streams("旧沙发") == (Stream.BULKY,)


def events(*rows: tuple[str, str, int, str, str | None]) -> pl.DataFrame:
    """(complaint, event, hour, category, department)."""
    full = [
        {
            "district_id": "north", "known_at": NOON + timedelta(hours=hour + 1), "imported_at": NOON,
            "source": "c.csv", "complaint_id": name, "event": event, "at": NOON + timedelta(hours=hour),
            "category": category, "department": department, "priority": "normal",
        }
        for name, event, hour, category, department in rows
    ]  # fmt: skip
    schema = {name: spec.dtype for name, spec in ComplaintEvents.columns().items()}
    return pl.DataFrame(full, schema=schema)


def test_a_record_has_what_was_said_first_and_what_it_was_in_the_end() -> None:
    found = labelled(
        events(
            ("C1", "opened", 0, "noise", "police"),
            ("C1", "changed", 1, "noise", "greening"),
            ("C1", "closed", 2, "waste", "sanitation"),
            ("C2", "opened", 1, "waste", "sanitation"),
        )
    )
    assert found.select("complaint_id", "opened_department", "closed_department", "closed_category").rows() == [
        ("C1", "police", "sanitation", "waste")
    ]
    assert found["known_at"][0] == NOON + timedelta(hours=3)


def test_misrouted_complaints_are_counted_where_both_departments_are_known() -> None:
    found = misrouted(
        labelled(
            events(
                *(("C1", event, 0, "waste", who) for event, who in (("opened", "police"), ("closed", "sanitation"))),
                *(("C2", event, 0, "waste", "sanitation") for event in ("opened", "closed")),
                *(("C3", event, 0, "waste", who) for event, who in (("opened", None), ("closed", "sanitation"))),
            )
        )
    )
    assert found.rows() == [("2026-03", 2, 1)]
