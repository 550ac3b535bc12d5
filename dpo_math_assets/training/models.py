"""Loading what a run starts from: the tokenizer and the identity of the base model.

Nothing is fetched at run time unless HF_HUB_OFFLINE=0 asks for it. A base model is a folder, or an
id that is in the local Hugging Face cache.
"""

import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from dpo_math_assets.errors import TrainingError
from dpo_math_assets.storage import file_digest
from dpo_math_assets.training.model_code import code_remedy, loading


def prepare_libraries() -> None:
    """Keep Hugging Face's libraries off the network and quiet, in this process and its children.

    Whoever wants a hub id fetched at run time sets HF_HUB_OFFLINE=0. Progress is told by
    callbacks, in numbers, and not by bars.
    """
    offline = os.environ.setdefault("HF_HUB_OFFLINE", "1").lower() in ("1", "on", "yes", "true")
    for variable in ("TQDM_DISABLE", "HF_DATASETS_DISABLE_PROGRESS_BARS"):
        os.environ.setdefault(variable, "1")
    import huggingface_hub.constants

    # They read the environment when they are first imported, which may have been before.
    huggingface_hub.constants.HF_HUB_OFFLINE = offline


@contextmanager
def cpu_threads(threads: int) -> Iterator[None]:
    """Give PyTorch so many CPU threads for a while; 0 leaves its own choice."""
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(threads or before)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def load_tokenizer(base_model: str, run_code_of: str = "") -> Any:
    """The tokenizer of `base_model`, with an end token and a pad token.

    Raises TrainingError where there is none, or where it has no end token: a model that is not
    taught where an answer ends never stops.
    """
    from transformers import AutoTokenizer

    try:
        with loading(base_model, run_code_of) as arguments:
            tokenizer = AutoTokenizer.from_pretrained(base_model, **arguments)
    except (OSError, ValueError) as error:
        raise TrainingError(not_loadable(base_model, "tokenizer", error)) from error
    if tokenizer.eos_token is None:
        raise TrainingError(
            f"The tokenizer of {base_model} has no end token. Set eos_token in its "
            "tokenizer_config.json."
        )
    if tokenizer.pad_token is None:
        tokenizer.pad_token = tokenizer.eos_token
    return tokenizer


def not_loadable(base_model: str, part: str, error: Exception) -> str:
    """The sentence that says why a part of the base model did not load, and what to do."""
    if Path(base_model).is_dir():
        remedy = "Check that save_pretrained wrote this folder whole." + code_remedy(base_model)
    else:
        remedy = (
            f"It is not in the local cache: fetch it once with `hf download {base_model}`, set "
            "HF_HUB_OFFLINE=0, or give a folder."
        )
    return f"The {part} of base_model {base_model} does not load ({error}). {remedy}"


def context_window(base_model: str, run_code_of: str = "") -> int | None:
    """The longest sequence, in tokens, that the model's configuration allows; None if unstated."""
    from transformers import AutoConfig

    try:
        with loading(base_model, run_code_of) as arguments:
            config = AutoConfig.from_pretrained(base_model, **arguments).get_text_config()
    except (OSError, ValueError) as error:
        raise TrainingError(not_loadable(base_model, "configuration", error)) from error
    window = getattr(config, "max_position_embeddings", None)
    return int(window) if window else None


def identity(base_model: str) -> str:
    """A hash of a model folder's files; of the id itself where the model is in the cache."""
    digest = hashlib.sha256()
    folder = Path(base_model)
    if not folder.is_dir():
        digest.update(base_model.encode())
        return digest.hexdigest()
    for path in sorted(folder.iterdir()):
        if path.suffix in (".json", ".safetensors", ".bin", ".model", ".jinja", ".py"):
            digest.update(path.name.encode())
            digest.update(bytes.fromhex(file_digest(path)))
    return digest.hexdigest()
