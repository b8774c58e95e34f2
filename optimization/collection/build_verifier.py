"""verify_collection_plan.py: the check of collection plans in one file that needs Python alone.

`python -m optimization.collection.build_verifier` writes docs/verify_collection_plan.py. Beside a collection plan it
lies as verify_plan.py, the name under which plans of both kinds carry their check.
"""

import sys
from pathlib import Path
from typing import Final

from optimization.single_file import single_file

COMMITTED: Final = Path(__file__).resolve().parents[2] / "docs" / "verify_collection_plan.py"
ENTRY: Final = "optimization.collection.check_offline"
TITLE: Final = "Recheck a collection plan offline: `python verify_plan.py PLAN.json PROBLEM.json`."


def verifier_text() -> str:
    return single_file(ENTRY, title=TITLE, built_by="optimization.collection.build_verifier")


def main() -> None:
    COMMITTED.write_text(verifier_text(), encoding="utf-8")
    sys.stdout.write(f"Wrote {COMMITTED.name}, {COMMITTED.stat().st_size:,} bytes.\n")


if __name__ == "__main__":
    main()
