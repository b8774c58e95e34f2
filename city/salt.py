"""The salt of a home: what keeps hashed reporters from being guessed back by hashing every known phone number."""

import os
import secrets
from pathlib import Path

from filelock import FileLock

from city.errors import InvalidValueError, UnreadableInputError

LEAST_BYTES = 16
_OWNER_ONLY = 0o600


def salt_at(path: Path) -> bytes:
    """The salt kept in `path`, made on first use and readable by its owner only. Several processes may ask at once.

    Whoever loses it cannot join old reporters with new ones any more; whoever hands it out hands out the reporters.
    """
    try:
        if not path.is_file():
            path.parent.mkdir(parents=True, exist_ok=True)
            with FileLock(path.with_name(f".{path.name}.lock")):
                if not path.is_file():
                    _keep(path, secrets.token_hex(32))
        return salt_of(path.read_text(encoding="ascii"), where=f"File {path.name}")
    except (OSError, UnicodeDecodeError) as cause:
        raise UnreadableInputError(
            source=f"Salt {path}",
            problem=str(cause),
            todo="Put the home's own salt back from its backup: with another one a reporter is another person.",
        ) from cause


def salt_of(text: str, *, where: str = "CITY_SALT") -> bytes:
    """A salt that someone chose, as bytes; too short a one is refused."""
    salt = text.strip().encode()
    if len(salt) < LEAST_BYTES:
        raise InvalidValueError(
            subject="Salt of the reporters",
            field=where,
            found=f"a text of {len(salt)} bytes",
            expected=f"at least {LEAST_BYTES} random bytes, such as `openssl rand -hex 32` writes",
        )
    return salt


def _keep(path: Path, text: str) -> None:
    """Written beside and moved into place: a killed process leaves no half of it."""
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    draft.unlink(missing_ok=True)
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _OWNER_ONLY)
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)
