"""The second writer of complaint texts: other sentences, other shapes of numbers, other names."""

import random
from collections.abc import Callable

from tests.features.sources.privacy_texts import (
    Writer,
    _of,
    bank_card,
    digits,
    full_width,
    grouped,
    id_card,
    mobile,
)


def _phone(dice: random.Random) -> str:
    number = mobile(dice)
    area = dice.choice(("020", "027", "0512", "0731", "0592"))
    local = dice.choice("345678") + digits(dice, 7)
    return dice.choice(
        (
            number,
            number,
            number,
            grouped(number, (3, 3), " "),
            grouped(number, (3, 4), "."),
            grouped(number, (7,), " "),
            grouped(number, (3,), " "),
            grouped(number, (5,), "-"),
            f"(+86){number}",
            f"+86{grouped(number, (3, 4), ' ')}",
            f"＋８６ {full_width(number)}",
            full_width(grouped(number, (3, 4), "-")),
            "-".join(number),
            f"{number[:3]}　{number[3:7]}　{number[7:]}",
            f"（{area}）{local[:4]} {local[4:]}",
            f"{area} {local}",
            f"{area}{local}",
            f"{area}-{local}-{digits(dice, 2)}" if dice.random() < 0.3 else f"{area}-{local} 分机{digits(dice, 4)}",
            f"800{digits(dice, 7)}",
            f"400 {digits(dice, 4)} {digits(dice, 3)}",
            f"+852 {digits(dice, 4)} {digits(dice, 4)}",
            f"646.55{digits(dice, 1)}.{digits(dice, 4)}",
            f"1-917-55{digits(dice, 1)}-{digits(dice, 4)}",
            f"0{dice.choice(('151', '176'))} {digits(dice, 4)} {digits(dice, 4)}",
            f"+33 6 12 {digits(dice, 2)} {digits(dice, 2)} {digits(dice, 2)}",
            f"07700 900{digits(dice, 3)}",
        )
    )


def _id(dice: random.Random) -> str:
    number = id_card(dice, dice.choice(("32", "42", "61", "35", "21")))
    return dice.choice(
        (
            number,
            number,
            number.lower(),
            grouped(number, (3, 3, 4, 4), " "),
            grouped(number, (6, 4, 4), "-"),
            full_width(number),
        )
    )


def _plate(dice: random.Random) -> str:
    city = dice.choice("浙鄂川闽渝琼") + dice.choice("ABFGHK")
    return dice.choice(
        (
            f"{city}{digits(dice, 5)}",
            f"{city}-{digits(dice, 3)}{dice.choice('XYZ')}{dice.choice('PQ')}",
            f"{city} {dice.choice('UVW')}{digits(dice, 4)}",
            f"{city}•F{digits(dice, 5)}",
            f"{city}D{dice.choice('ABK')}{digits(dice, 4)}",
            f"{city}{digits(dice, 4)}警",
            full_width(f"{city}{digits(dice, 5)}")[0:]
            if dice.random() < 0.5
            else f"{city} {digits(dice, 2)} {digits(dice, 3)}",
            f"粤Z{dice.choice('ABC')}{digits(dice, 3)}港",
        )
    )


def _mail(dice: random.Random) -> str:
    user = dice.choice(("liming", "hq.zhao", "t_m-brown", "xu1987", "sabine.koch"))
    return dice.choice(
        (f"{user}@{dice.choice(('hotmail.com', 'tongji.edu.cn', 'web.de'))}", f"{user}＠qq.com", f"{user} @ gmail.com",
         f"{user}[at]outlook.com", f"{user}(at)gmx(dot)de", f"{user} at yahoo dot com")
    )  # fmt: skip


HELD_OUT = Writer(
    sentences=(
        "有问题打{phone}就行",
        "晚上别打{phone}，白天打",
        "诉求人留了号码{phone}",
        "拨打{phone}没人接",
        "老人家的手机号{phone}、请回电",
        "You can reach me on {phone} after six",
        "his number is {phone}",
        "Tel.: {phone}",
        "phone {phone} for details",
        "本人姓名{zh_name}，退休工人",
        "来电人{zh_name}表示已多次反映",
        "投诉人：{zh_name}（{phone}）",
        "我名叫{zh_name}，家住三楼",
        "当事人是{zh_name}。证件号码：{id}",
        "隔壁{zh_name}先生夜里施工",
        "保洁{surname}阿姨说没有车来",
        "免贵姓{surname}",
        "本人{zh_name}，对处理结果不满意",
        "居民身份证{id}复印件已交",
        "{id}是我的身份证",
        "渣土车{plate}遗撒",
        "司机开的是{plate}",
        "号牌为{plate}的面包车",
        "发到{mail}也可以",
        "reply by e-mail: {mail}",
        "加微信{account}发照片",
        "vx:{account}",
        "扣扣号{qq}",
        "This complaint is from me, my name's {en_name}.",
        "Hello, I'm {en_name}, a resident of the block",
        "Name: {en_name}",
        "Mrs. {en_surname} keeps leaving bags outside",
        "Dr {en_surname} complained as well",
        "our neighbour {en_name} saw it",
        "Kind regards, {en_name}",
        "The driver, {en_name}, refused to stop",
        "打款到银行卡{card}",
        "my card {card} was charged twice",
        "持护照{passport}办理",
        "Passport number is {passport}",
        "a van, plate {western}, dumped it",
        "Kennzeichen {western} steht im Halteverbot",
    ),
    fillers=(
        "！",
        "，谢谢！",
        "。路口红灯太长，约90秒。",
        ". Container 17 at Elm Street smells. ",
        "；K205路公交站旁，2026年3月5日18:30。",
        ", 2.5 t of rubble since 05/03/2026. ",
    ),
    makers={
        "phone": ("[phone]", _phone),
        "id": ("[id]", _id),
        "plate": ("[plate]", _plate),
        "mail": ("[e-mail]", _mail),
        "zh_name": (
            "[name]",
            _of(
                "周建国",
                "黄丽",
                "徐志摩",
                "孙悦",
                "胡歌",
                "郭德胜",
                "诸葛亮",
                "夏雨荷",
                "冯唐",
                "曾国强",
                "马晓东",
                "林志玲",
                "高圆",
                "何炅",
            ),
        ),
        "surname": ("[name]", _of("刘", "周", "徐", "马", "林", "何")),
        "en_name": (
            "[name]",
            _of(
                "Peter Brown",
                "Sabine Koch",
                "Zhao Lei",
                "Fatima al Sayed",
                "José García",
                "Tom McDonald",
                "Jean-Luc Picard",
                "J. R. Hartley",
            ),
        ),
        "en_surname": ("[name]", _of("Brown", "García", "de Vries", "McDonald", "Jones")),
        "account": ("[account]", lambda dice: dice.choice(("lmm_", "zhouzhou-", "fd2", "Q")) + digits(dice, 6)),
        "qq": ("[account]", lambda dice: str(dice.randint(10_000_000, 3_000_000_000))),
        "card": (
            "[card]",
            lambda dice: grouped(
                bank_card(dice, dice.choice(("621700", "436742", "518710")), dice.choice((16, 19))),
                (4, 4, 4, 4),
                dice.choice(("", " ", "-")),
            ),
        ),
        "passport": ("[id]", lambda dice: dice.choice(("E", "EH", "PE")) + digits(dice, 7)),
        "western": (
            "[plate]",
            lambda dice: dice.choice(
                (
                    f"K-AB {digits(dice, 3)}",
                    f"LD{digits(dice, 2)} XYZ",
                    f"M-X {digits(dice, 2)}E",
                    f"ABC-{digits(dice, 4)}",
                )
            ),
        ),
    },
)

INNOCENT = (
    "{street}与{street}交叉口红灯{n}秒，绿灯太短",
    "K{n}路公交车{hour}:{minute}没有来",
    "G{n}国道K{n}+{n}处有坑",
    "工单编号{long}还没有处理",
    "订单号{long}的垃圾桶未送到",
    "约{n}公斤厨余垃圾堆了{n}天",
    "2026年{month}月{day}日拨打12345无人接听",
    "2026-{month2}-{day2} {hour}:{minute}:{minute} 设备{long}离线",
    "高新区{n}号楼，周边居民意见很大",
    "我是小区居民，市民希望延长绿灯",
    "本人常年在此居住，今天又堵车",
    "业主高度关注，群众反映强烈",
    "紧急情况打110或120或119",
    "Bus {n} and {n} were late at {hour}:{minute}",
    "Ticket {long} is still open since 2026-{month2}-{day2}",
    "The bin weighs {n} kg and holds 1,100 l",
    "Junction A{n}/B{n}: red for {n} s",
    "Please contact City Council or the Water Department",
    "I am angry, I am Not happy, I'm sure the truck passed at {hour}.{minute}",
    "Detector 116.39{n}, 39.91{n} shows 0.{long}",
    "Lines 13, 14, 15 and 16 run every {n} minutes from 06.30-09.30",
    "Mr Müll and Mr Clean sacks are sold out; Dr Pepper cans everywhere",
    "Between 2024-2026 we reported it 12 times",
    "Sunset Dr North and Martin Luther King Blvd",
    "the neighbours on Monday left it; plate glass {n} mm",
    "关注微信公众号查看公交时刻，QQ空间有照片",
    "马路上黄色垃圾桶，江边石头很多，王府井",
    "金额{n}元，面积{n}平方米，{n}路车",
    "信号周期{n}s，相位差{n}s，流量{n}辆/小时",
    "coordinates 31.23{n}, 121.47{n}; order no. {long}",
)


def innocent(seed: int, number: int) -> list[str]:
    """Texts that name nobody, full of numbers, times, junctions and offices."""
    dice = random.Random(seed)
    made = []
    for _ in range(number):
        text = dice.choice(INNOCENT)
        values: dict[str, Callable[[], str]] = {
            "street": lambda: dice.choice(
                ("人民路", "黄河路", "张江路", "王府大街", "安定门", "高峰街", "周家嘴路", "方庄路")
            ),
            "n": lambda: str(dice.randint(1, 999)),
            "long": lambda: str(dice.randint(1, 9)) + digits(dice, dice.choice((7, 9, 11, 13, 17))),
            "hour": lambda: str(dice.randint(0, 23)),
            "minute": lambda: f"{dice.randint(0, 59):02d}",
            "month": lambda: str(dice.randint(1, 12)),
            "day": lambda: str(dice.randint(1, 28)),
            "month2": lambda: f"{dice.randint(1, 12):02d}",
            "day2": lambda: f"{dice.randint(1, 28):02d}",
        }
        for slot, value in values.items():
            while "{" + slot + "}" in text:
                text = text.replace("{" + slot + "}", value(), 1)
        made.append(text)
    return made
