"""Run sheets of a collection plan as HTML that prints well, or as PDF where weasyprint is installed."""

import importlib
from pathlib import Path
from typing import Final

from city.collection_problem import CollectionProblem
from city.errors import BrokenRuleError, InvalidValueError
from city.waste_plans import CollectionPlan
from serving.route_pages.sheet_page import sheets

INSTEAD: Final = "Or write them as .html and print that from a browser: it has the same pages."


def write_run_sheets(plan: CollectionPlan, problem: CollectionProblem, out: Path) -> int:
    """As `out` ends, in .html or .pdf; returns the number of trucks."""
    text = sheets(plan, problem)
    ending = out.suffix.lower()
    if ending not in (".html", ".pdf"):
        raise InvalidValueError(
            subject="Run sheets", field="--out", found=out.name, expected="a file that ends in .html or .pdf"
        )
    content = text.encode() if ending == ".html" else pdf_of(text)
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_bytes(content)
    return len(plan.routes)


def pdf_of(text: str, *, of: str = "Run sheets as PDF") -> bytes:
    """`of` names it in the sentence. Raises BrokenRuleError where weasyprint, or what it draws with, is missing."""
    try:
        weasyprint = importlib.import_module("weasyprint")
    except ImportError as cause:
        raise BrokenRuleError(
            subject=of,
            problem="weasyprint is not installed",
            todo=f"Install it with `pip install 'chengyun[pdf]'`. {INSTEAD}",
        ) from cause
    except OSError as cause:
        raise BrokenRuleError(
            subject=of,
            problem=f"weasyprint is installed, but a library of the system is missing ({cause})",
            todo=f"Install Pango (Debian: apt install libpango-1.0-0 libpangoft2-1.0-0; macOS: brew install pango). "
            f"{INSTEAD}",
        ) from cause
    written: bytes = weasyprint.HTML(string=text).write_pdf()
    return written
