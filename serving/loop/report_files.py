"""The month's report as files: HTML always, PDF where weasyprint is installed."""

from dataclasses import dataclass
from pathlib import Path
from zoneinfo import ZoneInfo

from city.errors import BrokenRuleError, InvalidValueError, UnreadableInputError
from serving.loop.month import MonthReport
from serving.loop.report_page import report_page
from serving.loop.report_words import LANGUAGES, Language
from serving.run_sheets import pdf_of


@dataclass(frozen=True, slots=True, kw_only=True)
class WrittenReport:
    """`said` says why there is no PDF, where there is none."""

    files: tuple[Path, ...]
    said: tuple[str, ...] = ()


def language_of(text: str) -> Language:
    for language in LANGUAGES:
        if text == language:
            return language
    raise InvalidValueError(subject="Report", field="--language", found=text, expected=f"one of {', '.join(LANGUAGES)}")


def write_report(report: MonthReport, folder: Path, language: Language, zone: ZoneInfo) -> WrittenReport:
    """As `report-2026-03.en.html` and `.pdf` below `folder`."""
    page = report_page(report, language, zone)
    name = f"report-{report.month}.{language}"
    files = [_written(folder / f"{name}.html", page.encode())]
    try:
        files.append(_written(folder / f"{name}.pdf", report_pdf(page)))
    except BrokenRuleError as missing:
        return WrittenReport(files=tuple(files), said=(str(missing),))
    return WrittenReport(files=tuple(files))


def report_pdf(page: str) -> bytes:
    return pdf_of(page, of="The report as PDF")


def _written(path: Path, content: bytes) -> Path:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    except OSError as cause:
        raise UnreadableInputError(source=str(path), problem=f"it cannot be written ({cause.strerror})") from cause
    return path
