"""Nobody can be recognised in what is stored, and texts that name nobody stay as they came."""

import stat
import string
from multiprocessing import get_context
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from city.errors import InvalidValueError
from city.salt import salt_at, salt_of
from features.sources.privacy import hashed, masked
from tests.features.sources.privacy_held_out import HELD_OUT, innocent
from tests.features.sources.privacy_texts import TUNING, Writer
from tests.features.sources.privacy_third_writer import UNSEEN

SALT = b"0123456789abcdef0123456789abcdef"


def mask(text: str) -> str:
    return str(masked(pl.Series([text]))[0])


@pytest.mark.parametrize(
    ("text", "stored"),
    [
        ("请回电13812345678，谢谢", "请回电[phone]，谢谢"),
        ("１３８１２３４５６７８", "[phone]"),
        ("1 3 8 1 2 3 4 5 6 7 8", "[phone]"),
        ("138\u200b1234\u200b5678", "[phone]"),
        ("幺三八零零一二三四五六", "[phone]"),
        ("13812345678,13912345678", "[phone],[phone]"),
        ("座机（010）6234 5678转801", "座机[phone]"),
        ("服务电话400-820-8820", "服务电话[phone]"),
        ("call me at 555-0187", "call me at [phone]"),
        ("身份证号：11010119900307123x。", "身份证号：[id]。"),
        ("110101 1990 0307 1234", "[id]"),
        ("110101900307123", "[id]"),
        ("护照E12345678", "护照[id]"),
        ("SSN 078-05-1120", "SSN [id]"),
        ("6222 0212 3456 7890 128", "[card]"),
        ("IBAN DE89 3704 0044 0532 0130 00", "IBAN [card]"),
        ("京A·12345占道", "[plate]占道"),
        ("粤B D12345 占道", "[plate] 占道"),
        ("粤Z1234港占道", "[plate]占道"),
        ("licence plate AB12 CDE", "licence plate [plate]"),
        ("zhang.wei＠163.com", "[e-mail]"),
        ("name (at) host.com", "[e-mail]"),
        ("name [at] host [dot] com", "[e-mail]"),
        ("微信号：wxid_8k2j", "微信号：[account]"),
        ("加QQ 123456789", "加QQ [account]"),
        ("我叫张伟，住在人民路", "我叫[name]，住在人民路"),
        ("联系人：欧阳晓明（业主）", "联系人：[name]（业主）"),
        ("姓名：阿不都·热合曼", "姓名：[name]"),
        ("王晓明先生反映", "[name]先生反映"),
        ("免贵姓张", "免贵姓[name]"),
        ("my name is john smith and i live here", "my name is [name] and i live here"),
        ("Mr. van der Berg shouts", "Mr. [name] shouts"),
        ("I'm Mary O'Brien.", "I'm [name]."),
        ("Our neighbour John parks there", "Our neighbour [name] parks there"),
    ],
)
def test_each_kind_has_its_mask(text: str, stored: str) -> None:
    assert mask(text) == stored


@pytest.mark.parametrize(
    "text",
    [
        "人民路与G107交叉口，K12+300处",
        "拨打12345、110、119、120都没人接",
        "工单编号20261121003，订单号4006001234567",
        "公交13、14、15、16路，lines 13 15 20 116 21, buses 132 134 145 67",
        "2026-11-21 07:30:00 至 2026年3月5日 18:30，13:30-14:30 施工",
        "2026-11-21T07:30:00+08:00",
        "10,000,000 yuan, 2.5 t, 0.13812345678, 39.916527, 116.397128",
        "Mr Müll bags and Dr Pepper cans, 1,100 l",
        "我是高新区居民，本人常年在此居住，周边居民、业主高度关注",
        "市民来电：马路上黄色垃圾桶，金额300元",
        "I am German, I'm OK, please contact City Council about Sunset Dr North",
        "微信小程序和QQ空间，护照办理处，车牌识别系统，手机信号不好",
        "look at 5th Ave. and Main St; bin@5m",
        "",
    ],
)
def test_what_names_nobody_stays_byte_for_byte(text: str) -> None:
    assert mask(text) == text


def test_a_missing_text_stays_missing_and_the_column_keeps_its_name() -> None:
    column = masked(pl.Series("text", [None, "tel 13812345678", None]))
    assert (column.name, column.to_list()) == ("text", [None, "tel [phone]", None])


def leaks(writer: Writer, seed: int, number: int) -> tuple[int, int, int]:
    """Personal strings that are still there, personal strings, texts that differ from what was expected."""
    made = list(writer.write(seed, number))
    stored = masked(pl.Series([one.text for one in made])).to_list()
    parts = [(part, text) for one, text in zip(made, stored, strict=True) for part in one.personal]
    # One letter such as a surname is found in many words: there the whole text is compared.
    left = sum(part in text for part, text in parts if len(part) > 1)
    return left, len(parts), sum(one.expected != text for one, text in zip(made, stored, strict=True))


def test_nothing_personal_is_left_in_a_thousand_generated_texts() -> None:
    left, number, different = leaks(TUNING, 1, 1000)
    assert number > 1000
    assert (left, different) == (0, 0)


def test_another_writer_with_other_habits_is_recognised_too() -> None:
    left, number, different = leaks(HELD_OUT, 2026, 1000)
    assert left <= 0.005 * number
    assert different <= 20


def test_a_third_writer_whose_habits_nobody_looked_at_first_is_mostly_recognised() -> None:
    """Its odd groupings (15 421 975 667 could be bus lines) are the part that stays."""
    left, number, _ = leaks(UNSEEN, 32, 1000)
    assert left <= 0.03 * number


def test_innocent_texts_of_another_writer_are_left_alone() -> None:
    texts = pl.Series(innocent(7, 2000))
    assert (masked(texts) != texts).sum() <= 4


letters = st.text(
    string.ascii_letters + string.digits + " .,-+()@:/·京A粤王张先生我叫电话姓名转１８＠（）[]是", max_size=60
)


@given(letters)
def test_masking_again_changes_nothing(text: str) -> None:
    once = mask(text)
    assert mask(once) == once


@given(st.text("人民路口绿灯太短垃圾桶满了abcdefgh ,.。，!？\n", max_size=60))
def test_texts_without_numbers_and_markers_stay(text: str) -> None:
    assert mask(text) == text


@given(st.from_regex(r"1[3-9][0-9]{9}", fullmatch=True), st.sampled_from(["", " ", "，", "电话", "tel:", "(", "。"]))
def test_a_mobile_number_goes_wherever_it_stands(number: str, beside: str) -> None:
    assert number not in mask(f"{beside}{number}{beside}")


def test_a_reporter_is_the_same_person_without_saying_who() -> None:
    column = hashed(pl.Series("reporter", ["13812345678", " 13812345678 ", "other", "", None]), SALT)
    first, again, other, empty, missing = column.to_list()
    assert first == again != other
    assert (empty, missing) == (None, None)
    assert len(first) == 32
    assert set(first) <= set(string.hexdigits.lower())
    assert column.name == "reporter"


def test_another_salt_makes_another_token() -> None:
    person = pl.Series(["13812345678"])
    assert hashed(person, SALT)[0] != hashed(person, SALT[::-1])[0]


def test_a_token_of_ours_is_kept_and_one_that_only_looks_like_it_is_not() -> None:
    own = hashed(pl.Series(["13812345678"]), SALT)
    assert hashed(own, SALT).to_list() == own.to_list()
    foreign = pl.Series(["0123456789abcdef0123456789abcdef"])
    assert hashed(foreign, SALT)[0] != foreign[0]


def test_a_home_has_one_salt_that_only_its_owner_reads(tmp_path: Path) -> None:
    path = tmp_path / "home" / "salt"
    salt = salt_at(path)
    assert salt_at(path) == salt
    assert len(salt) >= 32
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert salt_at(tmp_path / "other" / "salt") != salt


def test_processes_that_start_together_agree_on_the_salt(tmp_path: Path) -> None:
    path = tmp_path / "salt"
    with get_context("spawn").Pool(4) as pool:
        assert len(set(pool.map(salt_at, [path] * 8))) == 1


def test_a_salt_that_could_be_guessed_is_refused() -> None:
    assert salt_of("0123456789abcdef\n") == b"0123456789abcdef"
    with pytest.raises(InvalidValueError, match="16 random bytes"):
        salt_of("secret")
