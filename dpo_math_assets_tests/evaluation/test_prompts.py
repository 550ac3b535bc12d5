import json
from pathlib import Path

import pytest

from dpo_math_assets.errors import EvaluationError
from dpo_math_assets.evaluation.prompts import load_eval_prompts
from dpo_math_assets.evaluation.schema import PROMPT_SCHEMA

SHARED = Path(__file__).parents[2].parent / "shared" / "data" / "eval"

GOOD = '{"id": "1", "prompt": "Solve 1+1", "ground_truth": "2", "meta": {"level": 1}}'


def write(folder: Path, name: str, *lines: str) -> Path:
    path = folder / name
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def test_prompts_of_several_files_keep_ids_apart(tmp_path):
    held_out = write(tmp_path, "eval_prompts.jsonl", GOOD)
    other = write(tmp_path, "svamp.jsonl", GOOD, GOOD.replace('"1", ', '"svamp/7", '))
    found = load_eval_prompts(tmp_path, [str(other)])
    assert found.schema == PROMPT_SCHEMA
    assert found["prompt_id"].to_list() == ["held_out/1", "svamp/1", "svamp/7"]
    assert found["source"].to_list() == ["held_out", "svamp", "svamp"]
    assert json.loads(found["meta"][0]) == {"level": 1}
    assert load_eval_prompts(held_out, []).height == 1
    assert load_eval_prompts(None, [str(other)]).height == 2


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("{", "not JSON"),
        ("[" * 100_000, "not JSON"),
        ("[1]", "must be an object"),
        (GOOD.replace("Solve 1+1", " "), "prompt must be text"),
        (GOOD.replace('"2"', "2"), "ground_truth must be text"),
        (GOOD.replace(', "ground_truth": "2"', ""), "ground_truth must be text"),
        (GOOD.replace('"1"', "null"), "id must be"),
        (GOOD.replace('"1"', "true"), "id must be"),
        (GOOD.replace('{"level": 1}', "[]"), "meta must be an object"),
        (GOOD.replace('"level": 1', '"level": NaN'), "meta holds NaN"),
        (GOOD.replace("Solve", "\\ud800"), "lone surrogate"),
        (GOOD.replace("1+1", "3+3"), "id 'held_out/1' was already used on line 1"),
    ],
)
def test_a_bad_row_stops_the_load_and_is_named(tmp_path, line, said):
    path = write(tmp_path, "eval_prompts.jsonl", GOOD, "", line)
    with pytest.raises(EvaluationError, match=said) as error:
        load_eval_prompts(tmp_path, [])
    assert str(error.value).startswith(f"{path}:3: ")


def test_files_that_cannot_be_used_are_named(tmp_path):
    with pytest.raises(EvaluationError, match=r"eval_prompts\.jsonl: no such evaluation file"):
        load_eval_prompts(tmp_path, [])
    write(tmp_path, "eval_prompts.jsonl", "")
    with pytest.raises(EvaluationError, match="no prompt to evaluate on"):
        load_eval_prompts(tmp_path, [])
    twin = tmp_path / "other"
    twin.mkdir()
    files = [str(write(tmp_path, "svamp.jsonl", GOOD)), str(write(twin, "svamp.jsonl", GOOD))]
    with pytest.raises(EvaluationError, match="Two evaluation files are called 'svamp'"):
        load_eval_prompts(None, files)
    latin = tmp_path / "latin.jsonl"
    latin.write_bytes(b'{"id": "\xe9"}\n')
    with pytest.raises(EvaluationError, match="not UTF-8"):
        load_eval_prompts(None, [str(latin)])


@pytest.mark.skipif(not SHARED.is_dir(), reason="the shared data is not here")
def test_real_benchmark_files_load_whole():
    files = sorted(str(path) for path in SHARED.glob("*.jsonl"))
    lines = sum(len(Path(name).read_text(encoding="utf-8").splitlines()) for name in files)
    found = load_eval_prompts(None, files)
    assert found.height == lines > 2000
    assert found["prompt_id"].is_unique().all()
