"""What holds for every mixture of good and failing models."""

from dataclasses import dataclass

from hypothesis import given
from hypothesis import strategies as st
from langchain_core.messages import HumanMessage

from agents.contract import ModelCall
from agents.errors import (
    AccessRefused,
    BadModelOutput,
    ModelError,
    ModelUnavailable,
    NoModelAvailable,
    PromptNotAnswered,
    RateLimited,
)
from agents.models.chain import ModelChain, build_link
from agents.models.pieces import Completed, Delta, FinishReason, Piece, Restart
from agents.models.prompt import Prompt
from agents.models.scripted import ScriptedModel, Step, answer

PROMPT = Prompt(system="", messages=[HumanMessage("Why?")])
ERRORS = (AccessRefused(), BadModelOutput(), ModelUnavailable(), PromptNotAnswered(), RateLimited(1))


@dataclass(frozen=True)
class Behaviour:
    texts: tuple[str, ...]
    error: ModelError | None
    finish: FinishReason | None

    @property
    def is_good(self) -> bool:
        is_whole = self.finish in {FinishReason.STOP, FinishReason.LENGTH}
        return self.error is None and is_whole and bool(self.texts)


behaviours = st.builds(
    Behaviour,
    texts=st.lists(st.text(min_size=1, max_size=4), max_size=3).map(tuple),
    error=st.none() | st.sampled_from(ERRORS),
    finish=st.none() | st.sampled_from(FinishReason),
)


async def run(chain: ModelChain, calls: list[ModelCall]) -> list[Piece]:
    pieces: list[Piece] = []
    stream = chain.stream(PROMPT, role="answer", calls=calls)
    try:
        while (piece := await anext(stream, None)) is not None:
            pieces.append(piece)
    except NoModelAvailable:
        pass
    return pieces


@given(st.lists(behaviours, max_size=5))
async def test_what_is_left_is_the_first_good_answer_or_nothing(script: list[Behaviour]) -> None:
    models = []
    for index, behaviour in enumerate(script):
        steps: list[Step] = [*behaviour.texts, *([behaviour.error] if behaviour.error else [])]
        models.append(ScriptedModel([answer(*steps, finish=behaviour.finish)], name=f"scripted:{index}"))
    calls: list[ModelCall] = []
    pieces = await run(ModelChain([build_link(model) for model in models]), calls)

    good = next((index for index, behaviour in enumerate(script) if behaviour.is_good), None)
    text, has_void_text = "", False
    for piece in pieces:
        if isinstance(piece, Delta):
            text += piece.text
        elif isinstance(piece, Restart):
            assert text, "a restart voids something"
            text = ""
            has_void_text = True
    assert text == ("" if good is None else "".join(script[good].texts))

    asked = script if good is None else script[: good + 1]
    failed = asked if good is None else asked[:-1]
    assert has_void_text == any(behaviour.texts for behaviour in failed)
    assert [call.model for call in calls] == [f"scripted:{index}" for index in range(len(asked))]
    assert [call.error is None for call in calls] == [behaviour.is_good for behaviour in asked]
    completed = [piece for piece in pieces if isinstance(piece, Completed)]
    assert [piece.model for piece in completed] == ([] if good is None else [f"scripted:{good}"])
    assert not completed or pieces[-1] is completed[0]
