"""The files of a case: made for one run of it, with what the case may say of them."""

from collections.abc import Iterator, Mapping
from hashlib import md5
from pathlib import Path
from typing import Any

import msgspec

from aistudio_conformance.case import Case, File
from aistudio_conformance.variables import fill, nonce


def write(case: Case, seed: int, folder: Path, variables: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Writes the case's files there; of each its `path`, `bytes`, `md5` and `rows`.

    Their names are random: the client must not tell a good file from a bad one by its name.
    """
    return {name: _written(case.id, name, file, seed, folder, variables) for name, file in case.files.items()}


def _written(
    case: str, name: str, file: File, seed: int, folder: Path, variables: Mapping[str, Any]
) -> dict[str, Any]:
    path = folder / f"{nonce(seed, case, f'file {name}')}.jsonl"
    lines = [
        *_good_rows(case, name, file, seed),
        *(_line(fill(one, variables)) for one in file.lines),
    ]
    content = b"\n".join(lines)
    path.write_bytes(content)
    return {
        "path": str(path),
        "bytes": len(content),
        "md5": md5(content, usedforsecurity=False).hexdigest(),
        "rows": len(lines),
    }


def _good_rows(case: str, name: str, file: File, seed: int) -> Iterator[bytes]:
    """Text to text: each row its own question and answer, the answer over and over in a long one."""
    for number in range(1, (file.rows or 0) + 1):
        asked, told = (nonce(seed, case, f"file {name} {number} {part}") for part in ("asked", "told"))
        answer = told * max(1, -(-file.row_bytes // len(told)))
        yield _line({"request": [{"role": "user", "text": asked}], "response": answer})


def _line(line: Any) -> bytes:
    return line.encode() if isinstance(line, str) else msgspec.json.encode(line)
