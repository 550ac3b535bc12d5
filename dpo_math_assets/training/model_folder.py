"""The folder of a trained model: weights, manifest, curves and card."""

import importlib.metadata
import os
import platform
import subprocess
from contextlib import suppress
from pathlib import Path
from typing import Any

from dpo_math_assets.errors import TrainingError
from dpo_math_assets.json_objects import as_json
from dpo_math_assets.storage import write_json, write_text
from dpo_math_assets.training.adapters import ADAPTER, merge_adapter
from dpo_math_assets.training.manifest import (
    CURVES_FILE,
    MANIFEST_FILE,
    ModelManifest,
    Origin,
    TrainingReport,
)
from dpo_math_assets.training.model_code import carry_code
from dpo_math_assets.training.progress import Curves
from dpo_math_assets.training.settings import TRAINING_VERSION, TrainingSettings


def code_versions() -> dict[str, Any]:
    """What code trains: this package, its commit where it runs from a checkout, and its libraries.

    `commit` ends in `-dirty` where files were changed since; it is None outside a checkout.
    """
    names = ("torch", "transformers", "trl", "accelerate", "datasets", "tokenizers", "peft")
    packages = {}
    for name in ("dpo-math-assets", *names):
        with suppress(importlib.metadata.PackageNotFoundError):  # peft is optional
            packages[name] = importlib.metadata.version(name)
    return {"training": TRAINING_VERSION, "commit": _commit(), "packages": packages}


def _commit() -> str | None:
    folder, here = Path(__file__).parent, Path(__file__).name
    try:
        for command in (
            # A checkout around an installed package says nothing of it.
            ["git", "ls-files", "--error-unmatch", here],
            ["git", "describe", "--always", "--dirty", "--abbrev=40", "--exclude=*"],
        ):
            done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return None
    return done.stdout.strip()


def write_model(
    trainer: Any,
    settings: TrainingSettings,
    origin: Origin,
    report: TrainingReport,
    points: Curves,
    out: Path,
) -> None:
    """Fill the folder `out` with the model, its manifest, its curves and its card."""
    out.mkdir(parents=True, exist_ok=True)
    trained = out if settings.adapter == "none" else out / ADAPTER
    trainer.save_model(str(trained))
    if not trainer.is_world_process_zero():
        return
    # A pickle, of no use to whoever loads the model.
    (trained / "training_args.bin").unlink(missing_ok=True)
    if trained != out:
        # The base of 4 bits is not what was meant to be shipped: the one on disk is.
        dtype = "auto" if settings.adapter == "qlora" else trainer.model.get_base_model().dtype
        given = {**(trainer.args.model_init_kwargs or {}), "dtype": dtype}
        merge_adapter(settings, trained, out, given)
        trainer.processing_class.save_pretrained(out)
    if not list(out.glob("*.safetensors")):
        raise TrainingError(
            "The trainer wrote no model, as FSDP does with a sharded state: set "
            "fsdp_state_dict_type to FULL_STATE_DICT in the configuration of accelerate."
        )
    carry_code(settings.base_model, settings.run_code_of, out)
    write_json(out / CURVES_FILE, points)
    manifest = ModelManifest(
        base_model=settings.base_model,
        dataset_version=report.dataset_version,
        base_model_sha256=origin.base_model_sha256,
        verifier_versions=origin.verifier_versions,
        code=origin.code,
        settings=settings.model_dump(mode="json"),
        report=report,
        environment={
            "python": platform.python_version(),
            "platform": platform.platform(),
            "device": str(trainer.args.device),
            "processes": trainer.args.world_size,
            "cpus": os.cpu_count(),
            **gpu(),
        },
    )
    write_json(out / MANIFEST_FILE, as_json(manifest))
    write_text(out / "README.md", _model_card(settings, report))


def gpu() -> dict[str, str]:
    """The GPU of this process and the CUDA of its PyTorch; nothing where there is none."""
    import torch

    if not torch.cuda.is_available():
        return {}
    return {"gpu": torch.cuda.get_device_name(), "cuda": str(torch.version.cuda)}


def _trained_weights(settings: TrainingSettings, report: TrainingReport) -> str:
    if settings.adapter == "none":
        return f"all {report.parameters:,} weights"
    return (
        f"{report.parameters_trained:,} weights of adapters ({settings.adapter}, "
        f"r={settings.lora_r}, alpha={settings.lora_alpha}), which are merged into this model and "
        f"lie in `{ADAPTER}` on their own"
    )


def _model_card(settings: TrainingSettings, report: TrainingReport) -> str:
    title = "DPO" if report.trainer == "dpo" else "SFT control"
    data = (
        f"{report.rows} preference pairs, verified by math.sympy.verify"
        if report.trainer == "dpo"
        else "completions verified as correct by math.sympy.verify"
    )
    numbers = "\n".join(f"| {name} | {value:.4g} |" for name, value in report.final.items())
    warnings = "".join(f"\n- Warning: {warning}" for warning in report.warnings)
    return f"""---
library_name: transformers
tags: [{report.trainer}, trl, math]
---
# {title} of {Path(settings.base_model).name}

Trained from `{settings.base_model}` on dataset version `{report.dataset_version}`: {data}.

- Loss: {" + ".join(settings.loss_type) if report.trainer == "dpo" else "cross-entropy"}
- Trained: {_trained_weights(settings, report)}
- Steps: {report.steps}, learning rate {settings.learning_rate:g}, window {report.window} tokens
- Time: {report.seconds:.0f} s, {report.cpu_seconds:.0f} CPU seconds{warnings}

These are numbers of training, which say nothing of right answers: see the evaluation's pass rates.

| at the last logged step | |
| --- | --- |
{numbers}

`manifest.json` holds every setting and version, `curves.json` a point a logged step.
"""
