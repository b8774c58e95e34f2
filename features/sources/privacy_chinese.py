"""Names of people in Chinese texts: common surnames, and the words after which a name stands.

A surname is a word of its own in many places (高 in 高新区, 周 in 周边), so each lists the letters that may not follow
it in a name. A name is only looked for after a marker or before a form of address, never in free text.
"""

_HAN = r"\p{Han}"
# Surnames that are rarely anything else in a complaint.
_PLAIN = (
    "赵孙李郑冯陈褚蒋沈韩杨朱秦尤许何吕张孔严魏陶姜戚谢邹喻柏窦章苏潘葛范彭郎鲁韦昌苗俞袁柳鲍唐费"
    "岑薛雷贺倪汤滕殷罗郝邬康伍余卜顾孟黎穆萧尹姚邵湛汪祁禹狄贝臧戴宋茅庞熊纪舒屈项祝董梁杜阮"
    "蓝闵席季贾娄江童颜郭梅盛刁钟徐邱骆蔡樊胡凌霍虞柯管卢莫房缪洪崔吉龚程邢裴陆翁荀甄芮储靳邴糜"
    "段侯宓蓬隗班仰秋仲伊宁仇栾甘厉祖武符刘詹束龙叶幸司韶郜黎蓟薄印宿怀蒲邰鄂索赖卓蔺屠蒙池乔阴"
    "翟谭劳逄姬申扶堵冉宰郦雍桑桂濮牛边燕冀郏浦尚农温庄晏柴瞿阎充慕连茹习宦艾鱼容古易慎廖庾终暨居衡步都耿满"
    "弘匡国文寇广禄阙殳沃利蔚越夔隆师巩厍聂晁勾敖融冷訾辛阚那简饶曾毋沙乜养鞠须丰巢关蒯相查荆红游竺权逯盖益桓公"
    "仝佟佘佴佀付代肖闫丁任田吴潘夏邓傅方钱"
)
_WORDY = frozenset(
    "房管程段束司班宁印宿怀蒲索池阴武祖仰秋仲容古易终居衡步都满国文广利越隆师融冷那简养须丰关相查红游权盖益公充连习慎"
    "扶堵申边农代项席章盛符幸温尚牛鱼桂厉薄劳宰昌雷伍祝"
)
# Letter by letter what makes another word of it; used where a surname is a common word.
_NOT_AFTER = {
    "王": "府国者朝牌",
    "周": "末边围一二三四五六日天转年期到",
    "马": "路上桶车达",
    "高": "新速架峰中大楼温度层龄空压考铁校级效处低声声科",
    "黄": "昏河色线灯金土泥",
    "金": "融额水属色牌山桥地",
    "白": "天色领衣云发石酒",
    "石": "路头子块材油化板桥景",
    "林": "业地荫区间带场木",
    "方": "庄便向面法式案块才圆形",
    "何": "时处必况种人为以地谓",
    "任": "何务由意凭",
    "江": "边滩北南苏西东桥面景湾宁",
    "安": "全排装静保置心定",
    "常": "常年见务熟规住来用去",
    "万": "一多元分达家人科米余吨",
    "于": "是此昨今我本上下前该早晚每近",
    "曹": "杨",
    "钱": "包款财不都",
    "田": "地间野里园",
    "夏": "天季日令",
    "丁": "字香",
    "康": "复桥健",
    "余": "下额地",
    "雷": "雨电声",
    "花": "园坛草木费了盆",
    "水": "",
    "章": "程节丘",
    "项": "目",
    "温": "度水馨州",
    "代": "表理替码",
    "付": "款费钱出了",
    "洪": "水灾涝山",
    "程": "序度",
    "陆": "续地",
    "梅": "花雨园",
    "游": "客泳玩戏乐",
    "毛": "病",
    "史": "",
    "成": "",
    "全": "",
    "尚": "未",
    "盛": "夏大",
    "季": "节度",
    "段": "路时",
    "龙": "头岗华",
    "古": "城镇树楼",
    "卢": "沟",
    "关": "于闭门系注停心",
    "连": "续接云",
    "查": "看询处",
    "严": "重格",
    "许": "多可久",
    "辛": "苦",
    "司": "机",
    "曾": "经",
    "易": "燃拉",
    "路": "",
    "时": "",
    "施": "工肥行",
    "吉": "林安",
    "湛": "江",
    "沈": "阳",
    "邵": "阳",
    "韶": "关",
    "吴": "淞",
    "张": "贴江",
    "宋": "庄",
    "杨": "浦",
    "徐": "汇",
    "罗": "湖",
    "黎": "明",
    "朱": "家",
    "叶": "子",
    "柳": "树絮",
    "童": "车",
    "管": "理道网线委",
    "房": "屋子东产租",
}
_LEFT_OUT = frozenset("水成全路时史毛花")
_COMPOUND = "欧阳|上官|司马|诸葛|皇甫|尉迟|公孙|慕容|长孙|宇文|司徒|夏侯|令狐|端木|呼延|轩辕|钟离|闻人|东方|南宫|西门"
_ALWAYS = (
    "施王周马高黄金白石林方何任江安常万于曹钱田夏丁康余雷章项温代付洪程陆梅游段龙古卢关连查严许辛司曾易吴张宋"
    "杨徐罗黎朱叶柳童管房尚盛季牛刘"
)
SURNAMES = "".join(dict.fromkeys(letter for letter in _PLAIN + _ALWAYS if letter not in _LEFT_OUT))
FREQUENT = "".join(letter for letter in SURNAMES if letter not in _WORDY)

# A word that goes on after a name of two letters; the name's third letter is not taken from it.
_GOES_ON = (
    "反映|投诉|举报|来电|致电|电话|手机|微信|邮箱|住在|家住|住址|住|身份证|先生|女士|小姐|同志|表示|称|说|的|在|是|"
    "因|于|想|要求|要|希望|请|和|与|及|今天|昨天|发现|为|现|已|也|有|从|对|向|将|家|，|。|、|；|：|,|"
    ";|:|\\.|!|！|\\?|？|"
    "[\\s()（）\\[\\]【】0-9A-Za-z/\"'”’]|$"
)


def _surname(letters: str, *, never: str = "") -> str:
    """A surname with the first letter of the given name, minus the pairs that are words."""
    plain = "".join(letter for letter in letters if letter not in _NOT_AFTER)
    wordy = [letter for letter in letters if letter in _NOT_AFTER]
    special = "|".join(f"{letter}[\\p{{Han}}--[{_NOT_AFTER[letter]}某{never}]]" for letter in wordy)
    return f"(?:{_COMPOUND}){_HAN}|[{plain}][\\p{{Han}}--[某{never}]]|{special}"


_PLACES = "州县市镇村区路街站桥省湾"
_CONNECTOR = r"(?:[\s:：,，]|是|为|叫|名叫|姓名|[(（【\[])*"
_STRONG = (
    "我叫|我名叫|本人叫|本人姓名|名叫|名字是|名字叫|名字|姓名|联系人|投诉人|举报人|反映人|来电人|申请人|报案人|当事人|"
    "诉求人|求助人|户主|署名|落款|收件人|经办人|驾驶员|驾驶人|车主|房东|租户"
)
_WEAK = "我是|找|联系|本人|市民|居民|业主|邻居|群众|村民|住户|司机|师傅"
_TITLES = "先生|女士|小姐|太太|阿姨|大爷|大妈|大叔|大姐|师傅"
_TITLED = SURNAMES.translate(
    {ord(letter): None for letter in "班司车关连相查那都国公文广利边居步养红师代管满束须简终充习"}
)

LATIN_NAME = r"[A-Z][a-zà-ÿ'’]+(?:[ ·-][A-Z][a-zà-ÿ'’]+){0,2}"
_ENDS = r"([\s,，。;；、.!！?？()（）\[【】\]]|电话|手机|联系|住|反映|投诉|举报|来电|$)"

NAME_MARKERS = tuple(f"{_STRONG}|{_WEAK}|{_TITLES}|姓".split("|"))
NAME_RULES: tuple[tuple[str, str], ...] = (
    # 阿不都·热合曼, and names written in Latin letters, after a marker
    (f"({_STRONG}|我是)({_CONNECTOR})(?:{_HAN}{{1,7}}(?:[·•]{_HAN}{{1,7}})+|{LATIN_NAME})", "${1}${2}[name]"),
    # 张晓明先生, 张先生
    (f"((?:{_COMPOUND}){_HAN}{{0,2}}|(?:{_surname(_TITLED)}){_HAN}?|[{_TITLED}])[ ]?({_TITLES})", "[name]${2}"),
    (f"({_STRONG})({_CONNECTOR})(?:{_surname(SURNAMES)})({_GOES_ON})", "${1}${2}[name]${3}"),
    (f"({_STRONG})({_CONNECTOR})(?:{_surname(SURNAMES)}){_HAN}", "${1}${2}[name]"),
    (f"({_WEAK})({_CONNECTOR})(?:{_surname(FREQUENT, never=_PLACES)}){_HAN}?{_ENDS}", "${1}${2}[name]${3}"),
    (f"(^|[^百同])姓(?:{_COMPOUND}|[{SURNAMES}])", "${1}姓[name]"),
)
