"""What the verifier must give for an answer and a gold, either way round."""

from dpo_math_assets.verifier import verify


def verdicts(one: str, other: str) -> set[bool | None]:
    """What is said of either answer where the other is the gold."""
    pairs = ((one, other), (other, one))
    return {verify(f"FINAL ANSWER: {answer}", gold).ok for answer, gold in pairs}


def all_pass(gold: str, *answers: str) -> None:
    for answer in answers:
        assert verdicts(answer, gold) == {True}, answer


def none_pass(gold: str, *answers: str) -> None:
    for answer in answers:
        assert verdicts(answer, gold) == {False}, answer


def nobody_knows(gold: str, *answers: str) -> None:
    for answer in answers:
        assert verdicts(answer, gold) == {None}, answer


def passes_either_way(one: str, other: str) -> None:
    for answer, gold in ((one, other), (other, one)):
        verdict = verify(f"FINAL ANSWER: {answer}", gold)
        assert (verdict.ok, verdict.reason) == (True, "pass")
        assert verdict.method is not None


def differs_either_way(one: str, other: str) -> None:
    for answer, gold in ((one, other), (other, one)):
        assert verify(f"FINAL ANSWER: {answer}", gold).ok is False


def is_not_passed(answer: str, gold: str) -> None:
    assert verify(f"FINAL ANSWER: {answer}", gold).ok is not True


def is_undecided(answer: str, gold: str) -> None:
    assert verify(f"FINAL ANSWER: {answer}", gold).verdict == "undecided"
