"""How the notebooks' figures look, and where they go."""

import os
from pathlib import Path

import matplotlib.pyplot as plt
from demo_day import HOME
from matplotlib import font_manager
from matplotlib.figure import Figure

# Okabe and Ito's colours, which people with any kind of colour vision tell apart.
BLUE, ORANGE, GREEN, RED, SKY, PURPLE = "#0072B2", "#E69F00", "#009E73", "#D55E00", "#56B4E9", "#CC79A7"

_WITH_CHINESE = ("Noto Sans CJK SC", "Noto Sans CJK JP", "Source Han Sans SC", "WenQuanYi Micro Hei", "Microsoft YaHei")
# Matplotlib remembers the fonts that it once found: those that were installed since have to be shown to it.
for _file in font_manager.findSystemFonts():
    if "CJK-Regular" in _file or "wqy" in _file or "msyh" in _file:
        font_manager.fontManager.addfont(_file)
_here = {font.name for font in font_manager.fontManager.ttflist}
_chinese = [name for name in _WITH_CHINESE if name in _here]

plt.rcParams.update(
    {
        "figure.dpi": 110,
        "figure.constrained_layout.use": True,
        "font.family": ["DejaVu Sans", *_chinese],
        "axes.spines.top": False,
        "axes.spines.right": False,
        "axes.titlelocation": "left",
        "axes.titlesize": "medium",
        "legend.frameon": False,
    }
)


def readable(text: str) -> str:
    """Departments write Chinese; a machine without such letters shows question marks rather than boxes."""
    return text if _chinese else text.encode("ascii", "replace").decode()


def keep(figure: Figure, name: str) -> None:
    folder = Path(os.environ.get("FIGURES", HOME / "figures"))
    folder.mkdir(parents=True, exist_ok=True)
    figure.savefig(folder / f"{name}.png")
    print(f"Figure: {folder / name}.png")
