"""Uploads, imports and quarantine on the wire."""

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from serving.schemas.wire import Id, Moment, Wire

MOST_MAPPING_CHARACTERS = 1_000_000
UPLOAD_ID = "0f3c9a52d1c84d6f9f0b1a2c3d4e5f60"
State = Literal["open", "released", "dropped", "replaced", "all"]


def _filter(description: str, example: str) -> Any:  # noqa: ANN401  -- what pydantic's own Field gives
    return Field(default=None, min_length=1, max_length=400, description=description, examples=[example])


FEED = _filter("only of this feed of a mapping", "detector counts")
CONTRACT = _filter("only for this table", "TrafficCounts")
SOURCE = _filter("only from this file, sheet or table", "counts_*.csv")
RULE = _filter("only by this rule", "flow_veh_h|max")
Mapping = Field(
    min_length=1,
    max_length=120,
    description="name of a mapping that the city was imported with, or of a .toml file of the upload",
    examples=["counts.toml"],
)
MappingText = Field(
    default=None,
    max_length=MOST_MAPPING_CHARACTERS,
    description="the mapping itself (docs/mapping.md), to be kept under that name; it names files of the upload only",
    examples=['[city]\ntime_zone = "Asia/Shanghai"\n[[feed]]\nname = "counts"\npath = "counts.csv"'],
)


class UploadedFileDocument(Wire):
    name: str
    size_bytes: int
    sha256: str


class UploadDocument(Wire):
    """Files on their way to an import. Whoever began it alone sees it."""

    upload_id: str = Field(examples=[UPLOAD_ID])
    made_at: Moment
    expires_at: Moment = Field(description="then it is removed, imported or not")
    files: list[UploadedFileDocument]


class ImportRequest(Wire):
    """Import an upload through a mapping."""

    upload_id: str = Field(
        min_length=32, max_length=32, description="as POST /v1/imports/uploads named it", examples=[UPLOAD_ID]
    )
    mapping: str = Mapping
    mapping_text: str | None = MappingText
    dry_run: bool = Field(default=False, description="say what would happen, store nothing, keep the upload")


class FeedReportDocument(Wire):
    """What became of a feed's records: read + derived = left out + new + corrections + duplicates + quarantined."""

    feed: str
    contract: str = Field(description="table that they went into", examples=["TrafficCounts"])
    files: list[str] = Field(default_factory=list)
    read: int = 0
    new: int = 0
    corrections: int = 0
    duplicates: int = Field(default=0, description="came twice in one file, or were stored already")
    quarantined: int = 0
    derived: int = Field(default=0, description="rows that were not in the file: days that the mapping says mean zero")
    repaired: int = Field(default=0, description="good rows in which a repair of the mapping changed a value")
    left_out: list[tuple[str, int]] = Field(default_factory=list, description="pairs of reason and number of rows")
    reasons: list[tuple[str, int]] = Field(default_factory=list, description="of quarantine, most frequent first")
    repairs: list[tuple[str, int]] = Field(default_factory=list)
    watermark: str | None = Field(default=None, description="how far a database was read")
    step_s: int | None = None
    delay_s: int | None = None
    cadence_s: int | None = None
    live: bool = False
    district: str | None = None


class ImportReportDocument(Wire):
    """What an import did, in numbers that add up."""

    import_id: str | None = Field(description="null for a dry run")
    mapping: str
    imported_at: Moment
    dry_run: bool
    feeds: list[FeedReportDocument]
    versions: list[tuple[str, int]] = Field(description="pairs of history table and its version")
    assumed: list[str]


class ImportedFileDocument(Wire):
    source: str = Field(description="file, or file#sheet")
    feed: str
    contract: str
    sha256: str | None = Field(description="null for a database")
    size_bytes: int | None
    rows: int | None = Field(description="records found in it")


class ImportSummary(Wire):
    import_id: str
    mapping: str
    imported_at: Moment
    files: int
    new: int = Field(description="rows")
    corrections: int = Field(description="rows")
    quarantined: int = Field(description="rows")
    href: str


class ImportList(Wire):
    imports: list[ImportSummary] = Field(description="newest first")
    of: int = Field(description="how many there are in all")
    mappings: list[str] = Field(description="kept mappings, which an import may name")


class TableWrittenDocument(Wire):
    table: str
    before: int | None = Field(description="version before; null where it was empty")
    after: int


class ImportDetail(Wire):
    """One import as it is on record."""

    import_id: str
    mapping: str
    imported_at: Moment
    feeds: list[FeedReportDocument]
    files: list[ImportedFileDocument]
    wrote: list[TableWrittenDocument]
    assumed: list[str]


class ImportListQuery(BaseModel):
    model_config = ConfigDict(extra="forbid")

    limit: int = Field(default=50, ge=1, le=1000, description="at most so many, newest first")


class QuarantineQuery(BaseModel):
    """Which quarantined rows are meant; texts may hold * and ?."""

    model_config = ConfigDict(extra="forbid")

    feed: str | None = FEED
    contract: str | None = CONTRACT
    source: str | None = SOURCE
    rule: str | None = RULE
    state: State = Field(default="open", description="`all` for every state")


class QuarantineRowsQuery(QuarantineQuery):
    row_id: list[Id] = Field(
        default_factory=list,
        max_length=100,
        description="only these rows, by id or its beginning",
        examples=[["238b22ded8a1"]],
    )
    state: State = Field(default="all", description="only rows in this state")
    limit: int = Field(default=20, ge=1, le=500, description="at most so many, those refused last first")


class _RowChoice(Wire):
    """Which rows: by ids, by filters (texts may hold * and ?), or both. At least one must be given."""

    row_ids: list[Id] = Field(
        default_factory=list,
        max_length=1000,
        description="ids of rows, or their first letters",
        examples=[["238b22ded8a1"]],
    )
    feed: str | None = FEED
    contract: str | None = CONTRACT
    source: str | None = SOURCE
    rule: str | None = RULE

    @model_validator(mode="after")
    def _something_is_chosen(self) -> "_RowChoice":
        if not (self.row_ids or self.feed or self.contract or self.source or self.rule):
            found = "nothing is chosen: give row_ids, feed, contract, source or rule ('*' for all)"
            raise ValueError(found)
        return self


class ReleaseRequest(_RowChoice):
    """Read rows again through a mapping, and store what passes."""

    mapping: str = Mapping
    mapping_text: str | None = MappingText
    state: Literal["open", "dropped"] = Field(default="open", description="dropped: take a decision back")
    dry_run: bool = Field(default=False, description="say what would happen, store nothing")


class DropRequest(_RowChoice):
    """Say that open rows will never come in."""

    why: str = Field(
        min_length=1, max_length=2000, description="the reason, for whoever asks later", examples=["test drives"]
    )


class QuarantineExample(Wire):
    row_id: str
    source: str
    line: int
    reason: str


class QuarantineGroup(Wire):
    """Rows of one feed refused by one rule, in one state."""

    feed: str | None
    contract: str
    rule: str
    state: str
    rows: int
    sources: int
    first_at: Moment
    last_at: Moment
    example: QuarantineExample


class QuarantineOverview(Wire):
    states: dict[str, int] = Field(description="everything that was ever quarantined, by state")
    groups: list[QuarantineGroup] = Field(description="what was asked for")


class QuarantinedRow(Wire):
    row_id: str
    state: str
    feed: str | None
    contract: str
    source: str
    line: int
    part: str | None
    rule: str | None
    reason: str
    row: Any = Field(description="the row as it came, texts masked and reporters hashed")
    imported_at: Moment
    by: str | None = Field(description="who decided")
    why: str | None
    decided_at: Moment | None
    import_id: str | None


class QuarantinedRows(Wire):
    matched: int
    rows: list[QuarantinedRow]


class RefusalDocument(Wire):
    feed: str | None
    contract: str
    rule: str
    reason: str
    rows: int
    row_id: str = Field(description="of the first")
    source: str


class ReleaseDocument(Wire):
    """chosen = released + those that `refused` counts."""

    mapping: str
    released_at: Moment
    dry_run: bool
    chosen: int
    released: int
    refused: list[RefusalDocument]
    feeds: list[FeedReportDocument]
    import_id: str | None
    versions: list[tuple[str, int]]


class DroppedDocument(Wire):
    dropped: int
    by: str
    why: str
