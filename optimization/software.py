"""Which software made a plan: every planner says it in the same words."""

from importlib.metadata import PackageNotFoundError, version


def software() -> str:
    """Chengyun and its solver by version; Chengyun without one where it runs from a folder that was never installed."""
    try:
        own = f"chengyun {version('chengyun')}"
    except PackageNotFoundError:
        own = "chengyun"
    return f"{own}, ortools {version('ortools')}"
