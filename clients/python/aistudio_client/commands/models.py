"""`aistudio-client models …`."""

import argparse
import sys

from aistudio_client.commands import printing
from aistudio_client.commands.command import Exit, Verb, studio


def _add_ask(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("model", metavar="MODEL", help="a URI, or the name of a base model")
    parser.add_argument("text", metavar="TEXT", help="- for stdin")


def _add_complete(parser: argparse.ArgumentParser) -> None:
    _add_ask(parser)
    parser.add_argument("--temperature", type=float, metavar="T", help="0 to 1")
    parser.add_argument("--max-tokens", type=int, default=0, metavar="N")
    parser.add_argument("--stream", action="store_true", help="print the answer as it grows")


def _add_embed(parser: argparse.ArgumentParser) -> None:
    _add_ask(parser)
    parser.add_argument("--dim", type=int, metavar="N", help="how many numbers")


def _text(arguments: argparse.Namespace) -> str:
    return sys.stdin.read() if arguments.text == "-" else str(arguments.text)


def _complete(arguments: argparse.Namespace) -> int:
    how = {"temperature": arguments.temperature, "max_tokens": arguments.max_tokens}
    with studio(arguments) as service:
        if arguments.stream and not arguments.json:
            told = ""
            for piece in service.models.stream(arguments.model, _text(arguments), **how):
                sys.stdout.write(piece.text.removeprefix(told))
                sys.stdout.flush()
                told = piece.text
            printing.say()
            return Exit.OK
        answer = service.models.complete(arguments.model, _text(arguments), **how)
    printing.as_json(answer) if arguments.json else printing.say(answer.text)
    return Exit.OK


def _classify(arguments: argparse.Namespace) -> int:
    with studio(arguments) as service:
        found = service.models.classify(arguments.model, _text(arguments))
    if arguments.json:
        printing.as_json(found)
    else:
        printing.table(
            ("label", "confidence"), [(label, f"{sure:.4f}") for label, sure in found.labels.items()]
        )
    return Exit.OK


def _embed(arguments: argparse.Namespace) -> int:
    with studio(arguments) as service:
        found = service.models.embed(arguments.model, _text(arguments), dim=arguments.dim)
    printing.as_json(found) if arguments.json else printing.say(
        " ".join(f"{one:.6g}" for one in found.vector)
    )
    return Exit.OK


GROUP = (
    Verb("complete", "ask a model to answer", "yandexgpt-lite 'Как тебя зовут?'", _add_complete, _complete),
    Verb("classify", "ask a tuned classifier", "cls://…@tamr… 'wow'", _add_ask, _classify),
    Verb("embed", "ask for a vector", "emb://…@tamr… 'wow' --dim 256", _add_embed, _embed),
)
