"""The pages about the client, which are run as they stand, name every verb and every command of it."""

from importlib import import_module
from pathlib import Path

from aistudio_client import AIStudio
from aistudio_client._verbs.verb import listing, verb
from aistudio_client.cli import GROUPS, PROGRAM

PAGES = "".join(
    page.read_text(encoding="utf-8")
    for page in (Path(__file__).parents[2] / "docs/how-to").glob("client-*.md")
)


def verbs():
    with AIStudio("b1g1", api_key="AQVNkey") as studio:
        for group, found in vars(studio).items():
            for kind in type(found).__mro__:
                yield from (
                    f"{group}.{name}(" for name, one in vars(kind).items() if isinstance(one, verb | listing)
                )


def test_every_verb_has_its_place():
    every = list(verbs())
    assert "datasets.upload(" in every
    assert [one for one in every if one not in PAGES] == []


def test_every_command_has_its_place():
    commands = [
        f"{PROGRAM} {group} {one.name}"
        for group in GROUPS
        for one in import_module(f"aistudio_client.commands.{group}").GROUP
    ]
    assert [one for one in commands if one not in PAGES] == []
