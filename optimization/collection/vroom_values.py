"""Values of a VROOM file, each of the kind that it must be; what is not is collected."""

import math
from collections import Counter
from typing import Any

from city.errors import BrokenRuleError, CityError, InvalidValueError
from optimization.collection.vroom_words import Window

LARGEST = 2**53


class Values:
    """`errors` holds a sentence for each fault; a faulty value is read as its default."""

    def __init__(self, source: str) -> None:
        self.source = source
        self.errors: list[CityError] = []

    def refuse(self, where: str, problem: str) -> None:
        self.errors.append(BrokenRuleError(subject=f"{self.source}: {where}", problem=problem))

    def entry(self, found: object, where: str, known: tuple[str, ...]) -> dict[str, Any]:
        if not isinstance(found, dict):
            self._wrong(where, "value", found, "an object")
            return {}
        for name in sorted(set(found) - set(known)):
            self.refuse(where, f"the plan has no word for {name!r}; known are {', '.join(known)}")
        return {name: value for name, value in found.items() if name in known}

    def entries(self, owner: dict[str, Any], name: str) -> list[Any]:
        found = owner.get(name, [])
        if isinstance(found, list):
            return found
        self._wrong(name, "value", found, "a list")
        return []

    def whole(
        self, owner: dict[str, Any], name: str, where: str, default: int | None = None, *, most: int = LARGEST
    ) -> int:
        found = owner.get(name, default)
        if isinstance(found, int) and not isinstance(found, bool) and 0 <= found <= most:
            return found
        self._wrong(where, name, found, "a whole number of 0 or more" + (f", at most {most}" if most < LARGEST else ""))
        owner[name] = default or 0
        return default or 0

    def number(self, owner: dict[str, Any], name: str, where: str, default: float = 0.0) -> float:
        found = owner.get(name, default)
        if isinstance(found, (int, float)) and not isinstance(found, bool) and 0 <= found < math.inf:
            return float(found)
        self._wrong(where, name, found, "a number of 0 or more")
        return default

    def text(self, owner: dict[str, Any], name: str, where: str) -> str | None:
        found = owner.get(name)
        if found is None or isinstance(found, str):
            return found
        self._wrong(where, name, found, "a text")
        return None

    def wholes(self, owner: dict[str, Any], name: str, where: str) -> tuple[int, ...]:
        found = owner.get(name, [])
        if isinstance(found, list) and all(isinstance(n, int) and not isinstance(n, bool) and n >= 0 for n in found):
            return tuple(found)
        self._wrong(where, name, found, "a list of whole numbers of 0 or more")
        return ()

    def windows(self, owner: dict[str, Any], name: str, where: str) -> tuple[Window, ...]:
        found = self.entries(owner, name)
        return tuple(self.window(one, f"{where}, {name}[{k}]") for k, one in enumerate(found))

    def window(self, found: object, where: str) -> Window:
        if isinstance(found, list) and len(found) == 2 and all(isinstance(second, int) for second in found):
            if found[0] < found[1]:
                return found[0], found[1]
            self._wrong(where, "window", found, "a start before its end, s")
        else:
            self._wrong(where, "window", found, "[start, end] in whole seconds")
        return 0, 1

    def no_twice(self, kind: str, numbers: list[int]) -> None:
        twice = [str(number) for number, count in Counter(numbers).items() if count > 1]
        if twice:
            self.refuse(f"{kind}s", f"several have the id {', '.join(twice[:5])}; expected each once")

    def _wrong(self, where: str, name: str, found: object, expected: str) -> None:
        long = isinstance(found, (dict, list)) and len(found) > 4
        told = f"{type(found).__name__} of {len(found)}" if long else found  # type: ignore[arg-type]
        self.errors.append(
            InvalidValueError(subject=f"{self.source}: {where}", field=name, found=told, expected=expected)
        )
