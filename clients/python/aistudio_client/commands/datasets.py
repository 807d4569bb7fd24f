"""`aistudio-client datasets …`."""

import argparse

from aistudio_client import ConfigurationError, DatasetInvalid
from aistudio_client._local_check import require_valid
from aistudio_client._sources import open_source
from aistudio_client.commands import printing
from aistudio_client.commands.command import Exit, Verb, pairs, studio

_COLUMNS = ("id", "name", "status", "task_type", "rows", "created_at")


def _add_file(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", metavar="FILE", help="the data, as JSON Lines")
    parser.add_argument("--task-type", metavar="TYPE", help="what a row is (default: as the first rows look)")


def _add_upload(parser: argparse.ArgumentParser) -> None:
    _add_file(parser)
    parser.add_argument("--name", default="", help="default: the file's")
    parser.add_argument("--description", default="", help="for people")
    parser.add_argument("--label", action="append", default=[], metavar="KEY=VALUE", help="repeatable")
    parser.add_argument("--no-check", action="store_true", help="send it without looking at the rows here")
    parser.add_argument("--part-size", type=int, default=0, metavar="BYTES", help="of a part, 5 MiB or more")
    parser.add_argument("--parallel", type=int, default=4, metavar="N", help="parts at once (default: 4)")
    parser.add_argument("--checkpoint", metavar="FILE", help="go on there where an upload was cut off")
    parser.add_argument("--timeout", type=float, metavar="SECONDS", help="for the validation")


def _add_list(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--name", default="", help="a part of the name")
    parser.add_argument("--status", action="append", default=[], help="such as READY; repeatable")


def _add_id(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("dataset", metavar="ID")


def _add_download(parser: argparse.ArgumentParser) -> None:
    _add_id(parser)
    parser.add_argument("directory", metavar="DIRECTORY")


def _add_delete(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("datasets", metavar="ID", nargs="+")


def _validate(arguments: argparse.Namespace) -> int:
    """Here, without the service."""
    source = open_source(arguments.file)
    task_type = _task_type(arguments)
    try:
        require_valid(source, task_type)
    except DatasetInvalid as invalid:
        if not arguments.json:
            raise
        printing.as_json({"valid": False, "task_type": task_type, "errors": invalid.errors})
        return Exit.FAILED
    finally:
        source.close()
    if arguments.json:
        printing.as_json({"valid": True, "task_type": task_type, "errors": []})
    else:
        printing.say(f"{arguments.file} is valid: {task_type}")
    return Exit.OK


def _task_type(arguments: argparse.Namespace) -> str:
    if arguments.task_type:
        return str(arguments.task_type)
    from aistudio_formats.guess import guess

    with open(arguments.file, "rb") as file:  # noqa: PTH123
        found = guess(file)
    if not found.task_type:
        raise ConfigurationError(
            f"cannot tell what the rows of {arguments.file} are; name it with --task-type"
        )
    return found.task_type


def _upload(arguments: argparse.Namespace) -> int:
    with studio(arguments) as service:
        dataset = service.datasets.upload(
            arguments.file,
            task_type=_task_type(arguments),
            name=arguments.name,
            description=arguments.description,
            labels=pairs(arguments.label),
            check=not arguments.no_check,
            part_size=arguments.part_size,
            parallel=arguments.parallel,
            checkpoint=arguments.checkpoint,
            timeout=arguments.timeout,
        )
    printing.show(dataset, json=arguments.json)
    return Exit.OK


def _list(arguments: argparse.Namespace) -> int:
    with studio(arguments) as service:
        found = service.datasets.list(name=arguments.name, status=arguments.status)
        printing.show_all(found, _COLUMNS, json=arguments.json)
    return Exit.OK


def _show(arguments: argparse.Namespace) -> int:
    with studio(arguments) as service:
        printing.show(service.datasets.get(arguments.dataset), json=arguments.json)
    return Exit.OK


def _download(arguments: argparse.Namespace) -> int:
    with studio(arguments) as service:
        files = [str(path) for path in service.datasets.download(arguments.dataset, arguments.directory)]
    if arguments.json:
        printing.as_json(files)
    else:
        printing.say("\n".join(files))
    return Exit.OK


def _delete(arguments: argparse.Namespace) -> int:
    with studio(arguments) as service:
        for dataset in arguments.datasets:
            service.datasets.delete(dataset)
    if arguments.json:
        printing.as_json(arguments.datasets)
    return Exit.OK


GROUP = (
    Verb(
        "validate",
        "check a file here, without the service",
        "train.jsonl",
        _add_file,
        _validate,
        needs_service=False,
    ),
    Verb("upload", "make a dataset of a file", "train.jsonl --name mine", _add_upload, _upload),
    Verb("list", "list the datasets of the folder", "--status READY", _add_list, _list),
    Verb("show", "show one dataset", "fdsp3qo5ej3hvtl4sgn7", _add_id, _show),
    Verb("download", "save the files of a dataset", "fdsp3qo5ej3hvtl4sgn7 data", _add_download, _download),
    Verb("delete", "delete datasets", "fdsp3qo5ej3hvtl4sgn7", _add_delete, _delete),
)
