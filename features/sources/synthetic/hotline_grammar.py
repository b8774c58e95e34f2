"""What people of the demo city complain about, in the words of two languages: the grammar of the hotline's texts."""

from dataclasses import dataclass

Phrases = tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Matter:
    """One thing that is wrong: who is responsible, how soon, how often among its category, and how it is told."""

    name: str
    category: str
    department: str
    priority: str
    weight: float
    chinese: Phrases
    english: Phrases


DEPARTMENT_OF_CATEGORY = {
    "waste": "sanitation",
    "traffic": "traffic_police",
    "noise": "environment",
    "greening": "greening",
}
"""Where the hotline sends what it does not read closely."""

MATTERS = (
    Matter(
        name="overflow", category="waste", department="sanitation", priority="normal", weight=40,
        chinese=("{bin}满了没有人收", "{bin}都溢出来了, 垃圾堆了一地", "{bin}爆满, 垃圾袋扔在旁边地上",
                "{bin}装不下了, 盖子都盖不上",
                 "桶边上堆的垃圾比桶里还多", "垃圾堆积如山, {bin}早就满了"),
        english=("the {bin} is overflowing and nobody empties it", "rubbish is piled up next to the {bin}",
                 "the {bin} has been full for days", "bags everywhere, the lid of the {bin} does not close"),
    ),
    Matter(
        name="missed", category="waste", department="sanitation", priority="normal", weight=20,
        chinese=("垃圾车两天没来了", "今天{bin}又没有清运", "收垃圾的车跳过了我们这里",
                "清运车没有按时来, {bin}还是昨天的"),
        english=("the garbage truck has not come for two days", "our {bin} was skipped again this morning",
                 "collection was missed, the {bin} is as yesterday"),
    ),
    Matter(
        name="smell", category="waste", department="sanitation", priority="normal", weight=10,
        chinese=("{bin}臭气熏天, 苍蝇乱飞", "{bin}味道很大, 污水流到路上", "渗滤液流了一地, 很臭"),
        english=("the {bin} stinks and is full of flies", "dirty water runs out of the {bin} onto the pavement"),
    ),
    Matter(
        name="bulky", category="waste", department="sanitation", priority="low", weight=8,
        chinese=("有人扔了旧沙发和床垫在{bin}旁边", "旧衣柜扔在路边一直没人拉走", "大件垃圾没有人清理"),
        english=("an old sofa and a mattress lie beside the {bin}",
                "somebody left a wardrobe by the road, please collect it"),
    ),
    Matter(
        name="broken", category="waste", department="sanitation", priority="low", weight=7,
        chinese=("{bin}轮子坏了, 推不动", "{bin}盖子破了需要更换", "{bin}被撞裂了"),
        english=("the lid of the {bin} is broken", "the {bin} is cracked and needs to be replaced"),
    ),
    Matter(
        name="dangerous", category="waste", department="sanitation", priority="urgent", weight=4,
        chinese=("{bin}旁边有碎玻璃和针头, 小孩在玩很危险", "有人把废电池和油漆桶倒在地上, 流出来了",
                "垃圾堵住了消防通道"),
        english=("broken glass and needles beside the {bin}, children play there",
                "paint and old batteries leak onto the ground",
                 "the rubbish blocks the fire lane"),
    ),
    Matter(
        name="debris", category="waste", department="urban_management", priority="normal", weight=7,
        chinese=("有人偷倒建筑垃圾", "装修渣土倒在路边, 一大堆", "晚上有货车乱倒渣土"),
        english=("somebody dumped construction rubble by the road", "a lorry tips building debris here at night"),
    ),
    Matter(
        name="burning", category="waste", department="environment", priority="urgent", weight=4,
        chinese=("有人焚烧垃圾, 浓烟滚滚", "空地上在烧塑料, 呛得喘不过气", "着火了, 有人点垃圾"),
        english=("somebody is burning waste, thick smoke",
                "plastic is being burnt on the vacant lot, we cannot breathe"),
    ),
    Matter(
        name="queue", category="traffic", department="traffic_police", priority="normal", weight=50,
        chinese=("路口排队太长, 等了三个红灯", "早高峰堵得一动不动", "左转绿灯太短, 每次只过几辆车",
                "这个路口天天拥堵, 建议调整信号配时"),
        english=("the queue at the junction is endless, I waited three red lights",
                "the green for turning left is far too short",
                 "traffic does not move at all in the morning"),
    ),
    Matter(
        name="lamp_fault", category="traffic", department="public_works", priority="urgent", weight=12,
        chinese=("红绿灯不亮了, 车都乱走", "信号灯坏了, 一直是红灯", "人行横道的灯不工作, 老人不敢过马路"),
        english=("the traffic light is out, cars drive as they like", "the signal is stuck on red"),
    ),
    Matter(
        name="parking", category="traffic", department="traffic_police", priority="low", weight=18,
        chinese=("路边违停严重, 公交车都过不去", "占用盲道停车", "一排私家车停在非机动车道"),
        english=("cars are parked on the cycle lane", "illegal parking, the bus cannot pass"),
    ),
    Matter(
        name="pothole", category="traffic", department="public_works", priority="normal", weight=14,
        chinese=("路面有个大坑, 骑车差点摔倒", "井盖松动, 车一过就响", "路面塌陷了一块"),
        english=("there is a deep pothole, I nearly fell off my bike", "a manhole cover is loose and rattles"),
    ),
    Matter(
        name="crash", category="traffic", department="traffic_police", priority="urgent", weight=6,
        chinese=("两车相撞堵在路口, 有人受伤", "电动车被撞倒了, 请快来人"),
        english=("two cars have crashed and block the junction, someone is hurt",
                "an e-bike was hit, please come quickly"),
    ),
    Matter(
        name="building_site", category="noise", department="environment", priority="normal", weight=45,
        chinese=("夜间施工噪声大, 影响休息", "工地半夜还在打桩", "凌晨两点混凝土车还在响"),
        english=("the building site works all night", "pile driving at midnight, we cannot sleep"),
    ),
    Matter(
        name="square_dance", category="noise", department="urban_management", priority="low", weight=25,
        chinese=("广场舞音响太大", "商贩用喇叭叫卖, 吵一整天", "夜市摊点占道还放音乐"),
        english=("the loudspeakers of the square dancers are too loud",
                "street vendors shout through a megaphone all day"),
    ),
    Matter(
        name="neighbours", category="noise", department="police", priority="low", weight=20,
        chinese=("楼上天天半夜唱卡拉OK", "邻居打架吵闹, 摔东西", "隔壁养的狗整夜叫"),
        english=("the neighbours sing karaoke until three", "the dog next door barks all night"),
    ),
    Matter(
        name="factory", category="noise", department="environment", priority="normal", weight=10,
        chinese=("厂里的风机一直轰鸣", "厂房排风机噪声超标"),
        english=("the fans of the factory roar day and night", "the exhaust of the plant is far too loud"),
    ),
    Matter(
        name="dark", category="greening", department="public_works", priority="low", weight=25,
        chinese=("行道树枝叶挡住路灯", "路灯被树遮住了, 晚上一片黑", "路灯坏了好几盏"),
        english=("branches cover the street lamp", "several street lamps are dark"),
    ),
    Matter(
        name="fallen", category="greening", department="greening", priority="urgent", weight=15,
        chinese=("大树倒了压在车上", "树枝断了悬在人行道上面, 随时会掉", "大风把树刮倒, 挡住了路"),
        english=("a tree has fallen onto a car", "a broken branch hangs over the pavement and may drop"),
    ),
    Matter(
        name="pests", category="greening", department="greening", priority="normal", weight=25,
        chinese=("树上长了很多虫子, 掉到人身上", "绿化带的树快枯死了没人浇水", "草坪秃了一大片"),
        english=("the trees are full of caterpillars", "the plants in the verge are dying, nobody waters them"),
    ),
    Matter(
        name="weeds", category="greening", department="greening", priority="low", weight=25,
        chinese=("杂草长得比人高", "灌木太高挡住视线", "花坛没有人打理"),
        english=("the weeds are taller than I am", "the hedge is overgrown and hides the view"),
    ),
)  # fmt: skip

BINS = {
    "residual": (("垃圾桶", "其他垃圾桶", "小区门口的垃圾桶"), ("bin", "rubbish bin", "grey bin")),
    "kitchen": (("厨余垃圾桶", "厨余桶", "绿色的厨余桶"), ("kitchen waste bin", "food waste bin", "green bin")),
    "recyclable": (("可回收桶", "蓝色的回收箱", "可回收物箱"), ("recycling bin", "blue bin", "recycling container")),
}
VAGUE = (
    ("还是老样子", "上次说的那个事", "怎么还没有人管", "请尽快处理", "问题一直没有解决", "同上"),
    ("still the same", "as I said before", "why does nobody care", "please deal with it", "see my last message"),
)
OPENERS = (
    ("", "", "", "你好, ", "您好, 我要反映一个问题: ", "投诉: ", "打扰了, ", "再次反映, "),
    ("", "", "Hello, ", "I want to report that ", "Again: ", "To whom it may concern: "),
)
PLACES = (
    (
        "",
        "{road}路口, ",
        "{road}{number}号门前, ",
        "{road}菜市场旁边, ",
        "{road}小学门口, ",
        "我家楼下, ",
        "公交站旁边, ",
    ),
    ("", "at {number} {road}, ", "near the market on {road}, ", "by the school on {road}, ", "outside our block, "),
)
ROADS = (
    ("人民路", "解放路", "中山路", "云河大道", "滨江路", "建设路", "文化路", "朝阳街"),
    ("Renmin Road", "Jiefang Road", "Zhongshan Road", "Yunhe Avenue", "Binjiang Road", "Jianshe Road"),
)
EFFECTS = (
    ("", "", ", 已经好几天了", ", 打了几次电话都没有用", ", 孩子上学都绕着走", ", 影响市容", ", 老人意见很大"),
    (
        "",
        "",
        ". It has been like this for days",
        ". I have called twice already",
        ". The children have to walk around it",
    ),
)
ASKS = (
    ("", "", "。", ", 希望尽快处理", ", 请派人来看看", ", 谢谢。", "!!!"),
    ("", "", ".", ". Please send someone.", ". Thank you.", "!!"),
)
CONTACTS = (
    ("联系人{surname}先生, 电话{phone}", "我叫{surname}明华, 手机{phone}", "车牌云A{plate}", "微信号{account}"),
    ("my name is {surname}, phone {phone}", "call me at {phone}", "mail me: {account}@example.com"),
)
SURNAMES = (("王", "李", "张", "刘", "陈", "赵"), ("Wang Ming", "Li Hua", "John Carter", "Anna Schmidt"))
HOMOPHONES = (("垃圾", "拉圾"), ("清运", "青运"), ("处理", "处里"), ("噪声", "躁声"), ("路口", "陆口"), ("桶", "筒"))
