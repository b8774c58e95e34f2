"""Names of people in English (and German) texts: after the words that people introduce a person with."""

import re

from features.sources.privacy_rules import NAME

# Read by polars' expressions, in which a Unicode word boundary costs a hundred times an ASCII one.
MARKERS = (
    r"(?-u:\b)(?i:(?:sur)?name(?:['’]s|[ :：])|named|called|i am|i['’]m|im|this is|mrs?|ms|mx|dr|prof|"
    r"herrn?|frau|miss|madam|contact|"
    r"neighbou?rs?|regards|sincerely|faithfully|yours|cheers|signed|thanks|thank you|caller|reporter|reported "
    r"by|complainant|"
    r"resident|tenant|landlord|owner|driver|applicant|customer|person|ask for|sp[eo]a?ke? (?:to|with)|"
    r"hei(?:ß|ss)e|ich bin|hei(?:ß|ss)t|nachbar(?:in|n)?)"
    r"(?:[^\p{L}]|(?i:is|by|name|of|at|no)(?-u:\b)){0,12}(?:[A-ZÀ-Þ]|van |von |de |al )|(?i:name(?:['’]s|"
    r" is|[:：]) ?)[a-z]"
)

_PARTICLES = (
    "van",
    "von",
    "der",
    "den",
    "de",
    "la",
    "le",
    "del",
    "da",
    "di",
    "dos",
    "bin",
    "al",
    "el",
    "ibn",
    "zu",
    "ter",
    "ten",
)
_PARTICLE = f"(?:{'|'.join(_PARTICLES)})"
_WORD = (
    r"(?:Ma?c[A-Z][a-z]+|[OD]['’][A-Z][a-z]+|[A-ZÀ-ÖØ-Þ][a-zß-ÿ]*(?:['’\-][A-ZÀ-ÖØ-Þa-z][a-zß-ÿ]+)*[a-zß-ÿ]|"
    r"[A-ZÀ-ÖØ-Þ]\.)"
)
_NAME = rf"(?:{_PARTICLE} )*{_WORD}(?: (?:{_PARTICLE} )*{_WORD}){{0,3}}"
_ALL_CAPITALS = r"[A-ZÀ-ÖØ-Þ]{2,}(?: [A-ZÀ-ÖØ-Þ]{2,}){1,2}"
_ANY = rf"(?P<name>{_NAME}|{_ALL_CAPITALS})"
_LOWER = r"(?P<name>[a-zà-ÿ'’\-]{2,}(?: [a-zà-ÿ'’\-]{2,})?)"

# Places, offices and things that the same words introduce; days, months, nations.
_NO_NAMES_TEXT = (
    "a an the this that these those it its he she we they you i my our your his her their not no yes "
    "and or but so if in on at of to from "
    "for with by about as also am is are was were be been have has had do does did will would can could "
    "should please thank "
    "thanks there here when where what who why how all any every just very really still now today yesterday tomorrow "
    "monday tuesday wednesday thursday friday saturday sunday january february march april may june july "
    "august september october "
    "november december chinese german english british american french italian spanish turkish polish "
    "russian indian japanese "
    "korean australian canadian european asian african muslim christian catholic deaf blind disabled "
    "pregnant ok sorry sure "
    "city council customer customers police public department environmental environment health water "
    "road roads traffic waste center "
    "centre office sanitation street streets avenue lane square park bridge station services service "
    "transport highway highways "
    "municipal district county state government authority authorities parking bus train subway tram bin "
    "bins garbage trash "
    "rubbish recycling hotline help helpdesk support line info management manager team section bureau "
    "school hospital church "
    "north south east west northern southern eastern western upper lower new old big small main central covid wifi gps "
    "company ltd inc gmbh corp association committee board building tower house block unit apartment "
    "flat floor home room "
    "re fwd subject attention urgent asap pm am cctv usb id pin sms faq pdf url url nyc usa uk eu un "
    "complaint complaints report case number hello hi dear sir madam mr mrs ms dr best kind warm regards "
    "sincerely faithfully yours "
    "guten tag sehr geehrte damen herren der die das ein eine ich nicht sehr aus bei mit und oder straße strasse platz "
    "watch watches noise dispute disputes association's says said told opened left calls parks keeps complains"
)
_NO_NAMES = frozenset(_NO_NAMES_TEXT.split())
_STREETS_TEXT = (
    "street st road rd avenue ave boulevard blvd lane ln drive dr square sq place pl way court ct terrace "
    "parkway pkwy highway hwy bridge "
    "park school hospital station junction roundabout church airport hotel mall plaza straße strasse "
    "str platz weg allee"
)
_STREETS = frozenset(_STREETS_TEXT.split())
_PRODUCTS_TEXT = (
    "müll muell clean muscle pepper martens oetker bean whippy wash lube sporty sheen proper potato kipling "
    "rooter brightside "
    "who no fix ed tire bubble minit beast"
)
_PRODUCTS = frozenset(_PRODUCTS_TEXT.split())
_NO_PEOPLE = frozenset(("pr", "ok", "tv", "ac", "hr", "it", "cctv", "suv", "bmw", "abc", "nyc", "usa", "uk", "eu"))

_FLAGS = re.UNICODE
_STRONG = (
    r"(?i:\bmy (?:full |first |last )?name(?: is|'s|’s|:)|\bname(?: is|:|：)|\bi(?: am|['’]?m) called|\bmein name "
    r"ist|\bich hei(?:ß|ss)e|\b(?:er|sie|nachbar) hei(?:ß|ss)t|"
    r"\b(?:caller|complainant|reported by|reporter|contact(?: person| name)?|resident|tenant|landlord|"
    r"owner|driver|applicant|customer|person)\s?[:：]|"
    r"\b(?:man|woman|guy|person|neighbou?r|driver|owner|landlord|tenant|lady|resident|officer|worker|foreman)"
    r" (?:named|called|by the name of))"
)
_WEAK = (
    r"(?i:\bi am|\bi['’]m|\bich bin|\bthis is|\bcontact|\bneighbou?rs?(?:,| is| at no\.? ?\d+,?)?|\bnachbar(?:"
    r"in|n)?|\bask for|\bspeak to|\bspoke (?:to|with)|"
    r"\b(?:landlord|tenant|owner|driver|resident|caller),?)"
)
_CLOSING = (
    r"(?i:\b(?:best |kind |warm |many )?(?:regards|sincerely|faithfully|thanks|thank you|signed(?: by)"
    r"?|yours|cheers))[,.:!]*\s+"
)
_TITLE = r"(?i:\b(?:mrs|mr|ms|mx|miss|prof|herrn?|frau|madam|dr))\b\.?"

_RULES = (
    (re.compile(rf"(?P<marker>{_TITLE}\s+){_ANY}", _FLAGS), "title"),
    (re.compile(rf"(?P<marker>{_STRONG}\s*){_ANY}", _FLAGS), "strong"),
    (re.compile(rf"(?P<marker>(?i:\bmy name(?: is|'s|’s)|\bname:)\s+){_LOWER}", _FLAGS), "lower"),
    (re.compile(rf"(?P<marker>{_WEAK}\s+){_ANY}", _FLAGS), "weak"),
    (re.compile(rf"(?P<marker>{_CLOSING})(?P<name>{_WORD})(?=[\s.!,]*(?:$|\n|\[))", _FLAGS), "strong"),
    (re.compile(rf"(?P<marker>{_CLOSING})(?P<name>{_WORD}(?: (?:{_PARTICLE} )*{_WORD}){{1,3}})", _FLAGS), "weak"),
)


def without_names(text: str) -> str:
    """The text with the names masked that an English or German marker introduces."""
    for pattern, kind in _RULES:
        text = pattern.sub(lambda found, kind=kind: _masked(found, kind), text)  # type: ignore[misc]
    return text


def _masked(found: re.Match[str], kind: str) -> str:
    words = found["name"].split(" ")
    kept = _name_words(words, kind)
    if not kept or _is_elsewhere(found, kind, words, kept):
        return found[0]
    rest = words[kept:]
    return found["marker"] + " ".join((NAME, *rest))


def _name_words(words: list[str], kind: str) -> int:
    """How many of the words, from the first, belong to a name; 0 if none does."""
    kept = 0
    for word in words:
        plain = word.strip(".,'’").lower()
        if (plain in _NO_NAMES and word not in _PARTICLES) or (kept and plain in _STREETS):
            break
        kept += 1
    if kind == "weak" and any(word.lower() in _NO_PEOPLE for word in words[:kept]):
        return 0
    if kind == "lower":
        return min(kept, 2)
    return kept


def _is_elsewhere(found: re.Match[str], kind: str, words: list[str], kept: int) -> bool:
    """A street, an office or a product that is called like a person."""
    after = found.string[found.end() :].lstrip(" -").split(" ", 1)[0].strip(".,;:").lower()
    following = [word.strip(".,").lower() for word in words[kept : kept + 1]] or [after]
    if kind != "strong" and following[0] in _STREETS:
        return True
    if kind == "weak" and kept < len(words):
        return True  # "contact Boroondara City Council"
    if kind != "title":
        return False
    if words[0].strip(".").lower() in _PRODUCTS:
        return True
    before = found.string[: found.start()].rstrip()
    is_drive = found["marker"].strip().lower().rstrip(".") == "dr" and re.search(r"[A-Z][a-z]+$", before) is not None
    return is_drive and re.search(r"(?i)(neighbou?r|is|and|see|by|to|with|contact|dear)$", before) is None
