"""What is masked in one sweep over a whole column: e-mail addresses, numbers in their usual shapes, plates, accounts.

Each rule is a trigger that says cheaply whether a text may hold such a thing, a pattern, and what stands there
afterwards. The regular expressions are those of polars (Rust): there is no look-around, so the letters beside a
number are captured and put back.
"""

from dataclasses import dataclass
from itertools import combinations

PHONE, ID, CARD, PLATE, E_MAIL, NAME, ACCOUNT = (
    "[phone]",
    "[id]",
    "[card]",
    "[plate]",
    "[e-mail]",
    "[name]",
    "[account]",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    trigger: str
    pattern: str
    replacement: str


_BEFORE = r"(^|[^0-9.]|(?:^|[^0-9])\.)"  # a dot may end a sentence or a marker, but 0.13812345678 is a figure
_AFTER = r"($|[^0-9])"
_IS = (
    r"(?:[\s:：#=,，.]|号码|号|是|为|码|(?i:(?-u:\b)is(?-u:\b)|(?-u:\b)was(?-u:\b)|(?-u:\b)number(?-u:\b)"
    r"|(?-u:\b)no(?-u:\b)|(?-u:\b)nr(?-u:\b)|(?-u:\b)id(?-u:\b)))*"
)

_LOCAL = r"[A-Za-z0-9À-ÿ][A-Za-z0-9À-ÿ._%+\-]*"
_HOST = r"[A-Za-z0-9À-ÿ\-]+(?:\.[A-Za-z0-9À-ÿ\-]+)*\.[A-Za-z]{2,}"
_AT = r"\s*[(（\[{【<]\s*(?i:at|@|艾特)\s*[)）\]}】>]\s*"
_DOT = r"(?:\s*[(（\[{【]\s*(?i:dot|点|\.)\s*[)）\]}】]\s*|\s+(?i:dot)\s+|\s*点\s*|\.)"
_MAIL_HOSTS = (
    r"(?i:gmail|googlemail|hotmail|outlook|yahoo|qq|163|126|139|189|sina|foxmail|icloud|gmx|web|aol|live|"
    r"proton(?:mail)?)"
)
_E_MAILS = (
    Rule(trigger="@", pattern=f"{_LOCAL} ?@ ?{_HOST}", replacement=E_MAIL),
    Rule(
        trigger="@",
        pattern=f"{_LOCAL} ?@ ?[A-Za-z0-9-]+(?:{_DOT}[A-Za-z0-9-]+)*{_DOT}[A-Za-z]{{2,}}",
        replacement=E_MAIL,
    ),
    Rule(
        trigger=_AT,
        pattern=f"{_LOCAL}{_AT}[A-Za-z0-9-]+(?:{_DOT}[A-Za-z0-9-]+)*{_DOT}[A-Za-z]{{2,}}",
        replacement=E_MAIL,
    ),
    Rule(
        trigger=r"(?-u:\b)(?i:at)(?-u:\b).*(?:(?i:dot)|\.)",
        pattern=(
            rf"{_LOCAL}\s+(?i:at)\s+(?:[A-Za-z0-9-]+\s+(?i:dot)\s+[A-Za-z]{{2,}}|{_MAIL_HOSTS}\s*(?:\.|\s(?i:dot)"
            rf"\s)\s*[a-z]{{2,}})"
        ),
        replacement=E_MAIL,
    ),
    Rule(
        trigger="艾特|圈a",
        pattern=rf"{_LOCAL}\s*(?:艾特|圈a)\s*[A-Za-z0-9-]+(?:{_DOT}[A-Za-z]{{2,}})+",
        replacement=E_MAIL,
    ),
)

_PROVINCE = "(?:1[1-5]|2[1-3]|3[1-7]|4[1-6]|5[0-4]|6[1-5]|71|8[1-3])"
_BIRTH_DAY = r"(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])"
_ID_MARKER = (
    r"(?i:身份证|证件|居民证|社保卡?|(?-u:\b)id[ -]?card|(?-u:\b)identity card|(?-u:\b)id (?:number|no(?-u:\b)"
    r")|(?-u:\b)ssn(?-u:\b)|(?-u:\b)social security"
    r"|(?-u:\b)personalausweis|(?-u:\b)national id)"
)
_PASSPORT = r"(?i:护照|通行证|回乡证|台胞证|(?-u:\b)passport|(?-u:\b)reisepass)"
_IDS = (
    Rule(
        trigger="[0-9]{15}",
        pattern=rf"{_BEFORE}{_PROVINCE}[0-9]{{4}}(?:19|20)[0-9]{{2}}{_BIRTH_DAY}[0-9]{{3}}[0-9Xx]{_AFTER}",
        replacement=f"${{1}}{ID}${{2}}",
    ),
    Rule(
        trigger="[0-9]{15}",
        pattern=rf"{_BEFORE}{_PROVINCE}[0-9]{{4}}[0-9]{{2}}{_BIRTH_DAY}[0-9]{{3}}{_AFTER}",
        replacement=f"${{1}}{ID}${{2}}",
    ),
    Rule(
        trigger=_PASSPORT,
        pattern=(
            rf"({_PASSPORT}{_IS})(?:[A-Za-z]{{0,3}} ?[0-9](?:[ -]?[0-9]){{5,8}}[A-Za-z]?|[A-Z][A-Z0-9]{{0,3}}[0-9][A-Z0"
            rf"-9]{{3,8}})(?-u:\b)"
        ),
        replacement=f"${{1}}{ID}",
    ),
    Rule(
        trigger=_ID_MARKER,
        pattern=(
            rf"({_ID_MARKER}{_IS})(?:[A-Za-z]{{0,2}} ?[0-9](?:[ -]?[0-9]){{5,17}}[ -]?[Xx]?(?:[(（][0-9Aa][)）])"
            rf"?|[A-Z][A-Z0-9]{{0,3}}[0-9][A-Z0-9]{{3,8}})"
        ),
        replacement=f"${{1}}{ID}",
    ),
    # an identity card of Hong Kong or Macau shows its check digit in brackets
    Rule(
        trigger=r"[0-9]{6,7}[(（]",
        pattern=r"(^|[^A-Za-z0-9])[A-Z0-9]{1,2}[0-9]{6}[(（][0-9A][)）]",
        replacement=f"${{1}}{ID}",
    ),
)


def _plate_signs(length: int, most_letters: int) -> str:
    """Every order of at most so many letters among the signs, which may stand apart."""
    letter, digit = "[A-HJ-NP-Za-hj-np-z]", "[0-9]"
    orders = [chosen for number in range(most_letters + 1) for chosen in combinations(range(length), number)]
    shapes = [r"[ ]?".join(letter if place in chosen else digit for place in range(length)) for chosen in orders]
    return f"(?:{'|'.join(shapes)})"


_PLATE_PROVINCES = "[京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼]"
_PLATE_MARKER = (
    r"(?i:车牌|牌照|号牌|车号|尾牌|(?-u:\b)(?:number|licen[cs]e|registration) plates?|(?-u:\b)plates?|"
    r"(?-u:\b)licen[cs]e (?:no|number)|(?-u:\b)registration"
    r"|(?-u:\b)rego?(?-u:\b)|(?-u:\b)kennzeichen|(?-u:\b)tags?(?-u:\b)|(?-u:\b)vrn(?-u:\b))"
)
_WESTERN = (
    r"(?:[A-Z]{2}[0-9]{2}[ -]?[A-Z]{3}|[A-ZÄÖÜ]{1,3}[ -]?[A-Z]{1,2}[ -]?[0-9]{1,4}[EH]?|[0-9]?[A-Z]{2,3}[ "
    r"-]?[0-9]{2,4}[A-Z]{0,3}"
    r"|[0-9]{1,4}[ -]?[A-Z]{2,3}[ -]?[0-9]{0,4}|[A-Z][0-9]{1,4}[ -]?[A-Z]{3}|[A-Z][ ]?[A-HJ-NP-Z0-9]{3}[0-9]{2}"
    r"|[a-z]{1,3}-?[a-z]{0,2}-?[0-9]{2,4}[a-z]{0,3}|[0-9]{1,4}-?[a-z]{2,3}[0-9]{0,4})"
)
_PLATES = (
    Rule(
        trigger=_PLATE_PROVINCES,
        pattern=(
            rf"{_PLATE_PROVINCES} ?[A-Za-z] ?[·•.\- ]? ?"
            rf"(?:{_plate_signs(6, 2)}|{_plate_signs(5, 2)}|{_plate_signs(4, 1)}"
            r"[ ]?[挂学警港澳试超领使])($|[^0-9A-Za-z])"
        ),
        replacement=f"{PLATE}${{1}}",
    ),
    Rule(
        trigger=r"WJ|军[A-Z]|使[0-9]|领[0-9]|[0-9][使领]",
        pattern=(
            rf"(?:(?-u:\b)WJ ?{_PLATE_PROVINCES}?[·•. ]?[0-9]{{4,5}}[A-Z]?|军[A-Z][· ]?[0-9]{{5}}|(?-u:\b)[0-9]{{6}}[使"
            rf"领]|使[0-9]{{6}})($|[^0-9A-Za-z])"
        ),
        replacement=f"{PLATE}${{1}}",
    ),
    Rule(
        trigger=_PLATE_MARKER,
        pattern=rf"({_PLATE_MARKER}{_IS}[\"'“(（\[]?){_WESTERN}($|[^0-9A-Za-z])",
        replacement=f"${{1}}{PLATE}${{2}}",
    ),
)

_CHINA = r"(?:(?:[(（](?:\+|00)? ?86[)）]|(?:(?:\+|00) ?)?86)[ \-]?)?"
_NUMERAL = "[零〇○一二三四五六七八九幺]"
_AREA = "0(?:10|2[0-9]|[3-9][0-9]{2})"
_EXTENSION = r"(?:[ ]?(?:转|分机|(?i:ext(?:ension)?\.?|x))[ :：]?[0-9]{1,6})?"
_PHONES = (
    Rule(
        trigger="1[3-9][0-9]",
        pattern=rf"{_BEFORE}{_CHINA}1[3-9][0-9][ \-.]?[0-9]{{4}}[ \-.]?[0-9]{{4}}{_AFTER}",
        replacement=f"${{1}}{PHONE}${{2}}",
    ),
    Rule(
        trigger="0[0-9]{2,3}",
        pattern=(
            rf"{_BEFORE}(?:[(（]{_AREA}[)）]|{_AREA})[ \-—–]{{0,3}}"
            rf"[2-9][0-9]{{2,3}}[ \-]?[0-9]{{4}}{_EXTENSION}{_AFTER}"
        ),
        replacement=f"${{1}}{PHONE}${{2}}",
    ),
    Rule(
        trigger="[48]00",
        pattern=(
            rf"{_BEFORE}[48]00(?:[ \-][0-9]{{3}}[ \-]?[0-9]{{4}}|[ \-][0-9]{{4}}[ \-][0-9]{{3}}){_EXTENSION}{_AFTER}"
        ),
        replacement=f"${{1}}{PHONE}${{2}}",
    ),
    Rule(
        trigger=r"\([2-9][0-9]{2}\)|[2-9][0-9]{2}[-.]",
        pattern=(
            rf"{_BEFORE}(?:\+?1[ \-.]?)?(?:\([2-9][0-9]{{2}}\) ?|[2-9][0-9]{{2}}[\-.])"
            rf"[2-9][0-9]{{2}}[ \-.][0-9]{{4}}{_EXTENSION}{_AFTER}"
        ),
        replacement=f"${{1}}{PHONE}${{2}}",
    ),
    Rule(
        trigger=r"\+ ?[0-9]",
        pattern=(
            rf"(^|[^0-9A-Za-z])\+ ?[1-9](?:[ \-./]?[0-9]){{0,2}}[ \-./]?(?:[(（][0-9]{{1,4}}[)）][ \-./]?)?(?:[0-9][ "
            rf"\-./]?){{7,12}}[0-9]{_EXTENSION}{_AFTER}"
        ),
        replacement=f"${{1}}{PHONE}${{2}}",
    ),
    Rule(
        trigger=f"{_NUMERAL}{{7}}",
        pattern=rf"(?:[一幺][三四五六七八九]{_NUMERAL}{{9}}|〇{_NUMERAL}{{9,11}}|零{_NUMERAL}{{9,11}})",
        replacement=PHONE,
    ),
)

_CHAT = (
    r"(?i:微信号?|薇信|威信|卫星号|v信|加v|扣扣|企鹅号|抖音号?|支付宝|飞书|(?-u:\b)(?:vx|wx|wechat|weixin|"
    r"qq群?|alipay|telegram|"
    r"whatsapp|instagram|line id|skype|tiktok|twitter))"
)
_SAYS = (
    r"(?:\s*(?:[:：=]|是|为|号|(?i:(?-u:\b)id(?-u:\b)|(?-u:\b)is(?-u:\b)|(?-u:\b)account(?-u:\b)|(?-u:\b)"
    r"handle(?-u:\b)|群))\s*)+"
)
_ACCOUNTS = (
    Rule(
        trigger=_CHAT,
        pattern=rf"({_CHAT}{_SAYS}@?)[A-Za-z0-9_][A-Za-z0-9_\-.]{{4,24}}[A-Za-z0-9_]",
        replacement=f"${{1}}{ACCOUNT}",
    ),
    Rule(
        trigger=_CHAT,
        pattern=(
            rf"({_CHAT}(?:群|号)? ?)(?:[1-9][0-9]{{5,11}}|[A-Za-z_][A-Za-z_\-]*[0-9_][A-Za-z0-9_\-]{{3,20}}){_AFTER}"
        ),
        replacement=f"${{1}}{ACCOUNT}${{2}}",
    ),
)

_CARD_MARKER = r"(?i:银行卡|卡号|账号|账户|帐号|(?-u:\b)(?:card|account|acct|iban|konto(?:nummer)?))"
_CARDS = (
    Rule(
        trigger=_CARD_MARKER,
        pattern=(
            rf"({_CARD_MARKER}{_IS})(?:[A-Z]{{2}}[0-9]{{2}}(?:[ ]?[A-Z0-9]{{4}}){{3,7}}(?:[ ]?[A-Z0-9]{{1,3}})?|"
            rf"[0-9](?:[ \-]?[0-9]){{11,18}}){_AFTER}"
        ),
        replacement=f"${{1}}{CARD}${{2}}",
    ),
    Rule(
        trigger="[A-Z]{2}[0-9]{2}[ 0-9]",
        pattern=(
            r"(?-u:\b)(?:DE|AT|CH|NL|FR|ES|IT|GB|PL|TR)[0-9]{2}(?:[ ]?[A-Z0-9]{4}){3,7}(?:[ ]?[A-Z0-9]{1,3})?(?-u:\b)"
        ),
        replacement=CARD,
    ),
)

IN_ORDER: tuple[Rule, ...] = (*_E_MAILS, *_IDS, *_CARDS, *_PLATES, *_PHONES, *_ACCOUNTS)
AFTERWARDS: tuple[Rule, ...] = (
    Rule(
        trigger=r"\[phone\]",
        pattern=r"\[phone\](?:[ ]?(?:转|分机|(?i:ext(?:ension)?\.?|x))[ :：]?[0-9]{1,6}|-[0-9]{2,5}($|[^0-9:\-]))",
        replacement=f"{PHONE}${{1}}",
    ),
)
