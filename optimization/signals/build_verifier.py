"""verify_plan.py: the check of signal plans in one file that needs Python alone.

`python -m optimization.signals.build_verifier` writes docs/verify_plan.py.
"""

import sys
from pathlib import Path
from typing import Final

from optimization.single_file import single_file

COMMITTED: Final = Path(__file__).resolve().parents[2] / "docs" / "verify_plan.py"
ENTRY: Final = "optimization.signals.check_offline"
TITLE: Final = "Recheck a signal plan offline: `python verify_plan.py PLAN.json JUNCTIONS.json`."


def verifier_text() -> str:
    return single_file(
        "optimization.signals.check_offline", title=TITLE, built_by="optimization.signals.build_verifier"
    )


def main() -> None:
    COMMITTED.write_text(verifier_text(), encoding="utf-8")
    sys.stdout.write(f"Wrote {COMMITTED.name}, {COMMITTED.stat().st_size:,} bytes.\n")


if __name__ == "__main__":
    main()
