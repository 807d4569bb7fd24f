"""`python -m aistudio_client` is `aistudio-client`."""

import sys

from aistudio_client.cli import main

sys.exit(main())
