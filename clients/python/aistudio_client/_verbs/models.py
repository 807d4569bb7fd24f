"""Verbs of models."""

from collections.abc import Sequence

from aistudio_client._flows import models as flows
from aistudio_client._flows.models import Asked, Conversation
from aistudio_client._steps import Flow, Items
from aistudio_client._types import Classification, Completion, Embedding, Operation, Token, Tuning
from aistudio_client._verbs.verb import Verbs, listing, verb

_THREE_DAYS = 72 * 3600.0


class ModelVerbs(Verbs):
    """Ask models. One is given as the `Tuning` that made it, by its URI, or by the name of a base model."""

    @verb
    def complete(
        self,
        model: Tuning | str,
        said: Conversation,
        *,
        temperature: float | None = None,
        max_tokens: int = 0,
        timeout: float | None = None,
    ) -> Flow[Completion]:
        """The whole answer.

        Args:
            model: as the class says.
            said: what the user says, or (role, text) of every turn; roles are system, user and assistant.
            temperature: 0 to 1.
            max_tokens: of the answer.
            timeout: seconds for all of it; three minutes if left out.

        Raises:
            NotFound, InvalidArgument: no such model.
            RpcError: refused, or broken off.
        """
        question = flows.request(self._link, model, said, Asked(temperature, max_tokens), stream=False)
        return flows.whole(self._link, question, timeout)

    @listing
    def stream(
        self,
        model: Tuning | str,
        said: Conversation,
        *,
        temperature: float | None = None,
        max_tokens: int = 0,
        timeout: float | None = None,
    ) -> Items[Completion]:
        """The answer as it grows: each piece has all of the text so far, the last one is final.

        A stream that breaks off is not begun again: what was told is told once. Arguments as of `complete`.
        """
        question = flows.request(self._link, model, said, Asked(temperature, max_tokens), stream=True)
        return flows.pieces(self._link, question, timeout)

    @verb
    def complete_later(
        self,
        model: Tuning | str,
        said: Conversation,
        *,
        temperature: float | None = None,
        max_tokens: int = 0,
    ) -> Flow[Operation]:
        """Asks for an answer that `collect` fetches; arguments as of `complete`.

        Not repeated when its answer is lost: nothing would tell the two apart. Raises RpcError.
        """
        question = flows.request(self._link, model, said, Asked(temperature, max_tokens), stream=False)
        return flows.later(self._link, question)

    @verb
    def collect(self, operation: Operation | str, *, timeout: float = _THREE_DAYS) -> Flow[Completion]:
        """The answer that `complete_later` asked for, once it is there; the service keeps it for three days.

        Raises:
            OperationFailed: there will be none.
            WaitTimeout: `timeout` seconds are over; the model goes on.
        """
        return flows.collected(self._link, operation, timeout)

    @verb
    def classify(self, model: Tuning | str, text: str) -> Flow[Classification]:
        """What a tuned classifier makes of a text. Raises RpcError."""
        return flows.classify(self._link, model, text)

    @verb
    def classify_by_examples(
        self,
        model: str,
        text: str,
        *,
        task: str,
        labels: Sequence[str],
        samples: Sequence[tuple[str, str]] = (),
    ) -> Flow[Classification]:
        """What a base model makes of a text, without a tuning.

        Args:
            model: the name of a base model, or its URI.
            text: what to classify.
            task: what the labels are about, in words.
            labels: two to twenty of them.
            samples: (text, label) of a few texts whose label is known.

        Raises:
            RpcError: refused.
        """
        return flows.classify_by_examples(self._link, model, text, task, labels, samples)

    @verb
    def embed(self, model: Tuning | str, text: str, *, dim: int | None = None) -> Flow[Embedding]:
        """A text as a unit vector of `dim` numbers; left out, of all that there are. Raises RpcError."""
        return flows.embed(self._link, model, text, dim)

    @verb
    def tokenize(self, model: Tuning | str, said: Conversation) -> Flow[tuple[Token, ...]]:
        """A text, or a conversation as the model would see it, in its tokens. Raises RpcError."""
        return flows.tokens(self._link, model, said)
