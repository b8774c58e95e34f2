"""What complaints may do to a district's service: raise it, never lower it."""

from city.errors import InvalidValueError


def need_after_propensity(raw: float, propensity: float) -> float:
    """A district's need as its complaints tell it, corrected for how readily its people complain.

    A quiet district (propensity below 1) needs more than it says. A loud one keeps what it says: complaint propensity
    alone never lowers a district's service, so that nobody is served worse for having spoken up, and a wrong estimate
    takes nothing from anybody. Planners that weigh complaints use this and nothing else.
    """
    if not raw >= 0 or not propensity > 0:
        raise InvalidValueError(
            subject="Need of a district",
            field="raw need and propensity",
            found=f"{raw} and {propensity}",
            expected="a need of 0 or more and a propensity above 0",
        )
    return max(raw, raw / propensity)
