"""Every broken client by its name, for the host: `host aistudio_conformance.broken.clients:DeletesTwice`."""

from importlib import import_module

from aistudio_conformance.adapters.raw_stubs import RawStubs
from aistudio_conformance.broken.forward import FORWARD
from aistudio_conformance.broken.mutant import MUTANTS

for _module in (
    "datasets",
    "kinds",
    "models",
    "novelties",
    "outcomes",
    "places",
    "refusals",
    "tunings",
    "watched",
):
    import_module(f"aistudio_conformance.broken.{_module}")  # they declare

EVERY = MUTANTS | FORWARD
"""Those of the pack `forward` as well."""

__all__ = ["EVERY", "FORWARD", "MUTANTS"]


def __getattr__(name: str) -> type[RawStubs]:
    try:
        return EVERY[name][0]
    except KeyError:
        raise AttributeError(f"no broken client {name}; there are {', '.join(EVERY)}") from None
