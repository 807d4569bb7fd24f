"""`aistudio-mock serve` that kills itself at its n-th transaction: WHEN N [options of serve].

`before` anything is written, in the `middle`, `after` it (before the answer, and before files are removed),
or `never`.
"""

import faulthandler
import os
import signal
import sys

from aistudio_mock.cli import main
from aistudio_mock.runtime.database import Database


def die():
    os.kill(os.getpid(), signal.SIGKILL)
    signal.pause()


def arm(when, left):
    write = Database.write

    def each(rows):
        for number, row in enumerate(rows):
            if number == 1 or len(rows) == 1:
                die()
            yield row

    def dying(self, rows):
        nonlocal left
        left -= 1
        if left == 0 and when == "before":
            die()
        write(self, each(rows) if left == 0 and when == "middle" else rows)
        if left == 0 and when == "after":
            die()

    Database.write = dying


if __name__ == "__main__":
    faulthandler.register(signal.SIGUSR1)
    arm(sys.argv[1], int(sys.argv[2]))
    sys.exit(main(["serve", *sys.argv[3:]]))
