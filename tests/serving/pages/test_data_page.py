"""What a data scientist and an administrator do on their page, in a real browser."""

import re
from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pytest
from playwright.sync_api import BrowserContext, Page, expect

from city.settings import Settings
from models.promotion import Verdict
from models.registry import Registry
from models.registry_reading import trained_models
from serving.desk import Desk
from tests.serving.pages.conftest import ServedCity, axe

HOSTILE = "<img src=x onerror=alert(document.domain)><script>alert(1)</script>"
VIEWS = (
    "Models", "Skill", "Warnings", "Outcomes", "Effects and reports", "Complaints", "Fairness",
    "Indicators", "Feeds and quarantine", "Imports", "Keys", "Audit",
)  # fmt: skip
PATIENCE_MS = 60_000
IMPORT_MS = 120_000  # a process of its own reads the files


def opened(city: ServedCity, page: Page, role: str, view: str) -> None:
    city.sign_in(page, role, "/data")
    page.get_by_role("navigation", name="Views").get_by_role("link", name=view, exact=True).click()
    expect(page.get_by_role("region", name=view, exact=True)).to_be_visible()


def desk_of(city: ServedCity) -> Desk:
    return Desk(Settings.from_environment({"CITY_HOME": str(city.home)}))


@pytest.fixture(scope="module")
def two_versions(city: ServedCity) -> None:
    """A second congestion model, which the gate refused; the first goes on serving."""
    settings = desk_of(city).settings
    first = next(one for one in trained_models(settings) if one.name == "congestion")
    refused = Verdict(promote=False, reason="no change: its loss is 0.4 % above the champion's")
    Registry(settings).register("congestion", first.run_id, first.model_hash, refused)


@pytest.fixture(scope="module")
def hostile_rows(city: ServedCity) -> None:
    """Two rows whose every text tries to run."""
    at = datetime(2026, 3, 29, tzinfo=UTC)
    rows = [
        {
            "contract": "ComplaintEvents", "source": f"{HOSTILE}.csv", "line": line, "reason": f"text is {HOSTILE}",
            "rule": "text|hostile", "feed": "hotline <b>bold</b>", "part": None,
            "row": f'{{"{HOSTILE.replace(chr(34), "")}": "=HYPERLINK({line})", "text": "{HOSTILE}"}}',
            "imported_at": at,
        }
        for line in (1, 2)
    ]  # fmt: skip
    schema: dict[str, pl.DataType] = {
        "line": pl.Int64(), "part": pl.String(), "imported_at": pl.Datetime("us", "UTC"),
    }  # fmt: skip
    desk_of(city).history.quarantine(pl.DataFrame(rows, schema_overrides=schema))


@pytest.mark.usefixtures("two_versions")
def test_a_model_is_promoted_against_the_gate_and_rolled_back(city: ServedCity, page: Page) -> None:
    opened(city, page, "scientist", "Models")
    versions = page.get_by_role("region", name="Versions of Congestion")
    log = page.get_by_role("region", name="Log of what served")

    versions.get_by_role("button", name="Promote 2").click()
    asked = page.get_by_role("dialog", name="Let version 2 of Congestion serve?")
    expect(asked).to_contain_text("The gate refused it.")
    asked.get_by_role("textbox", name="Reason").fill("the works are over")
    asked.get_by_role("button", name="Promote").click()

    expect(page.get_by_role("status").filter(has_text="Version 2 of Congestion serves now.")).to_be_visible()
    serves = versions.get_by_role("row").filter(has=page.get_by_role("cell", name="champion", exact=True))
    expect(serves.get_by_role("cell").first).to_have_text("2")
    expect(log.get_by_role("row").nth(1)).to_contain_text("the works are over")

    page.get_by_role("button", name="Roll back to version 1").click()
    asked = page.get_by_role("dialog", name="Roll Congestion back to version 1?")
    asked.get_by_role("textbox", name="Reason").fill("it missed the holiday")
    asked.get_by_role("button", name="Roll back").click()

    expect(log.get_by_role("row").nth(1)).to_contain_text("it missed the holiday")
    expect(log.get_by_role("row").nth(1)).to_contain_text("Sun Ying")
    assert Registry(desk_of(city).settings).serving("congestion") == "1"


def test_one_look_says_whether_the_champion_is_still_good(city: ServedCity, page: Page) -> None:
    opened(city, page, "scientist", "Skill")

    card = page.get_by_role("article", name="Congestion")
    expect(card).to_contain_text(re.compile("still good|needs a look|not judged yet"), timeout=PATIENCE_MS)
    expect(page.get_by_role("region", name="Drift of inputs")).to_contain_text("as usual")


def test_a_warning_is_acknowledged_with_a_note_that_stays(city: ServedCity, page: Page) -> None:
    opened(city, page, "scientist", "Warnings")
    first = page.get_by_role("article").first
    expect(first).to_be_visible(timeout=PATIENCE_MS)
    what = first.get_attribute("aria-label") or ""

    first.get_by_role("button", name=re.compile("^Acknowledge")).click()
    asked = page.get_by_role("dialog")
    asked.get_by_role("textbox").fill("the officers know <b>it</b>")
    asked.get_by_role("button", name="Acknowledge").click()

    told = page.get_by_role("article", name=what)
    expect(told).to_contain_text("the officers know <b>it</b>")
    expect(told.get_by_role("button", name=re.compile("^Acknowledge"))).to_have_count(0)


def test_a_key_is_shown_once_opens_its_doors_and_is_revoked(city: ServedCity, page: Page) -> None:
    opened(city, page, "administrator", "Keys")
    page.get_by_role("button", name="Make a key").click()
    making = page.get_by_role("dialog", name="Make a key")
    making.get_by_label("Who will hold it").fill("Qian Duo")
    making.get_by_label("viewer: reads everything planned").check()
    making.get_by_role("button", name="Make it").click()
    secret = making.get_by_label("The new key").input_value()

    assert page.request.get(f"{city.url}/v1/status", headers={"Authorization": f"Bearer {secret}"}).status == 200
    making.get_by_role("button", name="I have handed it over").click()
    page.reload()
    row = page.get_by_role("row").filter(has_text="Qian Duo")
    expect(row).to_contain_text("signals:read")
    assert secret not in page.content()
    assert secret.split("_")[-1] not in page.content()

    row.get_by_role("button", name=re.compile("^Revoke key")).click()
    page.get_by_role("dialog").get_by_role("button", name="Revoke").click()

    expect(page.get_by_role("row").filter(has_text="Qian Duo")).to_have_count(0)
    page.get_by_label("only valid ones").uncheck()
    expect(page.get_by_role("row").filter(has_text="Qian Duo")).to_contain_text("revoked")


@pytest.mark.usefixtures("hostile_rows")
def test_hostile_rows_are_text_and_are_dropped_with_a_reason(city: ServedCity, page: Page) -> None:
    opened(city, page, "scientist", "Feeds and quarantine")
    page.on("dialog", lambda dialog: pytest.fail(f"a row was run: {dialog.message}"))
    row = page.get_by_role("row").filter(has_text="text|hostile")
    row.get_by_role("button", name=re.compile("^Look")).click()

    rows = page.get_by_role("region", name="Rows as they came")
    expect(rows.get_by_role("article")).to_have_count(2)
    expect(rows).to_contain_text(HOSTILE)
    expect(page.locator("main img, main script, main b")).to_have_count(0)

    row.get_by_role("button", name=re.compile("^Drop")).click()
    asked = page.get_by_role("dialog", name="Drop 2 rows for good?")
    asked.get_by_role("textbox").fill("somebody tried us")
    asked.get_by_role("button", name="Drop them").click()

    expect(page.get_by_role("row").filter(has_text="text|hostile")).to_have_count(0)
    page.get_by_label("State").select_option("dropped")
    expect(page.get_by_role("row").filter(has_text="text|hostile")).to_contain_text("dropped")


def test_files_are_tried_out_before_they_can_be_imported(city: ServedCity, page: Page, tmp_path: Path) -> None:
    opened(city, page, "scientist", "Imports")
    name = desk_of(city).city().name
    zone = desk_of(city).zone().key
    mapping = tmp_path / "holidays.toml"
    mapping.write_text(
        f'[city]\nname = "{name}"\ntime_zone = "{zone}"\nnational_profile = "CN"\n'
        'districts = { D01 = "District 01" }\n'
        '[[feed]]\nname = "holidays"\ncontract = "CalendarDays"\npath = "holidays.csv"\ndistrict = "*"\n'
        'max_bad_share = 1.0\n[feed.columns]\nday = "day"\nday_type = "type"\nknown_at = "announced"\n',
        encoding="utf-8",
    )
    days = tmp_path / "holidays.csv"
    days.write_text("day,type,announced\n2031-10-01,holiday,2026-01-02\n2031-10-02,<b>,2026-01-02\n", encoding="utf-8")

    page.get_by_label("Drop departments' files here").set_input_files([mapping, days])
    expect(page.get_by_role("listitem").filter(has_text="holidays.csv")).to_be_visible()
    expect(page.get_by_role("button", name="Import", exact=True)).to_be_disabled()
    page.get_by_role("button", name="Try it out").click()
    would = page.get_by_role("region", name="What the import would do").get_by_role("row").nth(1)
    expect(would).to_contain_text("CalendarDays", timeout=IMPORT_MS)
    expect(would).to_contain_text("day_type")
    expect(page.get_by_role("button", name="Import", exact=True)).to_be_enabled()
    page.get_by_role("button", name="Remove the files").click()

    expect(page.get_by_role("listitem").filter(has_text="holidays.csv")).to_have_count(0)


def test_a_complaint_that_nothing_is_sure_of_comes_to_a_person_who_decides(city: ServedCity, page: Page) -> None:
    opened(city, page, "administrator", "Complaints")
    page.get_by_role("button", name="Read what came in").click()
    first = page.get_by_role("article").first
    expect(first).to_contain_text("not sure: a person has to read it", timeout=PATIENCE_MS)
    which = first.get_attribute("aria-label") or ""

    first.get_by_role("button", name="Read:").click()
    expect(first.get_by_role("blockquote")).to_be_visible()
    first.get_by_role("button", name="Refuse:").click()
    asked = page.get_by_role("dialog", name="Nothing is to be done?")
    asked.get_by_role("textbox").fill("said twice")
    asked.get_by_role("button", name="Refuse").click()

    expect(page.get_by_role("article", name=which)).to_have_count(0)
    page.get_by_label("State").select_option("refused")
    expect(page.get_by_role("article", name=which)).to_contain_text("said twice")


def test_the_audit_log_is_filtered_paged_and_verified(city: ServedCity, page: Page) -> None:
    opened(city, page, "administrator", "Audit")
    expect(page.get_by_text("verified", exact=True)).to_be_visible()

    page.get_by_label("What (such as key.made)").fill("key.made")
    page.get_by_role("button", name="Show").click()

    log = page.get_by_role("region", name="Audit log").get_by_role("row")
    expect(log.nth(1)).to_contain_text("key.made")
    expect(log.filter(has_text="session.opened")).to_have_count(0)


def test_whoever_may_not_sees_no_such_view(city: ServedCity, page: Page) -> None:
    city.sign_in(page, "scientist", "/data")
    views = page.get_by_role("navigation", name="Views")

    expect(views.get_by_role("link", name="Models")).to_be_visible()
    expect(views.get_by_role("link", name="Keys")).to_have_count(0)
    page.goto(f"{city.url}/data#keys")
    expect(page.get_by_role("region", name="Models", exact=True)).to_be_visible()
    expect(page.get_by_role("button", name="Make a key")).to_have_count(0)


def test_no_view_has_serious_faults_for_those_who_cannot_see_it(city: ServedCity, page: Page) -> None:
    city.sign_in(page, "administrator", "/data")
    faults = {}
    for view in VIEWS:
        page.get_by_role("navigation", name="Views").get_by_role("link", name=view, exact=True).click()
        expect(page.get_by_role("region", name=view, exact=True).get_by_role("heading").first).to_be_visible()
        expect(page.get_by_text("Loading…")).to_have_count(0, timeout=PATIENCE_MS)
        faults[view] = axe(page)

    assert faults == {view: [] for view in VIEWS}


@pytest.mark.parametrize("width", [390, 1440])
def test_in_chinese_on_phone_and_desk_nothing_is_cut_off(city: ServedCity, context: BrowserContext, width: int) -> None:
    page = context.new_page()
    page.set_viewport_size({"width": width, "height": 844})
    page.add_init_script("localStorage.setItem('city.language', 'zh')")
    city.sign_in(page, "administrator", "/data")

    expect(page.get_by_role("heading", level=1)).to_have_text("预测与管理")
    for view in ("模型", "告警", "密钥", "审计"):
        page.get_by_role("navigation", name="视图").get_by_role("link", name=view, exact=True).click()
        expect(page.get_by_role("region", name=view, exact=True).get_by_role("heading").first).to_be_visible()
        assert page.evaluate("document.documentElement.scrollWidth") <= width
