"""Settings of the sampling, apart from it so that both ways to generate can import them."""

from typing import Any

from pydantic import BaseModel, Field, field_validator


class SamplingSettings(BaseModel):
    """How completions are drawn; on one machine, equal settings give equal samples."""

    k: int = Field(default=8, ge=1, le=1024, description="Sampled completions a prompt.")
    temperature: float = Field(
        default=1.0, gt=0.0, le=5.0, description="Temperature of the sampled completions."
    )
    top_p: float = Field(
        default=1.0, gt=0.0, le=1.0, description="Nucleus of the sampled completions."
    )
    max_new_tokens: int = Field(
        default=256,
        ge=1,
        description="Tokens a completion may have, as far as the model's window has room; longer "
        "ones are cut off and marked as truncated.",
    )
    batch_size: int = Field(
        default=128,
        ge=1,
        description="Completions generated at once: more is faster until memory runs out.",
    )
    seed: int = Field(default=0, ge=0, description="Seed of the sampled completions.")
    greedy: bool = Field(default=True, description="Also draw one greedy completion a prompt.")
    max_prompts: int = Field(
        default=0, ge=0, description="Use at most this many prompts, chosen by hash; 0 for all."
    )
    benchmark_files: list[str] = Field(
        default_factory=list,
        description="JSON lines files of {id, prompt, ground_truth, meta} to evaluate on as well.",
    )
    chat_template: bool = Field(
        default=False,
        description="Send the prompt as a user message through the tokenizer's chat template. "
        "Training on plain prompts means evaluating on plain prompts.",
    )
    threads: int = Field(default=0, ge=0, description="CPU threads; 0 leaves torch's own choice.")
    server_urls: dict[str, Any] = Field(
        default_factory=dict,
        description="Models that an OpenAI-compatible server (vLLM, llama.cpp, …) answers for, as "
        "{base: http://host:8000/v1, dpo: …}. The others run here, by transformers.",
    )
    server_requests: int = Field(
        default=16, ge=1, le=1024, description="Requests to a server at once."
    )
    server_timeout_s: float = Field(
        default=600.0, gt=0, description="Seconds to wait for one completion of a server."
    )
    server_key_variable: str = Field(
        default="",
        description="Environment variable that holds the servers' API key; empty for no key.",
    )

    @field_validator("server_urls")
    @classmethod
    def _are_web_addresses(cls, urls: dict[str, Any]) -> dict[str, Any]:
        for model, url in urls.items():
            if not isinstance(url, str) or not url.startswith(("http://", "https://")):
                raise ValueError(f"{model}: {url!r} does not start with http:// or https://")
        return urls
