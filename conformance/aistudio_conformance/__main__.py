"""`python -m aistudio_conformance`."""

import sys

from aistudio_conformance.cli import main

sys.exit(main())
