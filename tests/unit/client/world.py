"""The world of a conversation, played by hand: a clock, answers by method, a record of what was asked."""

from typing import Any

from aistudio_client import ApiKey, RpcError, Timeouts
from aistudio_client import _steps as steps
from aistudio_client._errors import CODES
from aistudio_client._link import Link, Settings
from aistudio_client._methods import MODELS, method

FOLDER = "b1gclient"


def link(**given: Any) -> Link:
    """Of a client that looks nothing up, unless told."""
    known = {"credentials": ApiKey("AQVNsecret"), "addresses": {MODELS: "models:443", "iam": "iam:443"}}
    return Link(Settings(folder_id=FOLDER, **{**known, **given}))


def patient(seconds: float) -> Timeouts:
    return Timeouts(call=seconds)


def lost(name: str, code: str = "UNAVAILABLE", **more: Any) -> RpcError:
    """A failed call."""
    return CODES.get(code, RpcError)(name, code, "as the test wants it", **more)


def reply(name: str, **fields: Any) -> Any:
    """An answer of a method."""
    return method(name).reply(**fields)


class World:
    """Plays one conversation after another.

    `answers` are by method, `PUT` or `GET`: each is a list, whose items are given (an exception is raised, a
    function is called with the step) one a call; the last one stays. `takes` is how long each call takes.
    """

    def __init__(self, *, takes: float = 0.0, **answers: Any) -> None:
        self.answers = {name.replace("__", "/"): self._listed(given) for name, given in answers.items()}
        self.takes = takes
        self.now = 1000.0
        self.asked: list[steps.Step] = []
        self.slept: list[float] = []
        self.emitted: list[Any] = []
        self.nonces = 0
        self.ways: dict[type, Any] = {
            steps.Now: lambda _: self.now,
            steps.Chance: lambda _: 1.0,
            steps.Nonce: lambda _: self._nonce(),
            steps.Sleep: self._sleep,
            steps.Work: lambda step: step.function(),
            steps.Show: lambda _: None,
            steps.Emit: lambda step: self.emitted.append(step.item),
            steps.Unary: lambda step: self._answered(step.method.name, step),
            steps.Put: lambda step: self._answered("PUT", step),
            steps.Get: lambda step: self._answered("GET", step),
            steps.Together: lambda step: [self.play(flow) for flow in step.flows],
        }

    def play(self, flow: Any) -> Any:
        """The conversation's result; raises what it raises."""
        try:
            step = next(flow)
            while True:
                self.asked.append(step)
                try:
                    answer = self.ways[type(step)](step)
                except BaseException as error:  # noqa: BLE001 - the conversation's business
                    step = flow.throw(error)
                else:
                    step = flow.send(answer)
        except StopIteration as end:
            return end.value

    def calls(self, name: str) -> list[Any]:
        """Every attempt at a method."""
        return [one for one in self.asked if isinstance(one, steps.Unary) and one.method.name == name]

    def names(self) -> list[str]:
        """The methods in the order of their attempts, with PUT and GET."""
        kinds = {steps.Put: "PUT", steps.Get: "GET"}
        told = (
            one.method.name if isinstance(one, steps.Unary) else kinds.get(type(one)) for one in self.asked
        )
        return [name for name in told if name]

    @staticmethod
    def _listed(given: Any) -> list[Any]:
        return list(given) if isinstance(given, list) else [given]

    def _answered(self, name: str, step: Any) -> Any:
        self.now += self.takes
        given = self.answers[name]
        answer = given.pop(0) if len(given) > 1 else given[0]
        if callable(answer) and not isinstance(answer, type):
            answer = answer(step)
        if isinstance(answer, BaseException):
            raise answer
        return answer

    def _sleep(self, step: Any) -> None:
        self.slept.append(step.seconds)
        self.now += step.seconds

    def _nonce(self) -> str:
        self.nonces += 1
        return f"nonce{self.nonces}"
