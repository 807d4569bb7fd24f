"""Verbs of models."""

from aistudio_client._flows import models as flows
from aistudio_client._flows.models import Asked, Conversation
from aistudio_client._steps import Flow, Items
from aistudio_client._types import Completion, Tuning
from aistudio_client._verbs.verb import Verbs, listing, verb


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
