"""Whose durations a folder imitates; what they are, `domain.schedule` draws."""

from enum import Enum


class Durations(Enum):
    """Whose durations to imitate (`--durations`)."""

    RECORDED = "recorded"
    DOCUMENTED = "documented"
    INSTANT = "instant"
