"""Progress that is told to its end, however the work ends: a bar on a terminal has to go."""

from msgspec.structs import replace

from aistudio_client._steps import Flow, Progress, Show, T


def shown(work: Flow[T], progress: Progress) -> Flow[T]:
    """The result of some work; when it fails, `progress` is told as over first."""
    try:
        return (yield from work)
    except GeneratorExit:
        raise
    except BaseException:
        yield Show(replace(progress, is_over=True))
        raise
