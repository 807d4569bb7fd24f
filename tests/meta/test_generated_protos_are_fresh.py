"""What `make generate` writes is what the repository holds."""

from pathlib import Path

from protos import compare, generate


def _tree(root: Path, names: tuple[str, ...]) -> dict[str, bytes]:
    paths = [path for name in names for path in [root / name, *(root / name).rglob("*")]]
    return {
        path.relative_to(root).as_posix(): path.read_bytes()
        for path in paths
        if path.is_file() and path.suffix != ".pyc"
    }


def test_generated_modules_are_fresh(tmp_path):
    generate.generate(tmp_path)
    committed = _tree(generate.PACKAGE, generate.GENERATED)
    fresh = _tree(tmp_path, generate.GENERATED)
    assert committed.keys() == fresh.keys(), "run `make generate`"
    stale = [name for name in fresh if fresh[name] != committed[name]]
    assert stale == [], "run `make generate`"


def test_the_page_about_the_contract_is_fresh():
    assert compare.REPORT.read_text(encoding="utf-8") == compare.report(), "run `make generate`"
