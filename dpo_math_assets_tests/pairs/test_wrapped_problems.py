"""One problem in whatever wrapping is one problem; two problems in one wrapping are two."""

import html
import json
import random
import textwrap
from collections.abc import Callable

import polars as pl
import pytest

from dpo_math_assets.pairs.decontamination import contaminated
from dpo_math_assets.pairs.likeness import DecontaminationSettings
from dpo_math_assets.pairs.split import EVAL, TRAIN, SplitSettings, assign_splits
from dpo_math_assets.traces.prompts import canonical_key

Wrapping = Callable[[str, random.Random], str]

SHOPS = ["Mara", "Odin", "Pia", "Quentin", "Rosa", "Sven"]


def problem(number: int) -> str:
    """The problems 0 to 59: sums, equations, stories and questions about one number."""
    a, b = number + 2, 3 * number + 5
    kind = number % 6
    if kind == 0:
        return f"What is {a}*{b}?"
    if kind == 1:
        return f"Solve {a}x + {b} = {a * 7 + b} for x."
    if kind == 2:
        name = SHOPS[number // 6 % 6]
        return (
            f"{name} packs {a} crates with {b} jars each. On the way {number} jars break. "
            f"How many does {name} sell?"
        )
    if kind == 3:
        return f"Find the largest prime factor of {a * b}."
    if kind == 4:
        return f"Simplify \\frac{{{a}}}{{{b}}} + {number}."
    return f"A pool of {a} litres is filled at {b} litres a minute. When is it full?"


def before(*texts: str) -> Wrapping:
    def wrap(text: str, chance: random.Random) -> str:
        return f"{chance.choice(texts)}{chance.choice([' ', chr(10), chr(10) * 2])}{text}"

    return wrap


def behind(*texts: str) -> Wrapping:
    def wrap(text: str, chance: random.Random) -> str:
        return f"{text}{chance.choice([' ', chr(10), chr(10) * 2])}{chance.choice(texts)}"

    return wrap


def look_alikes(text: str, chance: random.Random) -> str:
    """Some letters are Cyrillic or Greek ones; what stands behind a backslash stays a command."""
    table = str.maketrans("aeopcxAEKMO", "аеорсхАΕΚМО")
    parts = text.split("\\")
    changed = [
        "".join(sign.translate(table) if chance.random() < 0.5 else sign for sign in part)
        for part in parts[:1]
    ]
    return "\\".join([*changed, *parts[1:]])


def entities(text: str, chance: random.Random) -> str:
    """Every sign of some kinds as a character reference, once or twice over."""
    for sign in "+=*'?":
        if chance.random() < 0.6:
            text = text.replace(sign, f"\0{ord(sign)}\1")
    text = html.escape(text, quote=False).replace("\0", "&#").replace("\1", ";")
    return text if chance.random() < 0.7 else text.replace("&", "&amp;")


def decimals(text: str, chance: random.Random) -> str:
    """`7` as `7.0` or `7.00`, as a table of floats gives it."""
    words = text.split(" ")
    return " ".join(
        f"{word}.{'0' * chance.randint(1, 2)}" if word.isdigit() and chance.random() < 0.7 else word
        for word in words
    )


def white_space(text: str, chance: random.Random) -> str:
    """Other spaces, or lines of a given width."""
    spaced = text.replace(" ", chance.choice(["  ", "\u00a0", " "]))
    return chance.choice([spaced, textwrap.fill(text, chance.randint(20, 40))])


def worked_examples(text: str, chance: random.Random) -> str:
    ask, reply = chance.choice([("Q:", "A:"), ("Question:", "Answer:"), ("Problem:", "Solution:")])
    shown = [
        ("What is 640+360?", "640+360 is 1000. The answer is 1000."),
        ("Lena has 800 stamps and buys 50 more. How many has she?", "800 + 50 = 850."),
    ]
    told = [f"{ask} {question}\n{reply} {answer}" for question, answer in shown]
    return "\n\n".join([*told[: chance.randint(1, 2)], f"{ask} {text}\n{reply}"])


def chat(text: str, chance: random.Random) -> str:
    system = "You are a careful assistant."
    return chance.choice(
        [
            f"<|im_start|>system\n{system}<|im_end|>\n<|im_start|>user\n{text}<|im_end|>\n"
            "<|im_start|>assistant\n",
            f"[INST] <<SYS>>\n{system}\n<</SYS>>\n\n{text} [/INST]",
            f"<|start_header_id|>user<|end_header_id|>\n\n{text}<|eot_id|>"
            "<|start_header_id|>assistant<|end_header_id|>\n\n",
            f"<start_of_turn>user\n{text}<end_of_turn>\n<start_of_turn>model\n",
            f"System: {system}\nUser: {text}\nAssistant:",
        ]
    )


def as_json(text: str, chance: random.Random) -> str:
    turns = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": text}]
    return json.dumps(chance.choice([{"question": text}, turns, {"messages": turns}]))


def as_html(text: str, chance: random.Random) -> str:
    return chance.choice(
        [f"<p>{text}</p>", f'<div class="q"><b>Task</b><br/>{text}</div>', f"<li>{text}</li>"]
    )


def markdown(text: str, chance: random.Random) -> str:
    return chance.choice(
        [f"**Problem:** {text}", f"### Question\n{text}", f"> {text}", f"```\n{text}\n```"]
    )


def numbered(text: str, chance: random.Random) -> str:
    number = chance.randint(1, 4000)
    return chance.choice(
        [f"Question {number}. {text}", f"Problem #{number}: {text}", f"[{number}] {text}"]
    ).replace(f"[{number}] ", f"[{number}]\n")


WRAPPINGS: dict[str, Wrapping] = {
    "instruction before": before(
        "Think step by step.",
        "Solve the following math problem carefully:",
        "Please reason step by step, and put your final answer within \\boxed{}.",
        "You are given a problem. Give only the final answer.",
    ),
    "instruction behind": behind(
        "Let's think step by step.",
        "Show your work and write the answer on the last line.",
        "Put your answer in \\boxed{}.",
        "Answer in at most 3 sentences.",
    ),
    "system prompt": before(
        "You are a helpful math tutor. Check each step before you answer.\n",
        "You are an expert who never skips a step in an explanation.\n\n",
    ),
    "text that no rule knows, before": before(
        "My sister found this on the back of a cereal packet.\n\n",
        "Greetings from Lisbon, where it rains.\n\n",
    ),
    "text that no rule knows, behind": behind("Good evening to everybody.", "Merci beaucoup!"),
    "chat markup": chat,
    "worked examples": worked_examples,
    "JSON": as_json,
    "HTML": as_html,
    "Markdown": markdown,
    "counter": numbered,
    "entities": entities,
    "look-alike letters": look_alikes,
    "decimals": decimals,
    "white space": white_space,
    "case": lambda text, chance: text.upper() if "\\" not in text else text,
}
# Forms of the characters come first: a table holds the problem and not its wrapping.
INSIDE = ("decimals", "look-alike letters", "case", "white space")
AROUND = [name for name in WRAPPINGS if name not in (*INSIDE, "entities", "JSON", "chat markup")]
OUTSIDE = ("chat markup", "JSON", "entities")


def wrapped(text: str, chance: random.Random) -> str:
    """The problem in up to four wrappings, one inside the other."""
    names = [name for name in INSIDE if chance.random() < 0.2]
    names += chance.sample(AROUND, chance.choice([0, 1, 1, 2]))
    names += [name for name in OUTSIDE if chance.random() < 0.12]
    for name in names:
        text = WRAPPINGS[name](text, chance)
    return text


def cleared(prompts: list[tuple[int, str]], salt: str) -> tuple[pl.DataFrame, pl.DataFrame]:
    """All prompts (number, prompt, split), and those of them that are trained on, at 50 %."""
    frame = pl.DataFrame(prompts, ["number", "prompt"], orient="row").unique(
        "prompt", maintain_order=True
    )
    frame = frame.with_columns(
        pl.int_range(pl.len()).cast(pl.String).alias("prompt_key"),
        pl.Series("canonical_key", [canonical_key(prompt) for prompt in frame["prompt"]]),
    )
    settings = SplitSettings(eval_fraction=0.5, validation_fraction=0, split_salt=salt)
    split = assign_splits(frame, settings)
    removed = contaminated(split, DecontaminationSettings())
    return split, split.filter(split=TRAIN).join(removed, on="prompt_key", how="anti")


@pytest.mark.parametrize("seed", range(20))
def test_no_held_out_problem_is_trained_on_in_another_wrapping(seed: int) -> None:
    chance = random.Random(seed)
    prompts = [(n, wrapped(problem(n), chance)) for n in range(60) for _ in range(4)]
    split, trained = cleared(prompts, f"salt {seed}")
    held_out = split.filter(split=EVAL)
    crossing = trained.join(held_out, on="number").select("prompt", "prompt_right").rows()
    assert crossing == []
    # Nor is everything thrown away to get there.
    assert trained["number"].n_unique() >= 12


@pytest.mark.parametrize("name", WRAPPINGS)
def test_a_wrapping_of_one_kind_leaves_the_problems_what_they_are(name: str) -> None:
    chance = random.Random(name)
    prompts = [(n, WRAPPINGS[name](problem(n), chance)) for n in range(60)]
    split, trained = cleared([*prompts, *((n, problem(n)) for n in range(60))], "one")
    assert trained.join(split.filter(split=EVAL), on="number", how="semi").is_empty()
    # Problems differ where they differed before: no side is empty, and no key is another's.
    assert {n for n, key in split.select("number", "canonical_key").rows()} == set(range(60))
    owners = split.group_by("canonical_key").agg(pl.col("number").n_unique())
    assert owners["number"].max() == 1
    sides = split.group_by("number").agg(pl.col("split").unique())
    clear = sides.filter(pl.col("split").list.len() == 1).explode("split")
    assert set(clear.filter(split=TRAIN)["number"]) == set(trained["number"])


def test_the_bare_problems_are_sixty_and_all_of_one_side_are_trained_on() -> None:
    split, trained = cleared([(n, problem(n)) for n in range(60)], "bare")
    assert split["canonical_key"].n_unique() == 60
    assert trained.height == split.filter(split=TRAIN).height > 20
