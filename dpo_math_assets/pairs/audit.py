"""The label audit: the verdicts that are most worth a person's look, as a sheet to fill in.

A row is an answer to a prompt with its verdict, and stands for all traces that gave it; the trace
shown is one of them. Answers are listed for these reasons:

`disagrees_with_log`
    The log and the verifier give different verdicts. Those that most traces gave come first.
`judged_both_ways`
    The same answer to the same prompt has another verdict elsewhere: a reference answer differs, a
    limit held once, or a person decided. The most frequent first.
`near_miss`
    Judged incorrect, and close to the reference answer: a number within a hundredth, or a text of
    which `NEAR` or more is the same. Two integers are no near miss: those the verifier knows. The
    closest first.
`numeric_pass`
    Judged correct by numeric comparison, which shows agreement and is no proof. The most frequent
    first.
`undecided_often`
    No verdict, and given more than once. The most frequent first.

The sheet takes the first of each kind, then the second of each, and so on, so that no kind crowds
out another. What a person has decided is not listed again. The same traces give the same sheet.
"""

import csv
import re
from collections.abc import Iterable
from difflib import SequenceMatcher
from pathlib import Path

import polars as pl

from dpo_math_assets.page import escaped, html_table, render_page
from dpo_math_assets.pairs.pairing import HAS_PROMPT
from dpo_math_assets.pairs.shares import prompt_shares
from dpo_math_assets.storage import atomic_file, write_text
from dpo_math_assets.traces.overrides import DECISION, DECISIONS, KEYS
from dpo_math_assets.verifier import Conventions, explain

_DEFAULT = Conventions()

ROWS = 200
PLAIN = "none: the answers as they stand"
KINDS = ("disagrees_with_log", "judged_both_ways", "near_miss", "numeric_pass", "undecided_often")
NEAR = 0.8
ROWS_AT_ONCE = 1_000_000
# Pairs of texts that are compared letter by letter, of each million traces.
MOST_COMPARED = 20_000
LONGEST_COMPARED = 100  # characters
# Traces that one row decides; what is beyond is listed again when those are decided.
MOST_KEYS = 1000
# Of a text in a cell; a spreadsheet cuts a cell at 32,767 characters without a word.
CELL = 3000

AUDIT_SCHEMA = pl.Schema(
    {
        "kind": pl.String,  # the first reason why it is listed, or asked_for
        "why": pl.String,  # all of them, in words
        "prompt": pl.String,
        "ground_truth": pl.String,
        "extracted": pl.String,
        "verdict": pl.String,
        "logged_verdict": pl.String,  # right, wrong or null
        DECISION: pl.String,  # empty, for a person: correct, incorrect or exclude
        "by": pl.String,  # empty
        "note": pl.String,  # empty
        "candidate": pl.String,
        "reason": pl.String,
        "method": pl.String,
        "logged_reason": pl.String,
        "traces": pl.Int64,  # that gave this answer and got this verdict
        "trace_id": pl.String,  # of one of them
        "export": pl.String,
        "line_number": pl.Int64,
        "explanation": pl.String,  # the rules that led to the verdict, a line each
        "decided_by": pl.String,  # the last of them, null where none was needed
        KEYS: pl.String,  # of all of them, up to MOST_KEYS
    }
)

_VERDICT = ["verdict", "reason", "method"]
_ANSWER = ["prompt_key", "ground_truth", "extracted", *_VERDICT, "decided"]
_PLACE = ["export", "line_number", "trace_id", "judged_key"]


def audit(
    traces: pl.LazyFrame, rows: int = ROWS, conventions: Conventions = _DEFAULT
) -> pl.DataFrame:
    """The `rows` answers (AUDIT_SCHEMA) most worth a look, of cleaned traces (CLEANED_SCHEMA).

    `conventions` are those that the traces were verified under; verdicts are explained by them.
    """
    count: int = traces.select(pl.len()).collect(engine="streaming").item()
    light = traces.filter(HAS_PROMPT)
    shares = [
        _first_of_each_kind(_judged_kinds(_answers(light.filter(share))), rows)
        for share in prompt_shares(count, ROWS_AT_ONCE)
    ]
    ranked = _first_of_each_kind(pl.concat(shares), rows)
    listed = (
        ranked.with_columns(
            pl.int_range(pl.len()).over("kind").alias("rank"),
            pl.col("kind").replace_strict(KINDS, range(len(KINDS))).alias("order"),
        )
        .sort("rank", "order")
        .unique(_ANSWER, keep="first", maintain_order=True)
        .head(rows)
        .sort("order", "rank")
    )
    return _with_texts(listed, traces, conventions)


def audit_of(
    traces: pl.LazyFrame, trace_ids: Iterable[str], conventions: Conventions = _DEFAULT
) -> pl.DataFrame:
    """The answers (AUDIT_SCHEMA) of the traces with these ids, by place, decided or not."""
    asked = traces.filter(pl.col("trace_id").is_in(list(trace_ids)))
    answers = _answers(asked).with_columns(kind=pl.lit("asked_for"), why=pl.lit("asked for"))
    return _with_texts(answers.sort(_PLACE), traces, conventions)


def _answers(traces: pl.LazyFrame) -> pl.DataFrame:
    """One row an answer and verdict: how many traces, how many the log contradicts, and one."""
    first = [pl.col(name).sort_by("agrees", *_PLACE).first() for name in _PLACE]
    return (
        traces.select(
            "prompt_key",
            pl.col("ground_truth", "extracted").str.strip_chars(),
            *_VERDICT,
            pl.col("override").is_not_null().alias("decided"),
            # The log's contradiction comes first, so that the trace shown is one that has it.
            pl.col("agrees_with_log").fill_null(True).alias("agrees"),
            *_PLACE,
        )
        .group_by(_ANSWER)
        .agg(
            pl.len().cast(pl.Int64).alias("traces"),
            pl.col("agrees").not_().sum().cast(pl.Int64).alias("contradicted"),
            pl.col("judged_key").unique().sort().head(MOST_KEYS).str.join(" ").alias(KEYS),
            *first,
        )
        .collect(engine="streaming")
    )


def _judged_kinds(answers: pl.DataFrame) -> pl.DataFrame:
    """The undecided and doubtful answers, once for each kind they are of, with why and weight."""
    verdicts = pl.col("verdict").unique().sort().str.join(", ").over("prompt_key", "extracted")
    known = answers.with_columns(
        pl.when(pl.col("extracted").is_not_null()).then(verdicts).fill_null("").alias("verdicts"),
        pl.col("traces").cast(pl.Float64).alias("many"),
    ).filter(~pl.col("decided"))
    undecided = (pl.col("verdict") == "undecided") & pl.col("extracted").is_not_null()
    of_kind = {
        "disagrees_with_log": known.filter(pl.col("contradicted") > 0).with_columns(
            weight=pl.col("contradicted").cast(pl.Float64),
            why=pl.format("the log contradicts {} of {} traces", "contradicted", "traces"),
        ),
        "judged_both_ways": known.filter(pl.col("verdicts").str.contains(", ")).with_columns(
            weight="many", why=pl.format("this answer is judged {}", "verdicts")
        ),
        "near_miss": _near_misses(known),
        "numeric_pass": known.filter(method="numeric", verdict="correct").with_columns(
            weight="many", why=pl.lit("right by numeric comparison alone")
        ),
        "undecided_often": known.filter(undecided & (pl.col("traces") > 1)).with_columns(
            weight="many", why=pl.format("no verdict, and given {} times", "traces")
        ),
    }
    kinds = pl.concat(
        [rows.with_columns(kind=pl.lit(kind)) for kind, rows in of_kind.items()],
        how="diagonal",
    )
    return kinds.with_columns(pl.col("why").str.join("; ").over(_ANSWER))


def _first_of_each_kind(answers: pl.DataFrame, rows: int) -> pl.DataFrame:
    """The `rows` answers of each kind with the largest weight; keys and places break ties."""
    return answers.sort(
        "kind", -pl.col("weight"), -pl.col("traces"), "prompt_key", *_PLACE, *_VERDICT
    ).filter(pl.int_range(pl.len()).over("kind") < rows)


# Near misses -------------------------------------------------------------------------------------

_NUMBER = r"^[+-]?(?:\d+\.?\d*|\.\d+)$"
_INTEGER = r"^[+-]?\d+$"


def _near_misses(answers: pl.DataFrame) -> pl.DataFrame:
    """The answers judged incorrect that are close to the reference, with how close (0 to 1)."""
    bare = {
        name: pl.col(name).str.replace_all(r"\\[,;!: ]|\\left|\\right|[\s,$%{}]", "")
        for name in ("extracted", "ground_truth")
    }
    wrong = (
        answers.filter(verdict="incorrect")
        .drop_nulls(["extracted", "ground_truth"])
        .with_columns(answer=bare["extracted"], gold=bare["ground_truth"])
    )
    numbers = pl.all_horizontal(pl.col("answer", "gold").str.contains(_NUMBER))
    integers = pl.all_horizontal(pl.col("answer", "gold").str.contains(_INTEGER))
    a, g = (pl.col(name).cast(pl.Float64, strict=False) for name in ("answer", "gold"))
    by_number = (
        wrong.filter(numbers & ~integers)
        .with_columns(weight=1 - (a - g).abs() / g.abs())
        .filter(pl.col("weight").is_between(0.99, 1))
    )
    lengths = [pl.col(name).str.len_chars() for name in ("answer", "gold")]
    shorter, longer = pl.min_horizontal(lengths), pl.max_horizontal(lengths)
    texts = (
        wrong.filter(
            ~numbers,
            shorter > 0,
            longer <= LONGEST_COMPARED,
            # What is shared is twice the shorter of both at most.
            2 * shorter >= NEAR * (shorter + longer),
        )
        .sort("prompt_key", *_PLACE)
        .head(MOST_COMPARED)
    )
    alike = [
        SequenceMatcher(None, answer.casefold(), gold.casefold(), autojunk=False).ratio()
        for answer, gold in texts.select("answer", "gold").iter_rows()
    ]
    by_text = texts.with_columns(pl.Series("weight", alike, dtype=pl.Float64)).filter(
        pl.col("weight") >= NEAR
    )
    return (
        pl.concat([by_number, by_text])
        .with_columns(why=pl.lit("judged incorrect, but close to the reference answer"))
        .drop("answer", "gold")
    )


def _with_texts(
    answers: pl.DataFrame, traces: pl.LazyFrame, conventions: Conventions
) -> pl.DataFrame:
    """The answers with the texts and the logged verdict of the trace shown, in their order."""
    keys = answers.get_column("judged_key")
    from_final = pl.col("answer_source") == "final"
    judged = pl.when(from_final).then("final").otherwise("candidate").alias("judged")
    texts = (
        traces.filter(pl.col("judged_key").is_in(keys.implode()))
        .join(answers.lazy().select(_PLACE).unique(), on=_PLACE, how="semi")
        .select(
            *_PLACE, "prompt", "candidate", "logged_ok", "logged_reason", judged.alias("judged")
        )
        .collect(engine="streaming")
        .unique(_PLACE, keep="any")  # records that repeat an id on one line hold the same text
    )
    logged = pl.col("logged_ok").replace_strict({True: "right", False: "wrong"}, default=None)
    empty = [pl.lit("").alias(name) for name in (DECISION, "by", "note")]
    shown = answers.join(texts, on=_PLACE, how="left", nulls_equal=True, maintain_order="left")
    explanations = [
        explain(candidate, gold, conventions)
        for candidate, gold in shown.select("judged", "ground_truth").iter_rows()
    ]
    as_text = [explanation.as_text() for explanation in explanations]
    decided_by = [explanation.decided_by for explanation in explanations]
    return shown.with_columns(
        logged.cast(pl.String).alias("logged_verdict"),
        pl.Series("explanation", as_text, dtype=pl.String),
        pl.Series("decided_by", decided_by, dtype=pl.String),
        *empty,
    ).select(AUDIT_SCHEMA.names())


def rules_against_the_log(rows: pl.DataFrame) -> pl.DataFrame:
    """Of the sheet's answers that the log judges otherwise: by which rule the verifier decided.

    Columns `decided_by`, `answers` and `traces`, the rule behind most traces first. Where log and
    verifier differ by one rule again and again, either the rule or the log's checker is at fault.
    """
    return (
        rows.filter(pl.col("kind") == "disagrees_with_log")
        .group_by(pl.col("decided_by").fill_null(PLAIN))
        .agg(pl.len().cast(pl.Int64).alias("answers"), pl.col("traces").sum())
        .sort("traces", "answers", "decided_by", descending=[True, True, False])
    )


# The sheet and the page --------------------------------------------------------------------------

SHEET_FILE, PAGE_FILE = "audit.csv", "audit.html"

# A spreadsheet takes a cell that begins like this for a formula (OWASP, "CSV injection"). One that
# parts cells by `;` or tabs, by its country's custom, begins cells within ours, and rows at line
# ends, for it does not see our quotes.
_FORMULA = re.compile(r'\A(?=\t)|(?<![^;\t\n])(?="*[=+\-@＝＋－＠])')
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")


def write_sheet(rows: pl.DataFrame, path: Path) -> None:
    """Write the rows (AUDIT_SCHEMA) as CSV for spreadsheets, whole or not at all.

    UTF-8 with a byte-order mark, all cells quoted. What would be a formula gets an apostrophe
    before it, long texts are cut in the middle, and control characters are replaced.
    """
    with (
        atomic_file(path) as temporary,
        temporary.open("w", encoding="utf-8-sig", newline="") as file,
    ):
        writer = csv.writer(file, quoting=csv.QUOTE_ALL)
        writer.writerow(rows.columns)
        for row in rows.iter_rows(named=True):
            writer.writerow(
                str(value) if name == KEYS or isinstance(value, int) else _cell(value)
                for name, value in row.items()
            )


def _cell(text: str | None) -> str:
    text = _CONTROL.sub("\ufffd", (text or "").replace("\r\n", "\n"))
    if len(text) > CELL:
        text = f"{text[: CELL // 2]}\n[…]\n{text[-CELL // 2 :]}"
    return _FORMULA.sub("'", text)


def write_page(rows: pl.DataFrame, path: Path) -> None:
    """Write the rows (AUDIT_SCHEMA) as an HTML page to read, whole or not at all."""
    sections = [
        f"<p>The {rows.height} answers most worth a look. Say in the column <code>{DECISION}</code>"
        f" of the sheet <code>{SHEET_FILE}</code> what is right ({', '.join(DECISIONS)}), and put "
        "the sheet into the folder <code>overrides</code> of the data.</p>"
    ]
    number, anchors = 0, set[str]()
    if (ruled := rules_against_the_log(rows)).height:
        sections.append(_rules_table(ruled))
    for (kind,), of_kind in rows.group_by("kind", maintain_order=True):
        sections.append(f"<h2>{escaped(str(kind).replace('_', ' '))} ({of_kind.height})</h2>")
        for row in of_kind.iter_rows(named=True):
            number += 1
            rule = row["decided_by"] or PLAIN
            # The first answer of a rule is where its links lead.
            anchor = "" if rule in anchors else f' id="{_anchor(rule)}"'
            anchors.add(rule)
            facts = [
                ("reference answer", row["ground_truth"]),
                ("answer found", row["extracted"]),
                ("verdict", ", ".join(row[name] for name in _VERDICT if row[name])),
                ("log", ", ".join(filter(None, [row["logged_verdict"], row["logged_reason"]]))),
                ("how it was read", row["explanation"]),
                ("traces", str(row["traces"])),
                ("shown", f"{row['export']}, line {row['line_number']}, {row['trace_id']}"),
            ]
            table = html_table((), [(name, value or "–") for name, value in facts])
            sections.append(
                f"<article{anchor}><h3>Row {number + 1} of the sheet: {escaped(row['why'])}</h3>"
                f"<pre>{escaped(row['prompt'] or '')}</pre>{table}"
                "<details><summary>The completion</summary>"
                f"<pre>{escaped(row['candidate'] or '')}</pre></details></article>"
            )
    write_text(path, render_page("Label audit", "\n".join(sections), _STYLE, "", None))


def _anchor(rule: str) -> str:
    return f"rule-{rule.partition(':')[0]}"


def _rules_table(ruled: pl.DataFrame) -> str:
    """The rules by which log and verifier differ, each a link to its first answer."""
    lines = "".join(
        f'<tr><td><a href="#{_anchor(rule)}">{escaped(rule)}</a></td><td>{answers}</td>'
        f"<td>{traces}</td></tr>"
        for rule, answers, traces in ruled.iter_rows()
    )
    return (
        "<h2>The rules by which log and verifier differ</h2><table><thead><tr><th>decided by</th>"
        f"<th>answers</th><th>traces</th></tr></thead><tbody>{lines}</tbody></table>"
    )


_STYLE = """
:root { color-scheme: light dark; }
body { font: 15px/1.5 system-ui, sans-serif; margin: 0; }
main { max-width: 1000px; margin: 0 auto; padding: 1rem; }
h2 { margin-top: 2rem; }
h3 { font-size: 1rem; margin: 0 0 .4rem; }
article { border: 1px solid #8886; border-radius: 6px; padding: .75rem 1rem; margin: .75rem 0; }
pre { white-space: pre-wrap; overflow-wrap: anywhere; background: #8881; padding: .5rem; margin: 0;
  unicode-bidi: isolate; }
td { padding: .1rem 1rem .1rem 0; vertical-align: top; unicode-bidi: isolate;
  overflow-wrap: anywhere; }
summary { cursor: pointer; margin-top: .4rem; }
"""
