"""`aistudio-client tunings …`."""

import argparse

from aistudio_client.commands import printing
from aistudio_client.commands.command import Exit, Verb, pairs, studio

_COLUMNS = ("id", "name", "status", "base_model_uri", "model_uri", "created_at")


def _add_start(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("datasets", metavar="DATASET", nargs="+", help="ids of READY datasets to train on")
    parser.add_argument("--base-model", default="", metavar="MODEL", help="a name or a URI")
    parser.add_argument("--validation", metavar="DATASET", help="id of a READY dataset to measure on")
    parser.add_argument("--name", default="")
    parser.add_argument("--label", action="append", default=[], metavar="KEY=VALUE", help="repeatable")
    parser.add_argument("--wait", action="store_true", help="until it has made its model")


def _add_wait(parser: argparse.ArgumentParser) -> None:
    _add_id(parser)
    parser.add_argument("--timeout", type=float, metavar="SECONDS", help="default: three days")


def _add_list(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--status", default="", help="such as COMPLETED")


def _add_id(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("tuning", metavar="ID")


def _add_metrics(parser: argparse.ArgumentParser) -> None:
    _add_id(parser)
    parser.add_argument("--out", metavar="DIRECTORY", help="unpack the files for TensorBoard there")
    parser.add_argument("--plot", metavar="FILE", help="draw the losses: PNG or SVG")


def _start(arguments: argparse.Namespace) -> int:
    with studio(arguments) as service:
        tuning = service.tunings.start(
            arguments.datasets,
            base_model=arguments.base_model,
            validation=arguments.validation or (),
            name=arguments.name,
            labels=pairs(arguments.label),
        )
        if arguments.wait:
            tuning = service.tunings.wait(tuning)
    printing.show(tuning, json=arguments.json)
    return Exit.OK


def _wait(arguments: argparse.Namespace) -> int:
    with studio(arguments) as service:
        printing.show(service.tunings.wait(arguments.tuning, timeout=arguments.timeout), json=arguments.json)
    return Exit.OK


def _list(arguments: argparse.Namespace) -> int:
    with studio(arguments) as service:
        printing.show_all(service.tunings.list(status=arguments.status), _COLUMNS, json=arguments.json)
    return Exit.OK


def _show(arguments: argparse.Namespace) -> int:
    with studio(arguments) as service:
        printing.show(service.tunings.get(arguments.tuning), json=arguments.json)
    return Exit.OK


def _cancel(arguments: argparse.Namespace) -> int:
    with studio(arguments) as service:
        service.tunings.cancel(arguments.tuning)
    if arguments.json:
        printing.as_json(arguments.tuning)
    return Exit.OK


def _metrics(arguments: argparse.Namespace) -> int:
    """Exit code 1 while there are none."""
    with studio(arguments) as service:
        found = service.tunings.metrics(arguments.tuning)
        if found is not None and arguments.out:
            service.tunings.unpack_metrics(arguments.tuning, arguments.out)
    if found is None:
        printing.as_json(None) if arguments.json else printing.say("there are no metrics yet")
        return Exit.FAILED
    if arguments.plot:
        found.plot(arguments.plot)
    if arguments.json:
        printing.as_json(found.curves)
    else:
        rows = [(name, str(many[-1].step), f"{many[-1].value:g}") for name, many in found.curves.items()]
        printing.table(("curve", "step", "last"), rows)
    return Exit.OK


GROUP = (
    Verb("start", "start a tuning", "fdsp3qo5ej3hvtl4sgn7 --wait", _add_start, _start),
    Verb("wait", "wait for the model of a tuning", "ftnlljf53kil6t6s82g2", _add_wait, _wait),
    Verb("list", "list the tunings of the folder", "--status COMPLETED", _add_list, _list),
    Verb("show", "show one tuning", "ftnlljf53kil6t6s82g2", _add_id, _show),
    Verb("cancel", "ask a tuning to stop", "ftnlljf53kil6t6s82g2", _add_id, _cancel),
    Verb("metrics", "show the curves", "ftnlljf53kil6t6s82g2 --plot loss.png", _add_metrics, _metrics),
)
