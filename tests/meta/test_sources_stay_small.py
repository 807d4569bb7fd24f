"""No source file gets away: none over 400 lines, half of them under 200, nine functions in ten under 25."""

import ast
from pathlib import Path
from statistics import median

ROOT = Path(__file__).resolve().parents[2]
FOLDERS = ("mockserver", "clients", "conformance", "protos", "tools")
GENERATED = ("protos/aistudio_protos/yandex", "protos/aistudio_protos/google")
LONGEST = 400
HALF = 200
FUNCTION = 25


def sources():
    for folder in FOLDERS:
        for path in sorted((ROOT / folder).rglob("*.py")):
            name = path.relative_to(ROOT).as_posix()
            if not name.startswith(GENERATED) and "node_modules" not in path.parts:
                yield name, path.read_text(encoding="utf-8")


def test_no_source_file_is_longer_than_400_lines():
    too_long = {name: text.count("\n") for name, text in sources() if text.count("\n") > LONGEST}
    assert too_long == {}


def test_the_median_source_file_is_shorter_than_200_lines():
    assert median(text.count("\n") for _, text in sources()) < HALF


def functions():
    for name, text in sources():
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                yield f"{name}:{node.name}", code_lines(node)


def code_lines(function):
    """Lines of the body, without the docstring."""
    body = function.body[1:] if ast.get_docstring(function) else function.body
    return (body[-1].end_lineno or 0) - body[0].lineno + 1 if body else 0


def test_nine_functions_in_ten_have_fewer_than_25_lines():
    lengths = sorted(lines for _, lines in functions())
    assert lengths[len(lengths) * 9 // 10] < FUNCTION
