"""What a reader learns of people's own files: changes of low rank to its matrices, kept apart.

A change is up @ down, two thin matrices (LoRA, Hu et al. 2021, section 4.1), where vectors and the smallest matrices
are changed number by number: a thirtieth of the reader in size, and the reader stays as it was trained. Fitted by
`python -m engine.training tune`."""

from __future__ import annotations

from pathlib import Path
from typing import TypeVar

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor, nn
from torch.nn.utils import parametrize

from engine.config import ConfigError

TUNED = "reader-people.safetensors"  # in a checkpoint's folder, beside the reader it changes
RANK = 4
SHARE = 0.85  # of the changes that counts (Wortsman et al. 2022, section 3): SQuAD's F1 .494 to .508, people's the same
WHOLE = ("lengths.weight",)  # small as it is
_UP, _DOWN = ".parametrizations.weight.0.up", ".parametrizations.weight.0.down"

R = TypeVar("R", bound=nn.Module)


class LowRank(nn.Module):
    """A matrix [rows, columns] and its change; none to begin with."""

    def __init__(self, rows: int, columns: int) -> None:
        super().__init__()
        self.up = nn.Parameter(torch.zeros(rows, RANK))
        self.down = nn.Parameter(torch.randn(RANK, columns) * columns**-0.5)

    def forward(self, weight: Tensor) -> Tensor:
        return weight + self.up @ self.down


def tunable(reader: R) -> R:
    """The reader itself, in which only its changes learn."""
    reader.requires_grad_(False)
    for module in list(reader.modules()):
        if isinstance(module, nn.Linear) and min(module.weight.shape) > RANK:
            parametrize.register_parametrization(module, "weight", LowRank(*module.weight.shape))
    for name, parameter in reader.named_parameters():
        is_small = parameter.dim() == 1 or min(parameter.shape) <= RANK or name in WHOLE
        parameter.requires_grad_(is_small)
    return reader


def write_changes(tuned: nn.Module, reader: Path, path: Path) -> None:
    """What a tunable reader has learnt, in bf16. reader: the file it began from."""
    before, changes = load_file(reader), dict[str, Tensor]()
    for name, parameter in tuned.named_parameters():
        if not parameter.requires_grad:
            continue
        value = parameter.detach().cpu()
        if name.endswith((_UP, _DOWN)):
            changes[name.replace(".parametrizations.weight.0", "")] = value
        else:
            changes[name] = value - before[name].float()
    save_file({name: value.bfloat16().contiguous() for name, value in changes.items()}, path)


def tuned(tensors: dict[str, Tensor], path: Path) -> dict[str, Tensor]:
    """A reader's weights in float32 with the changes of a file. Raises ConfigError where they are of another reader."""
    try:
        changes = {name: value.float() for name, value in load_file(path).items()}
        changed = dict(tensors)
        for name, value in changes.items():
            if name.endswith(".up"):
                name = name.removesuffix("up") + "weight"
                value = value @ changes[name.removesuffix("weight") + "down"]
            elif name.endswith(".down"):
                continue
            if changed[name].shape != value.shape:
                raise ConfigError(f"{path} is of another reader: {name} has another shape")
            changed[name] = changed[name] + SHARE * value
    except (OSError, SafetensorError, KeyError) as error:
        raise ConfigError(f"{path} holds no changes of the reader beside it: {error}") from error
    return changed
