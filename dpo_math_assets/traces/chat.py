"""Prompts and completions that are no plain text: chat messages, and several completions in a list.

A message is an object with `role` and `content`; the content is text, or a list of parts of which
each is text or has it under `text`.

| logged | becomes |
| --- | --- |
| a prompt of one message of the user | its content |
| a prompt of other messages | `System: …`, `User: …`, `Assistant: …`, a blank line between them |
| a completion that is a message, or messages | the contents of what the model said |
| a list of texts, of choices, of messages lists | a completion each |
"""

from typing import Any

_LABELS = {"system": "System", "developer": "System", "user": "User", "assistant": "Assistant"}
_ASKING = ("user", "human", "system", "developer", "tool", "function")
# Where an item of a list of completions has its text.
_TEXT_NAMES = ("text", "content", "message", "generated_text", "completion", "response")


def is_messages(value: Any) -> bool:
    """Whether the value is a list of chat messages."""
    return (
        isinstance(value, list)
        and bool(value)
        and all(isinstance(each, dict) and "role" in each and "content" in each for each in value)
    )


def prompt_text(value: Any) -> Any:
    """The text of a prompt that is a list of messages; any other value as it is."""
    if not is_messages(value):
        return value
    turns = [(str(each["role"]), _content(each["content"])) for each in value]
    if any(text is None for _, text in turns):
        return value
    if len(turns) == 1 and turns[0][0] == "user":
        return turns[0][1]
    return "\n\n".join(f"{_LABELS.get(role, role.capitalize())}: {text}" for role, text in turns)


def completion_texts(value: Any) -> list[str | None] | None:
    """The completions that a value holds, None for an item that is null; None for no such value."""
    if isinstance(value, str):
        return [value]
    if isinstance(value, dict):
        text = _text_of(value)
        return None if text is None else [text]
    if not isinstance(value, list) or not value:
        return None
    if is_messages(value):
        text = _said_in(value)
        return None if text is None else [text]
    found: list[str | None] = []
    for item in value:
        inner = [None] if item is None else completion_texts(item)
        if inner is None:
            return None
        found += inner
    return found


def _said_in(messages: list[dict[str, Any]]) -> str | None:
    """What the model said in the messages; None where it said nothing, or something but text."""
    said = [_content(each["content"]) for each in messages if each["role"] not in _ASKING]
    texts = [text for text in said if text is not None]
    return "\n\n".join(texts) if texts and len(texts) == len(said) else None


def _text_of(item: dict[str, Any]) -> str | None:
    for name in _TEXT_NAMES:
        if (value := item.get(name)) is not None:
            return _text_of(value) if isinstance(value, dict) else _content(value)
    return None


def _content(value: Any) -> str | None:
    """A message's text; None where a part of it is none."""
    if isinstance(value, str):
        return value
    if not isinstance(value, list):
        return None
    parts = [part.get("text") if isinstance(part, dict) else part for part in value]
    texts = [part for part in parts if isinstance(part, str)]
    return "".join(texts) if len(texts) == len(parts) else None
