"""An answer is made once, and heard by whoever asks again under the same key."""

import threading
from datetime import UTC, datetime, timedelta

from city.ledger import Ledger
from city.replies import KEPT, Reply

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
MADE = Reply(status=201, headers={"Location": "/v1/routes/plans/P"}, body='{"plan_id": "P"}')


def test_the_second_to_ask_hears_what_the_first_was_answered(ledger: Ledger) -> None:
    assert ledger.replies.begin("Wei", "k", "body", open_for=MINUTE, now=NOON).state == "ours"
    assert ledger.replies.begin("Wei", "k", "body", open_for=MINUTE, now=NOON).state == "made"

    ledger.replies.answer("Wei", "k", "body", MADE)

    again = ledger.replies.begin("Wei", "k", "body", open_for=MINUTE, now=NOON + MINUTE)
    assert (again.state, again.reply) == ("answered", MADE)


def test_another_question_under_the_same_key_is_told_apart_and_keys_are_of_persons(ledger: Ledger) -> None:
    ledger.replies.begin("Wei", "k", "body", open_for=MINUTE, now=NOON)

    assert ledger.replies.begin("Wei", "k", "another body", open_for=MINUTE, now=NOON).state == "another"
    assert ledger.replies.begin("Li", "k", "body", open_for=MINUTE, now=NOON).state == "ours"


def test_an_answer_is_forgotten_after_a_day_and_a_key_that_nobody_answers_is_free_again(ledger: Ledger) -> None:
    ledger.replies.begin("Wei", "answered", "body", open_for=MINUTE, now=NOON)
    ledger.replies.answer("Wei", "answered", "body", MADE)
    ledger.replies.begin("Wei", "died", "body", open_for=MINUTE, now=NOON)
    ledger.replies.begin("Wei", "failed", "body", open_for=MINUTE, now=NOON)
    ledger.replies.give_up("Wei", "failed", "body")

    assert ledger.replies.begin("Wei", "died", "body", open_for=MINUTE, now=NOON + 2 * MINUTE).state == "ours"
    assert ledger.replies.begin("Wei", "failed", "body", open_for=MINUTE, now=NOON).state == "ours"
    assert ledger.replies.begin("Wei", "answered", "body", open_for=MINUTE, now=NOON + MINUTE).state == "answered"
    later = NOON + KEPT + MINUTE
    assert ledger.replies.begin("Wei", "answered", "body", open_for=MINUTE, now=later).state == "ours"


def test_of_many_who_ask_at_once_one_is_first(ledger: Ledger) -> None:
    states: list[str] = []

    def ask() -> None:
        states.append(ledger.replies.begin("Wei", "k", "body", open_for=MINUTE, now=NOON).state)

    threads = [threading.Thread(target=ask) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(states) == ["made"] * 4 + ["ours"]
