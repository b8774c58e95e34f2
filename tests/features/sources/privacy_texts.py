"""Complaint texts whose personal parts are known: what the judge of privacy feeds in and then looks for.

Two writers who share nothing but the kinds of personal data. The rules may be tuned on the texts of `TUNING`; figures
are only reported for `HELD_OUT`.
"""

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass

Maker = Callable[[random.Random], str]
_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """`personal` as written in `text`; `expected` is the text with a mask in the place of each."""

    text: str
    personal: tuple[str, ...]
    expected: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Writer:
    sentences: tuple[str, ...]
    fillers: tuple[str, ...]
    makers: dict[str, tuple[str, Maker]]

    def write(self, seed: int, number: int) -> Iterator[Made]:
        """Each text holds one or two sentences with personal data among others."""
        dice = random.Random(seed)
        for _ in range(number):
            chosen = dice.sample(self.sentences, dice.choice((1, 1, 2)))
            text, expected, personal = "", "", []
            for sentence in chosen:
                one, other, parts = self._filled(sentence, dice)
                filler = dice.choice(self.fillers)
                text += one + filler
                expected += other + filler
                personal += parts
            yield Made(text=text, personal=tuple(personal), expected=expected)

    def _filled(self, sentence: str, dice: random.Random) -> tuple[str, str, list[str]]:
        personal: list[str] = []
        text = expected = sentence
        for slot, (mask, make) in self.makers.items():
            while "{" + slot + "}" in text:
                value = make(dice)
                text = text.replace("{" + slot + "}", value, 1)
                expected = expected.replace("{" + slot + "}", mask, 1)
                personal.append(value)
        return text, expected, personal


def digits(dice: random.Random, count: int) -> str:
    return "".join(dice.choice("0123456789") for _ in range(count))


def full_width(text: str) -> str:
    return "".join(chr(ord(letter) + 0xFEE0) if "!" <= letter <= "~" else letter for letter in text)


def id_card(dice: random.Random, province: str) -> str:
    born = f"{dice.randint(1940, 2010)}{dice.randint(1, 12):02d}{dice.randint(1, 28):02d}"
    body = province + digits(dice, 4) + born + digits(dice, 3)
    rest = sum(int(digit) * weight for digit, weight in zip(body, _WEIGHTS, strict=True)) % 11
    return body + "10X98765432"[rest]


def bank_card(dice: random.Random, start: str, length: int) -> str:
    body = start + digits(dice, length - len(start) - 1)
    total = 0
    for place, digit in enumerate(reversed(body)):
        doubled = int(digit) * (2 - place % 2)
        total += doubled - 9 if doubled > 9 else doubled
    return body + str(-total % 10)


def mobile(dice: random.Random) -> str:
    return "1" + dice.choice("3456789") + digits(dice, 9)


def grouped(number: str, lengths: tuple[int, ...], sign: str) -> str:
    parts, start = [], 0
    for length in lengths:
        parts.append(number[start : start + length])
        start += length
    return sign.join(part for part in (*parts, number[start:]) if part)


def _tuning_phone(dice: random.Random) -> str:
    number = mobile(dice)
    area = dice.choice(("010", "021", "0755", "0571"))
    local = dice.choice("2345678") + digits(dice, 7)
    return dice.choice(
        (
            number,
            number,
            grouped(number, (3, 4), " "),
            grouped(number, (3, 4), "-"),
            f"+86 {number}",
            f"+86-{grouped(number, (3, 4), '-')}",
            f"0086{number}",
            f"86{number}",
            full_width(number),
            " ".join(number),
            f"{area}-{local}",
            f"({area}){local}",
            f"{area}-{local}转{digits(dice, 3)}",
            f"400-{digits(dice, 3)}-{digits(dice, 4)}",
            f"(212) 55{digits(dice, 1)}-{digits(dice, 4)}",
            f"+49 171 {digits(dice, 7)}",
            f"+1 415-55{digits(dice, 1)}-{digits(dice, 4)}",
            f"+44 20 79{digits(dice, 2)} {digits(dice, 4)}",
        )
    )


def _tuning_id(dice: random.Random) -> str:
    number = id_card(dice, dice.choice(("11", "31", "44", "51")))
    old = (
        dice.choice(("1101", "4403"))
        + digits(dice, 2)
        + f"{dice.randint(40, 85)}0{dice.randint(1, 9)}1{dice.randint(0, 9)}"
    )
    return dice.choice((number, number, grouped(number, (6, 8), " "), full_width(number), old + digits(dice, 3)))


def _tuning_plate(dice: random.Random) -> str:
    city = dice.choice("京沪粤苏") + dice.choice("ABCE")
    return dice.choice(
        (
            f"{city}{digits(dice, 5)}",
            f"{city}·{dice.choice('HKLM')}{digits(dice, 4)}",
            f"{city} D{digits(dice, 5)}",
            f"{city}{digits(dice, 5)}F",
            f"{city}{digits(dice, 4)}学",
            f"{city.lower()}{digits(dice, 5)}",
        )
    )


def _of(*choices: str) -> Maker:
    return lambda dice: dice.choice(choices)


TUNING = Writer(
    sentences=(
        "请打我电话{phone}回复",
        "我的手机是{phone}，随时可以联系",
        "联系方式：{phone}",
        "Please call me at {phone} any time",
        "my mobile is {phone}",
        "我叫{zh_name}，住在人民路",
        "联系人：{zh_name}，电话{phone}",
        "姓名:{zh_name} 身份证:{id}",
        "我是{zh_name}，想反映一个问题",
        "楼上{surname}女士每天晚上扔垃圾",
        "物业的{surname}先生不处理",
        "身份证号{id}",
        "车牌{plate}长期占道",
        "一辆白色轿车{plate}停在人行道上",
        "邮箱{mail}",
        "write to {mail} please",
        "微信号：{account}",
        "QQ：{qq}",
        "My name is {en_name}",
        "I am {en_name} and live nearby",
        "Mr {en_surname} from next door dumps his rubbish",
        "contact {en_name}",
        "卡号{card}，请退款",
        "护照号{passport}",
        "passport no. {passport}",
        "the car with licence plate {western} blocks the ramp",
    ),
    fillers=(
        "。",
        "，已经三天了。",
        ". The bin is full since Monday. ",
        "；12345工单编号20261121003。",
        "，位于中山路与解放路交叉口。",
    ),
    makers={
        "phone": ("[phone]", _tuning_phone),
        "id": ("[id]", _tuning_id),
        "plate": ("[plate]", _tuning_plate),
        "mail": (
            "[e-mail]",
            _of(
                "wang.wei88@163.com",
                "zhangsan@qq.com",
                "j.smith@example.co.uk",
                "li_na (at) sina.com",
                "ｃｈｅｎ＠126.com",
            ),
        ),
        "zh_name": ("[name]", _of("张伟", "王晓明", "李娜", "欧阳娜娜", "陈思远", "刘洋", "赵一鸣", "司马光明")),
        "surname": ("[name]", _of("王", "李", "张", "欧阳", "陈")),
        "en_name": ("[name]", _of("John Smith", "Mary O'Brien", "Hans Müller", "Anna-Lena Vogt", "Li Wei")),
        "en_surname": ("[name]", _of("Smith", "Miller", "van der Berg", "O'Neill")),
        "account": ("[account]", _of("abc_12345", "wxid_8k2j3h", "xiaoming-1990")),
        "qq": ("[account]", lambda dice: str(dice.randint(100_000, 3_000_000_000))),
        "card": ("[card]", lambda dice: grouped(bank_card(dice, "622202", 19), (4, 4, 4, 4), dice.choice(("", " ")))),
        "passport": ("[id]", lambda dice: dice.choice("EG") + digits(dice, 8)),
        "western": (
            "[plate]",
            lambda dice: dice.choice((f"B-MW {digits(dice, 4)}", f"AB{digits(dice, 2)} CDE", f"7ABC{digits(dice, 3)}")),
        ),
    },
)
