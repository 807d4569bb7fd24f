"""`python -m aistudio_mock`: the same as the command `aistudio-mock`."""

import sys

from aistudio_mock.cli import main

if __name__ == "__main__":
    sys.exit(main())
