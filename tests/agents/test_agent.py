"""Whole turns through the graph, told as dialogues."""

import asyncio
from contextlib import aclosing

import pytest

from agents.contract import DecidedBy, Outcome, Question, Reset, TextDelta, TurnRequest
from agents.domains import read_domains
from agents.draft import REFUSAL
from agents.errors import ConfigurationError, ModelUnavailable
from agents.models.pieces import Usage
from agents.models.prompt import Prompt
from agents.models.scripted import Answer, Decision, ScriptedModel, answer
from agents.supervisor import Routing
from tests.agents.conftest import Conversation, OpenedAgent
from tests.fakes.memory_knowledge import MemoryKnowledge, classified, passage

REFUNDS = passage("billing/refunds.md", "Annual plans are refunded in full within 30 days.", section="Annual")
PAID_BACK = passage("billing/refunds.md", "Refunds are paid back within 10 days.", section="Payment", position=1)
PLANS = passage("billing/seats.md", "The Team plan costs 29 dollars a seat.", section="Team")
KEYS = passage("technical/keys.md", "Rotate keys under Settings, API keys, Rotate.", section="Rotation")
PRIVACY = passage("compliance/privacy.md", "Account data is erased 30 days after closing.", section="Erasure")
TERMS = passage("compliance/terms.md", "The contract is governed by German law.", section="Law")
ALL = (REFUNDS, PAID_BACK, PLANS, KEYS, PRIVACY, TERMS)

REFUND_QUESTION = "Are annual plans refunded?"
LABELS = {
    REFUND_QUESTION: classified("billing"),
    "How do I rotate keys?": classified("technical"),
    "When is account data erased?": classified("compliance"),
    "hello": classified("smalltalk.greeting"),
    "what can you do": classified("smalltalk.capabilities"),
    "I want to speak to a person": classified("human"),
    "Who won the football match?": classified("offtopic", confidence=0.6),
}


def knowledge() -> MemoryKnowledge:
    return MemoryKnowledge(ALL, LABELS, default=classified("general", confidence=0.4))


def last_message(prompt: Prompt) -> str:
    return prompt.messages[-1].text


async def test_without_a_model_the_documents_are_quoted_with_their_sources(opened_agent: OpenedAgent) -> None:
    async with opened_agent(knowledge()) as agent:
        heard = await Conversation(agent).says(REFUND_QUESTION)
    assert heard.route.domain == "billing"
    assert heard.route.decided_by is DecidedBy.LOCAL
    assert heard.end.outcome is Outcome.QUOTED
    assert heard.end.model == "search-only"
    assert "> Annual plans are refunded in full within 30 days." in heard.end.text
    assert heard.streamed == heard.end.text
    assert heard.sources[0] == "billing/refunds.md"


async def test_a_model_answers_from_the_passages_and_cites_them(opened_agent: OpenedAgent) -> None:
    model = ScriptedModel([answer("Annual plans are refunded ", "within 30 days [1].", usage=Usage(100, 8))])
    async with opened_agent(knowledge(), answers=[model]) as agent:
        heard = await Conversation(agent).says(REFUND_QUESTION)
    assert heard.end.outcome is Outcome.ANSWERED
    assert heard.end.text == heard.streamed == "Annual plans are refunded within 30 days [1]."
    assert heard.sources == ["billing/refunds.md"]
    assert [(call.role, call.output_tokens) for call in heard.end.calls] == [("answer", 8)]


async def test_a_citation_of_nothing_is_never_shown(opened_agent: OpenedAgent) -> None:
    model = ScriptedModel(["Annual plans are refunded within 30 days [1] [77]."])
    async with opened_agent(knowledge(), answers=[model]) as agent:
        heard = await Conversation(agent).says(REFUND_QUESTION)
    assert "77" not in heard.streamed + heard.end.text


async def test_an_answer_that_cites_nothing_is_taken_back(opened_agent: OpenedAgent) -> None:
    model = ScriptedModel(["Bananas are rich in potassium."])
    async with opened_agent(knowledge(), answers=[model]) as agent:
        heard = await Conversation(agent).says(REFUND_QUESTION)
    assert heard.end.outcome is Outcome.ABSTAINED
    assert "Bananas" not in heard.end.text
    assert heard.streamed == heard.end.text


async def test_a_model_that_finds_nothing_says_so_in_its_words_and_offers_a_person(opened_agent: OpenedAgent) -> None:
    model = ScriptedModel([f"{REFUSAL}: Dazu steht nichts in den Dokumenten."])
    async with opened_agent(knowledge(), answers=[model]) as agent:
        heard = await Conversation(agent).says(REFUND_QUESTION)
    assert heard.end.outcome is Outcome.ABSTAINED
    assert heard.end.offers_person
    assert heard.end.text == "Dazu steht nichts in den Dokumenten. You can reach a person here: help@acme.example."
    assert heard.sources == []


async def test_what_no_document_covers_is_not_quoted(opened_agent: OpenedAgent) -> None:
    async with opened_agent(knowledge()) as agent:
        heard = await Conversation(agent).says("Which umbrella should somebody carry tomorrow?")
    assert heard.end.outcome is Outcome.ABSTAINED
    assert "couldn't find that in Acme's documents" in heard.end.text


async def test_when_a_model_breaks_off_the_next_one_begins_again(opened_agent: OpenedAgent) -> None:
    first = ScriptedModel([answer("Annual plans cost a lot, and ", ModelUnavailable("unreachable"))], name="a:1")
    second = ScriptedModel(["Annual plans are refunded within 30 days [1]."], name="b:2")
    async with opened_agent(knowledge(), answers=[first, second]) as agent:
        heard = await Conversation(agent).says(REFUND_QUESTION)
    assert any(isinstance(event, Reset) for event in heard.events)
    assert heard.streamed == heard.end.text == "Annual plans are refunded within 30 days [1]."
    assert heard.end.model == "b:2"
    assert [call.error for call in heard.end.calls] == ["unreachable", None]


async def test_when_every_model_fails_the_documents_are_quoted(opened_agent: OpenedAgent) -> None:
    model = ScriptedModel([answer("Annual ", ModelUnavailable("unreachable"))])
    async with opened_agent(knowledge(), answers=[model]) as agent:
        heard = await Conversation(agent).says(REFUND_QUESTION)
    assert heard.end.outcome is Outcome.QUOTED
    assert heard.streamed == heard.end.text


@pytest.mark.parametrize(
    ("said", "outcome", "fragment"),
    [
        ("hello", Outcome.SMALLTALK, "Ask me anything about Acme"),
        ("what can you do", Outcome.SMALLTALK, "show you where it says so"),
        ("I want to speak to a person", Outcome.HANDOFF, "help@acme.example"),
    ],
)
async def test_the_reception_replies_without_searching(
    opened_agent: OpenedAgent, said: str, outcome: Outcome, fragment: str
) -> None:
    known = knowledge()
    async with opened_agent(known) as agent:
        heard = await Conversation(agent).says(said)
    assert heard.end.outcome is outcome
    assert fragment in heard.end.text
    assert known.searches == []


async def test_an_offtopic_question_is_refused_but_only_when_the_documents_agree(opened_agent: OpenedAgent) -> None:
    doubtful = classified("offtopic", confidence=0.6, runner_up="billing")
    async with opened_agent(MemoryKnowledge(ALL, {**LABELS, f"{REFUND_QUESTION}!": doubtful})) as agent:
        chat = Conversation(agent)
        assert (await chat.says("Who won the football match?")).route.domain == "offtopic"
        assert (await chat.says(f"{REFUND_QUESTION}!")).route.domain == "billing"


async def test_a_followup_is_searched_with_what_it_leans_on(opened_agent: OpenedAgent) -> None:
    known = knowledge()
    async with opened_agent(known) as agent:
        chat = Conversation(agent)
        await chat.says("How do I rotate keys?")
        heard = await chat.says("and where is that?")
    assert heard.route.domain == "technical"
    assert heard.route.query == "How do I rotate keys? and where is that?"
    assert known.searches[-2:] == ["and where is that?", "How do I rotate keys? and where is that?"]
    assert heard.sources[0] == "technical/keys.md"


async def test_a_followup_asks_the_routing_model_with_the_conversation(opened_agent: OpenedAgent) -> None:
    prompts: list[Prompt] = []

    def decide(prompt: Prompt) -> Decision:
        prompts.append(prompt)
        return Decision({"domain": "billing", "query": "When are refunds paid back?", "confidence": 0.9, "reply": ""})

    router = ScriptedModel(decisions=decide)
    async with opened_agent(knowledge(), routers=[router]) as agent:
        chat = Conversation(agent)
        first = await chat.says(REFUND_QUESTION)
        second = await chat.says("and when do I get it?")
    assert first.route.decided_by is DecidedBy.LOCAL
    assert second.route.decided_by is DecidedBy.MODEL
    assert second.route.query == "When are refunds paid back?"
    assert REFUND_QUESTION in last_message(prompts[0])


async def test_routing_goes_on_locally_when_the_routing_model_is_down(opened_agent: OpenedAgent) -> None:
    router = ScriptedModel(decisions=[Decision(ModelUnavailable("unreachable"))])
    async with opened_agent(knowledge(), routers=[router], routing=Routing.MODEL) as agent:
        heard = await Conversation(agent).says(REFUND_QUESTION)
    assert heard.route.decided_by is DecidedBy.LOCAL
    assert heard.route.domain == "billing"
    assert [call.error for call in heard.end.calls] == ["unreachable"]


async def test_a_domain_that_is_held_whole_stands_in_the_prompt_as_a_stable_prefix(opened_agent: OpenedAgent) -> None:
    seen: list[Prompt] = []
    async with opened_agent(knowledge(), answers=[_recording(seen, "Erased 30 days after closing [1].")]) as agent:
        await Conversation(agent, "console:a").says("When is account data erased?")
        await Conversation(agent, "console:b").says("When is account data erased?")
    assert seen[0].prefix == seen[1].prefix
    assert PRIVACY.text in (seen[0].prefix or "")
    assert TERMS.text in (seen[0].prefix or "")
    assert PRIVACY.text not in last_message(seen[0])


async def test_a_domain_too_large_to_be_held_whole_is_a_clear_error(opened_agent: OpenedAgent) -> None:
    with pytest.raises(ConfigurationError, match=r"compliance.*FIRSTLINE_CAG_MAX_TOKENS"):
        async with opened_agent(knowledge(), cag_max_tokens=10):
            pass


async def test_billing_pins_its_passages_and_later_retrieves_only_what_these_lack(opened_agent: OpenedAgent) -> None:
    seen: list[Prompt] = []
    labels = {**LABELS, "How much does the Team plan cost for one seat?": classified("billing")}
    known = MemoryKnowledge(ALL, labels)
    async with opened_agent(known, answers=[_recording(seen, "Refunded in full within 30 days [1].")]) as agent:
        chat = Conversation(agent)
        await chat.says(REFUND_QUESTION)
        await chat.says(REFUND_QUESTION)
        await chat.says("How much does the Team plan cost for one seat?")
    first, second, third = ((prompt.prefix or "") for prompt in seen)
    assert REFUNDS.text in first
    assert PLANS.text not in first
    assert second == first
    assert PLANS.text in third
    assert third.startswith(first.removesuffix("\n</passages>"))


async def test_a_repeated_turn_replaces_its_answer_in_the_history(opened_agent: OpenedAgent) -> None:
    seen: list[Prompt] = []
    async with opened_agent(knowledge(), answers=[_recording(seen, "Refunded within 30 days [1].")]) as agent:
        chat = Conversation(agent)
        await chat.says(REFUND_QUESTION, turn_id="t1")
        await chat.says(REFUND_QUESTION, turn_id="t1")
        await chat.says("and then?")
    assert [message.type for message in seen[1].messages] == ["human"]
    assert [message.type for message in seen[2].messages] == ["human", "ai", "human"]


async def test_several_waiting_messages_are_answered_together(opened_agent: OpenedAgent) -> None:
    seen: list[Prompt] = []
    async with opened_agent(knowledge(), answers=[_recording(seen, "Refunded within 30 days [1].")]) as agent:
        await Conversation(agent).says("Are annual plans", "refunded?")
    assert last_message(seen[0]).endswith("Are annual plans\n\nrefunded?")


async def test_a_stopped_answer_is_remembered_as_far_as_it_was_shown(opened_agent: OpenedAgent) -> None:
    never = asyncio.Event()
    seen: list[Prompt] = []
    scripts = iter([answer("Annual plans are refunded ", never), answer("Refunded within 30 days [1].")])

    def script(prompt: Prompt) -> Answer:
        seen.append(prompt)
        return next(scripts)

    request = TurnRequest("console:test", "t0", (Question("m0", "ada", REFUND_QUESTION),))
    async with opened_agent(knowledge(), answers=[ScriptedModel(script)]) as agent:
        async with aclosing(agent.answer(request)) as events:
            async for event in events:
                if isinstance(event, TextDelta):
                    break
        await Conversation(agent).says("Are annual plans refunded then?")
    assert [message.text for message in seen[1].messages[:2]] == [REFUND_QUESTION, "Annual plans are refunded"]


async def test_a_turn_that_nobody_has_seen_is_forgotten_and_nothing_else(opened_agent: OpenedAgent) -> None:
    never = asyncio.Event()
    seen: list[Prompt] = []
    scripts = iter([answer("Within 30 days [1]."), answer("It ", never), answer("Refunded within 30 days [1].")])

    def script(prompt: Prompt) -> Answer:
        seen.append(prompt)
        return next(scripts)

    withdrawn = TurnRequest("console:test", "t9", (Question("m9", "ada", "Are annual plans cancelled?"),))
    async with opened_agent(knowledge(), answers=[ScriptedModel(script)]) as agent:
        await agent.forget_turn(withdrawn)
        chat = Conversation(agent)
        await chat.says(REFUND_QUESTION)
        async with aclosing(agent.answer(withdrawn)) as events:
            async for event in events:
                if isinstance(event, TextDelta):
                    break
        await agent.forget_turn(withdrawn)
        await chat.says("Are annual plans refunded then?")
    remembered = [str(message.content) for message in seen[-1].messages]
    assert remembered[0] == REFUND_QUESTION
    assert "Within 30 days" in remembered[1]
    assert len(remembered) == 3


async def test_what_is_forgotten_is_gone(opened_agent: OpenedAgent) -> None:
    seen: list[Prompt] = []
    async with opened_agent(knowledge(), answers=[_recording(seen, "Refunded within 30 days [1].")]) as agent:
        chat = Conversation(agent)
        await chat.says(REFUND_QUESTION)
        await agent.forget("console:test")
        await chat.says(REFUND_QUESTION)
    assert len(seen[1].messages) == 1


async def test_a_long_conversation_is_cut_to_a_window_with_a_summary(opened_agent: OpenedAgent) -> None:
    seen: list[Prompt] = []
    async with opened_agent(knowledge(), answers=[_recording(seen, "Refunded within 30 days [1].")]) as agent:
        chat = Conversation(agent)
        for number in range(15):
            await chat.says(f"Are annual plans refunded in case {number}?")
    assert max(len(prompt.messages) for prompt in seen) <= 21
    assert "asked: Are annual plans refunded in case 0?" in last_message(seen[-1])


async def test_a_question_in_another_language_says_what_can_be_searched_without_a_model(
    opened_agent: OpenedAgent,
) -> None:
    question = "Wie bekomme ich mein Geld bitte wieder zurück?"
    async with opened_agent(MemoryKnowledge(ALL, {question: classified("offtopic")})) as agent:
        heard = await Conversation(agent).says(question)
    assert "I can only search in English" in heard.end.text


async def test_every_shipped_domain_has_its_worker(opened_agent: OpenedAgent) -> None:
    for name in read_domains().names:
        known = MemoryKnowledge(ALL, {REFUND_QUESTION: classified(name)})
        async with opened_agent(known) as agent:
            assert (await Conversation(agent, f"console:{name}").says(REFUND_QUESTION)).route.domain == name


def _recording(seen: list[Prompt], text: str) -> ScriptedModel:
    def script(prompt: Prompt) -> str:
        seen.append(prompt)
        return text

    return ScriptedModel(script)
