"""Columns that several contracts have, and what a department would call them in English, German and Chinese."""

from dataclasses import dataclass
from enum import StrEnum


class Holds(StrEnum):
    ID = "id"
    TIME = "time"
    NUMBER = "number"
    WORDS = "words"
    TEXT = "text"


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """A column of a contract. `ask` is the right side of its line where no column holds it, `decide` the question."""

    name: str
    called: str
    holds: Holds
    needed: bool = False
    loosely: str = r"(?!)"
    ask: str = ""
    decide: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    name: str
    fields: tuple[Field, ...]
    entity: bool = False
    told_by: str = r"(?!)"  # names of files and sheets


DISTRICT = Field(
    name="district_id",
    called=r"district|borough|ward|bezirk|stadtteil|行政区|辖区|区县|^area$|zone_id",
    holds=Holds.WORDS,
)
LON = Field(name="lon", called=r"^lon|lng|longitude|länge|laenge|经度|x_coord|^x$", holds=Holds.NUMBER)
LAT = Field(name="lat", called=r"^lat|latitude|breite|纬度|y_coord|^y$", holds=Holds.NUMBER)
STREAM = Field(
    name="stream",
    called=r"stream|fraktion|abfallart|^type$|^typ$|waste.?type|品类|类别|垃圾种类|material",
    holds=Holds.WORDS,
    needed=True,
    ask='{ value = "?" }',
    decide="which stream this is: residual, kitchen, recyclable, paper, plastic, glass, hazardous, bulky or green",
)
POINT = Field(
    name="point_id",
    called=r"point|container|behälter|behaelter|spid|standplatz|点位|收集点|桶编号|contenedor|bin.?(id|no|nr)",
    loosely=r"bin",
    holds=Holds.ID,
    needed=True,
)
TRUCK = Field(
    name="truck_id",
    called=r"truck|vehicle|fahrzeug|lkw|车号|车牌|车辆",
    holds=Holds.ID,
    needed=True,
    ask='{ value = "?" }',
    decide="which truck",
)
DETECTOR = Field(
    name="detector_id",
    called=r"det(ector)?\b|det_|detector|sensor|loop|site|scats|hf vicroads|zähl|zaehl|messst|device|station"
    r"|检测器|线圈|卡口|设备",
    holds=Holds.ID,
    needed=True,
)
