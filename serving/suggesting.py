"""`city import --suggest`: a draft of a mapping, and what is left to decide."""

from pathlib import Path

from city.errors import InvalidValueError
from features.sources.suggest import suggest
from serving.terminal import Terminal


def suggest_mapping(speak: Terminal, file: Path, *, data_dir: Path | None, out: Path | None) -> None:
    """Write the draft to `out`, which must not exist yet, or to the screen."""
    if out is not None and out.exists():
        raise InvalidValueError(
            subject="--out", field="file", found=str(out),
            expected="a file that does not exist yet: a draft replaces nothing",
        )  # fmt: skip
    draft = suggest(file, data_dir)
    if out is not None:
        out.parent.mkdir(parents=True, exist_ok=True)
        out.write_text(draft.text, encoding="utf-8")
        for fit in draft.fits:
            speak.say(fit)
        data = data_dir if data_dir is not None else file.parent
        speak.say(f"Wrote {out}: {len(draft.questions)} lines to decide, marked # decide:. Then:")
        speak.say(f"city import --mapping {out} --data {data} --dry-run")
    else:
        speak.say(draft.text.rstrip())
    speak.answer(
        {
            "file": str(out) if out is not None else None,
            "draft": draft.text,
            "questions": draft.questions,
            "fits": draft.fits,
        }
    )
