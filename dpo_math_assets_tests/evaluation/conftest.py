"""A tiny random Llama with a character tokenizer, made on the spot."""

from pathlib import Path

import pytest

CHARACTERS = "0123456789+-*/()= abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ:.\n"
END, PAD = "<end>", "<pad>"  # ids 0 and 1


def make_tiny_model(folder: Path, *, silent: bool = False, seed: int = 0, window: int = 64) -> Path:
    """Write the model; a `silent` one scores all tokens alike, so greedy ends at once (id 0)."""
    import torch
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers
    from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

    vocabulary = {token: number for number, token in enumerate([END, PAD, *CHARACTERS])}
    tokenizer = Tokenizer(models.WordLevel(vocabulary, unk_token=PAD))
    tokenizer.pre_tokenizer = pre_tokenizers.Split("", "isolated")
    tokenizer.decoder = decoders.Fuse()
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        model = LlamaForCausalLM(
            LlamaConfig(
                vocab_size=len(vocabulary),
                hidden_size=16,
                intermediate_size=32,
                num_hidden_layers=2,
                num_attention_heads=2,
                num_key_value_heads=2,
                max_position_embeddings=window,
                initializer_range=0.5,
                bos_token_id=None,
                eos_token_id=0,
                pad_token_id=1,
            )
        )
    if silent:
        torch.nn.init.zeros_(model.lm_head.weight)
    model.save_pretrained(folder)
    PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, eos_token=END, pad_token=PAD, unk_token=PAD
    ).save_pretrained(folder)
    return folder


@pytest.fixture(scope="session")
def tiny_model(tmp_path_factory: pytest.TempPathFactory) -> str:
    return str(make_tiny_model(tmp_path_factory.mktemp("models") / "tiny"))
