"""Hosts a client under a Python that has the client's packages and not the suite's: a script for that Python.

`PYTHON …/elsewhere.py MODULE[:FACTORY]` lends it this package and none of what is installed beside it.
"""

import runpy
import sys
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent.parent


def _lend() -> None:
    """Makes the package importable."""
    place = str(_PACKAGE / "__init__.py")
    spec = spec_from_file_location(_PACKAGE.name, place, submodule_search_locations=[str(_PACKAGE)])
    if spec is None or spec.loader is None:
        raise ImportError(f"{place} is no package")
    module = module_from_spec(spec)
    sys.modules[_PACKAGE.name] = module
    spec.loader.exec_module(module)


if __name__ == "__main__":
    del sys.path[0]  # the folder of this file: its modules are not for everybody
    _lend()
    runpy.run_module(f"{_PACKAGE.name}.adapters.host", run_name="__main__")
