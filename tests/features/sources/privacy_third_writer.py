"""The third writer of complaint texts: looked at only after the rules were done, and then generalised from once."""

import random

from tests.features.sources.privacy_texts import Writer, _of, bank_card, digits, id_card, mobile


def _third_phone(dice: random.Random) -> str:
    number = mobile(dice)
    local = dice.choice("35678") + digits(dice, 6)
    return dice.choice(
        (
            number,
            number,
            f"{number[:3]}_{number[3:7]}_{number[7:]}",
            f"{number[:4]} {number[4:8]} {number[8:]}",
            f"{number[:2]} {number[2:5]} {number[5:8]} {number[8:]}",
            f"+86({number[:3]}){number[3:]}",
            f"tel:{number}",
            f"0{dice.choice(('311', '429', '898'))}-{local}",
            f"(0{dice.choice(('311', '429', '898'))}) {local[:3]} {local[3:]}",
            f"+81-90-{digits(dice, 4)}-{digits(dice, 4)}",
            f"+7 (916) {digits(dice, 3)}-{digits(dice, 2)}-{digits(dice, 2)}",
            f"00 49 30 {digits(dice, 8)}",
            f"(03) 9{digits(dice, 3)} {digits(dice, 4)}",
            f"04{digits(dice, 2)} {digits(dice, 3)} {digits(dice, 3)}",
            "".join("零一二三四五六七八九"[int(one)] for one in number),
        )
    )


UNSEEN = Writer(
    sentences=(
        "麻烦联系{phone}，找{zh_name}",
        "{phone}是物业的电话",
        "昨天用{phone}打过来的",
        "my cell phone number is {phone}",
        "If needed ring {phone}",
        "投诉人姓名：{zh_name}",
        "申请人{zh_name}要求回复",
        "反映人：{zh_name}，{phone}",
        "业主{zh_name}来电",
        "五楼的{zh_name}女士家漏水",
        "身份证 {id}",
        "持证人号码{id}",
        "有一辆{plate}每晚停在消防通道",
        "车号{plate}",
        "请回复至{mail}",
        "my address is {mail}",
        "QQ号是{qq}",
        "WeChat ID: {account}",
        "I'm called {en_name}",
        "You may ask for {en_name} at the desk",
        "Signed, {en_name}",
        "Ms {en_surname} of flat 12",
        "contact person: {en_name}",
        "the owner, Mr. {en_surname}, laughs",
        "账号{card}",
        "passport {passport} was shown",
        "white pickup, license plate {western}",
    ),
    fillers=(
        "。",
        "; please act. ",
        "，请尽快处理！",
        "。3号门旁第2个垃圾箱已满5天。",
        " (since 12/11/2026, bus stop 45).",
    ),
    makers={
        "phone": ("[phone]", _third_phone),
        "id": ("[id]", lambda dice: id_card(dice, dice.choice(("13", "37", "45", "62")))),
        "plate": (
            "[plate]",
            lambda dice: (
                dice.choice("津晋皖赣桂")
                + dice.choice("ACDJ")
                + dice.choice(("", "·", " "))
                + digits(dice, 4)
                + dice.choice("0ABX")
            ),
        ),
        "mail": (
            "[e-mail]",
            _of("q.w.e@sub.example.org", "happy-cat_77@yeah.net", "Hans.Meier@t-online.de", "zhou (at) sohu (dot) com"),
        ),
        "zh_name": (
            "[name]",
            _of(
                "谢霆",
                "邓小莉",
                "宋江",
                "蔡文姬",
                "丁一",
                "余秋雨",
                "龙应台",
                "上官婉儿",
                "高晓松",
                "白居易",
                "方文山",
                "任正华",
            ),
        ),
        "en_name": (
            "[name]",
            _of("Olga Ivanova", "Mohammed bin Rashid", "Siobhan O'Connor", "Jürgen Groß", "Wang Fang", "K. Nguyen"),
        ),
        "en_surname": ("[name]", _of("Ivanova", "Nguyen", "Groß", "MacLeod", "al Rashid")),
        "account": ("[account]", lambda dice: dice.choice(("sunny_", "li.na.", "Abc")) + digits(dice, 4)),
        "qq": ("[account]", lambda dice: str(dice.randint(1_000_000, 3_000_000_000))),
        "card": ("[card]", lambda dice: bank_card(dice, "622848", 19)),
        "passport": ("[id]", lambda dice: "C" + digits(dice, 8)),
        "western": (
            "[plate]",
            lambda dice: dice.choice(
                (f"{digits(dice, 1)}XYZ{digits(dice, 3)}", f"ABC {digits(dice, 3)}", f"1{digits(dice, 2)}-DFG")
            ),
        ),
    },
)
