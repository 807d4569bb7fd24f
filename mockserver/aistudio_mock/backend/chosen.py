"""What somebody chose for a folder, as it is written down: in saved folders, and where folders are kept."""

from collections.abc import Mapping
from fractions import Fraction

from msgspec import Struct
from msgspec.structs import asdict, replace

from aistudio_mock.backend.folders import Auth, FolderDefaults, Pace
from aistudio_mock.domain.behaviours import Behaviours
from aistudio_mock.domain.clock import Rate
from aistudio_mock.domain.durations import Durations


class Chosen(Struct, frozen=True):
    """What somebody chose for a folder: whole, so that no option of a later start changes it."""

    polling: Pace
    rate: str
    durations: Durations
    auth: Auth
    seed: int
    behaviours: Mapping[str, str]
    ids_seed: str | None = None

    @staticmethod
    def of(settings: FolderDefaults) -> "Chosen":
        """What there is to keep of a folder's settings."""
        usual = asdict(Behaviours())
        return Chosen(
            polling=settings.pace,
            rate=str(settings.rate),
            durations=settings.durations,
            auth=settings.auth,
            seed=settings.seed,
            behaviours={k: v for k, v in asdict(settings.behaviours).items() if v != usual[k]},
            ids_seed=settings.ids_seed,
        )

    def over(self, given: FolderDefaults) -> FolderDefaults:
        """The settings again; what is not kept is as given. ValueError for an unknown behaviour."""
        unknown = sorted(set(self.behaviours) - set(Behaviours.__struct_fields__))
        if unknown:
            raise ValueError(f"a behaviour {unknown[0]} that this version does not know")
        return replace(
            given,
            pace=self.polling,
            rate=exact(self.rate),
            durations=self.durations,
            auth=self.auth,
            seed=self.seed,
            behaviours=replace(Behaviours(), **self.behaviours),
            ids_seed=self.ids_seed,
        )


def exact(rate: str) -> Rate:
    """A clock's rate from its text."""
    read = Fraction(rate)
    return int(read) if read.denominator == 1 else read
