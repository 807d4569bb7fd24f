"""A client in the process of the test: the host's own answers, without a child to start for each client."""

from contextlib import redirect_stderr
from io import StringIO

import msgspec

from aistudio_conformance.adapters.host.answering import Host
from aistudio_conformance.adapters.host.finding import find
from aistudio_conformance.load import cases, rules
from aistudio_conformance.play import play
from aistudio_conformance.protocol import Answer, Ask, Hello
from aistudio_conformance.runner import judged


class Printed(StringIO):
    """What the client has printed on stderr."""

    def end(self):
        return self.tell()

    def since(self, position):
        return self.getvalue()[position:]


class InProcess:
    """What `driver.Driver` is for a child."""

    is_usable = True

    def __init__(self, told):
        self._host = Host(find(told) if isinstance(told, str) else told)
        self.printed = Printed()

    def hello(self):
        return msgspec.convert(self.ask("hello", {}, 0).ok, Hello)

    def begin(self, place):
        assert self.ask("begin", msgspec.to_builtins(place), 0).trouble is None

    def end(self):
        self.ask("end", {}, 0)

    def ask(self, do, given, _timeout):
        line = msgspec.json.encode(Ask(id=1, do=do, with_=given))
        with redirect_stderr(self.printed):
            return msgspec.json.decode(self._host.answer(line), type=Answer)


def judged_in_process(told, target, seed=1, chosen=None):
    """Every case, or those that are chosen, with one client, one after the other."""
    client = InProcess(told)
    hello = client.hello()
    return [
        judged(case, play(case, client, hello, target, seed), rules())
        for case in (cases() if chosen is None else chosen)
    ]
