"""How long ago was it? Days and seconds between the dates that the model carries, without datetime's import."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from whoseport.render.escape import Safe
    from whoseport.render.language import Language


def day_number(date: str) -> int | None:
    """Days since 0000-03-01 of a YYYY-MM-DD, or None where it is no such date. Good for differences.

    >>> (day_number("2026-11-23") or 0) - (day_number("2026-08-17") or 0)
    98
    """
    if len(date) != 10 or not date.isascii() or date[4] != "-" or date[7] != "-":
        return None
    year, month, day = date[:4], date[5:7], date[8:]
    if not (year.isdigit() and month.isdigit() and day.isdigit()) or not 1 <= int(month) <= 12:
        return None
    years = int(year) - (int(month) < 3)
    months = (int(month) - 3) % 12
    return years * 365 + years // 4 - years // 100 + years // 400 + (153 * months + 2) // 5 + int(day) - 1


def seconds(moment: str) -> int | None:
    """Seconds on the same scale of a UTC moment, `YYYY-MM-DDTHH:MM:SS` with whatever follows."""
    day = day_number(moment[:10])
    clock = moment[10:19]
    if day is None or len(clock) != 9 or not clock.isascii():
        return None
    hour, minute, second = clock[1:3], clock[4:6], clock[7:9]
    if not (hour.isdigit() and minute.isdigit() and second.isdigit()):
        return None
    return day * 86400 + int(hour) * 3600 + int(minute) * 60 + int(second)


def duration(elapsed: int, language: Language) -> Safe:
    """A length of time in its largest fitting unit: `40 s`, `12 min`, `2 h`, `3 days`."""
    if elapsed < 60:
        return language.say("{number} s", number=elapsed)
    if elapsed < 3600:
        return language.say("{number} min", number=elapsed // 60)
    if elapsed < 2 * 86400:
        return language.say("{number} h", number=elapsed // 3600)
    return language.count("{number} day", "{number} days", elapsed // 86400)
