"""How well complaints are read: the demo city's hotline in time order, and texts that another hand wrote.

    .venv/bin/python -m benchmarks.complaint_triage [--scale 1] [--days 90] [--seeds 1 2 3] [--json OUT]

Per seed a city is built, its complaints are masked as an import masks them, and the triage learns, calibrates and is
judged on windows in a row; the last is never learned from. The texts of the grammar repeat their phrases, so that
figures on them are an upper bound. The texts below use other words than the grammar: what they show is nearer to how a
model of one hotline reads strangers. No set of real complaints with labelled free text was at hand.
"""

import argparse
import tempfile
import time
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from statistics import fmean

import polars as pl

from benchmarks.results_file import write_results
from features.complaint_labels import labelled
from features.complaint_text import Told
from features.sources.privacy import masked
from features.sources.synthetic import build_demo_city
from features.sources.synthetic.world import TIME_ZONE
from models.promotion import decide
from models.triage import TriageModel
from models.triage_publishing import judged
from models.triage_training import blocks_of, teach_triage

DELAY = pl.duration(hours=1)
STRANGERS = (
    ("waste", "sanitation", "小区的垃圾房好几天没人清理, 全是苍蝇"),
    ("waste", "sanitation", "餐厨垃圾的桶子流脏水, 臭得要命"),
    ("waste", "sanitation", "环卫车今天又没来, 袋子都堆到马路上了"),
    ("waste", "sanitation", "分类回收的箱子塞得满满的, 扔不进去"),
    ("waste", "sanitation", "Nobody has picked up the trash on our street since Tuesday"),
    ("waste", "sanitation", "Food waste container is leaking and smells awful"),
    ("waste", "urban_management", "夜里有卡车往河边倾倒拆房子的废料"),
    ("waste", "urban_management", "Somebody unloaded bricks and concrete rubble behind the school"),
    ("waste", "environment", "后面的空地有人烧塑料和轮胎, 烟很呛"),
    ("waste", "environment", "They are burning rubbish again, black smoke everywhere"),
    ("traffic", "traffic_police", "上班高峰这个十字路口堵死了, 左转要等半小时"),
    ("traffic", "traffic_police", "Cars park on the pavement and block the bus stop every day"),
    ("traffic", "traffic_police", "刚才追尾了, 两辆车堵着路, 有人流血"),
    ("traffic", "public_works", "红绿灯全灭了, 过马路太危险"),
    ("traffic", "public_works", "Deep hole in the road, my tyre burst"),
    ("traffic", "public_works", "下水道井盖没了, 晚上看不见"),
    ("noise", "environment", "隔壁工地通宵打混凝土, 根本睡不着"),
    ("noise", "environment", "Construction works with jackhammers after midnight"),
    ("noise", "urban_management", "跳广场舞的喇叭震天响"),
    ("noise", "urban_management", "Street sellers with loudspeakers under my window"),
    ("noise", "police", "楼下邻居半夜吵架打架"),
    ("noise", "police", "Loud party next door until four in the morning, dog barking too"),
    ("greening", "greening", "台风把门口那棵树吹断了, 压到电线"),
    ("greening", "greening", "Hedges have not been cut, one cannot see the crossing"),
    ("greening", "greening", "行道树上全是毛毛虫"),
    ("greening", "public_works", "路灯不亮, 树枝把它全遮住了"),
)


def records(seed: int, scale: float, days: int) -> pl.DataFrame:
    """Closed complaints as a history would hold them at the city's "now"."""
    with tempfile.TemporaryDirectory() as folder:
        city = build_demo_city(Path(folder), seed=seed, scale=scale, days=days)
        made = pl.read_parquet(city.truth / "complaints.parquet")
        now = city.now
    made = made.with_columns(
        text=masked(made["text"]),
        opened=pl.col("opened_at").dt.replace_time_zone(TIME_ZONE).dt.convert_time_zone("UTC"),
        closed=pl.col("closed_at").dt.replace_time_zone(TIME_ZONE).dt.convert_time_zone("UTC"),
    )
    rows = [
        made.select(
            "complaint_id", "district_id", "text", "lon", "lat", "category",
            event=pl.lit(event), at=moment, known_at=pl.col(moment) + DELAY, department=department, priority=priority,
        )
        for event, moment, department, priority in (
            ("opened", "opened", "first_department", "first_priority"),
            ("closed", "closed", "last_department", "priority"),
        )
    ]  # fmt: skip
    return labelled(pl.concat(rows).filter(pl.col("known_at") <= now))


def strangers(model: TriageModel, at: datetime, district: str) -> dict[str, float]:
    told = [
        Told(complaint_id=text, text=text, district_id=district, at=at, near="point" if category == "waste" else None)
        for category, _, text in STRANGERS
    ]
    answers = [{one.question: one for one in found} for found in model.answers(told)]
    right = {
        name: [said[name].answer == true[place] for said, true in zip(answers, STRANGERS, strict=True)]
        for place, name in enumerate(("category", "department"))
    }
    sure = [said["category"].sure and said["department"].sure for said in answers]
    kept = [ok for ok, is_sure in zip(right["department"], sure, strict=True) if is_sure]
    return {
        "texts": float(len(STRANGERS)),
        "category_error_share": 1 - fmean(right["category"]),
        "department_error_share": 1 - fmean(right["department"]),
        "not_sure_share": 1 - fmean(sure),
        "department_error_share_when_sure": 1 - fmean(kept) if kept else 0.0,
    }


def measured(seed: int, scale: float, days: int) -> dict[str, object]:
    began = time.process_time()
    blocks = blocks_of(records(seed, scale, days), TIME_ZONE)
    built_s = time.process_time()
    model = teach_triage(blocks, seed=seed, cutoff=blocks.edges[-1])
    taught_s = time.process_time()
    evidence, figures, simple = judged(model, blocks, None)
    verdict = decide(evidence, seed=seed, quantiles=False)
    return {
        "seed": seed,
        "complaints": {name: getattr(blocks, name).records.height for name in ("fit", "side", "gate")},
        "model": figures,
        "best_simple": simple,
        "strangers": strangers(model, blocks.edges[-1], str(blocks.gate.records["district_id"][0])),
        "promoted": verdict.promote,
        "reason": verdict.reason,
        "teaching_cpu_s": round(taught_s - built_s, 2),
        "city_cpu_s": round(built_s - began, 2),
    }


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--scale", type=float, default=1.0)
    parser.add_argument("--days", type=int, default=90)
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3])
    parser.add_argument("--json", type=Path, help="default: benchmarks/results/complaint_triage.json")
    asked = parser.parse_args(arguments)
    runs = [measured(seed, asked.scale, asked.days) for seed in asked.seeds]
    for run in runs:
        print(f"\nseed {run['seed']}: {run['complaints']}, taught in {run['teaching_cpu_s']} CPU-s; {run['reason']}")
        for part in ("model", "best_simple", "strangers"):
            print(f"  {part}")
            figures = run[part]
            assert isinstance(figures, dict)  # noqa: S101  -- as `measured` made it
            for name, value in figures.items():
                print(f"    {name:<36}{value:>8.3f}")
    config = {"scale": asked.scale, "days": asked.days, "seeds": asked.seeds}
    write_results("complaint_triage", {"runs": runs}, config=config, seed=asked.seeds[0], out=asked.json)


if __name__ == "__main__":
    main()
