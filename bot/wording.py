"""What the bot says when it isn't answering: one place for the words, so that they agree with one another."""

from agents.contract import Recollection
from bot.about import About

MAX_QUOTED_CHARS = 400
ASKED = (
    "I've asked the people of the support team to take over. I'll stay silent here until they give this conversation "
    "back to me."
)
ASKING = "I'm asking the people of the support team to take over."
ASKED_ALREADY = "People of the support team have been asked already; they will answer here."
BACK = "The support team has given this conversation back to me: ask me again whenever you like."
GIVEN_BACK = "Thank you. I answer there again."
NOT_HANDED_OFF = (
    "Nothing here is with people. To give back a conversation elsewhere, use the button below the notice of it."
)
HELPFUL = "Thank you for telling me!"
STOPPED = "Stopped."
NOTHING_TO_STOP = "There is no answer under way that I could stop."
MUTED = "I'll be silent here until you ask me to speak again."
UNMUTED = "I'm listening again."
FORGOTTEN = "Done: I start anew here, and what was said before is forgotten."
SHARED = "I'm posting the answer for everyone here."
SHARED_ALREADY = "This answer has been posted for everyone already."
NOTHING_HERE = "There is no conversation here yet."
ANSWER_UNKNOWN = "I can't find the answer that this belongs to any more."
CONVERSATION_UNKNOWN = "I can't find the conversation that this belongs to any more."


def thank_for_criticism(about: About, *, has_support: bool) -> str:
    """Return the thanks for "not helpful", with the way to a person."""
    if has_support:
        return "Thank you for telling me. “Talk to a person” below the answer fetches somebody who can help."
    if about.contact:
        return f"Thank you for telling me. You can reach a person here: {about.contact}"
    return "Thank you for telling me."


def say_how_to_reach_people(about: About) -> str:
    """Return what to say where no one can be fetched."""
    if about.contact:
        return f"You can reach a person here: {about.contact}"
    return "I can't fetch a person from here. Please ask an administrator how to reach the support team."


def say_unreached(about: About) -> str:
    """Return what to say when the support channel could not be written to."""
    return f"I couldn't reach the support team just now. {say_how_to_reach_people(about)}"


def describe_request(*, who: str, link: str | None, group: str, field: str, recalled: Recollection | None) -> str:
    """Return the notice in the support channel; `who` is the asker's name, which notifies nobody."""
    where = f"[a conversation]({link})" if link else "a conversation"
    ping = f"<@{group}> " if group else ""
    parts = [f"{ping}**A person is wanted.** {who} asks for one in {where}{f' about {field}' if field else ''}."]
    if recalled is not None:
        parts += [f"Last question:\n> {clip(recalled.question)}", f"My answer:\n> {clip(recalled.answer)}"]
    parts.append("I stay silent there until somebody gives the conversation back to me.")
    return "\n\n".join(parts)


def describe_return(who: str, link: str | None) -> str:
    """Return what takes the place of the notice when people have given a conversation back."""
    where = f"[the conversation]({link})" if link else "the conversation"
    return f"{who} has given {where} back to me: I answer there again."


def describe_share(who: str, recalled: Recollection) -> str:
    """Return a private answer as it is posted for all."""
    return f"{who} asked: _{_plain(clip(recalled.question, 200))}_\n\n{recalled.answer}"


def clip(text: str, max_chars: int = MAX_QUOTED_CHARS) -> str:
    """Return the beginning of a text on one line, cut between words."""
    line = " ".join(text.split()).replace("`", "'")
    if len(line) <= max_chars:
        return line
    return f"{line[:max_chars].rpartition(' ')[0] or line[:max_chars]} …"


def _plain(text: str) -> str:
    """Return a text that can stand within emphasis."""
    return text.replace("_", "\\_").replace("*", "\\*")
