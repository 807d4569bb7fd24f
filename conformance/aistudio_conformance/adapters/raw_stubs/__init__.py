"""A client made of the raw official stubs and plain HTTP: the least that keeps the whole contract.

Each decision is one method, so that a client with exactly one defect overrides exactly one of them.
"""

from importlib.metadata import version

from msgspec.structs import replace

from aistudio_conformance.adapters.raw_stubs.models import ModelVerbs
from aistudio_conformance.adapters.raw_stubs.parameters import ParametersVerb
from aistudio_conformance.adapters.raw_stubs.parts import PartsVerb
from aistudio_conformance.protocol import Place

NAME = "raw official stubs"
VERSION = version("yandexcloud")


class RawStubs(PartsVerb, ParametersVerb, ModelVerbs):
    """Every verb."""


def connect(place: Place) -> RawStubs:
    """The client, over TLS where there is an address for it."""
    return RawStubs(place)


def connect_plaintext(place: Place) -> RawStubs:
    """The same client at the plaintext port."""
    return RawStubs(replace(place, tls=""))
