"""Which models there are: the embedded one, local checkpoints, and those pulled from the hub into this memory."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import lru_cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from twin_app.errors import TwinError
from twin_app.offline import network_allowed

EMBEDDED = "twin-tiny"


class Models:
    def __init__(self, folder: Path) -> None:
        self.folder = folder  # of pulled checkpoints: ORGANISATION--NAME

    def path(self, name: str) -> Path:
        """The checkpoint folder of a name or path; raises TwinError that says what to do."""
        if (found := self._find(name)) is not None:
            return found
        known = ", ".join(self.names())
        if Path(name).is_absolute():
            raise TwinError(f"there is no checkpoint in {name} (no config.json): name its folder, or one of {known}")
        raise TwinError(
            f"there is no model {name!r} here, only {known}: give the folder of a checkpoint, or fetch one from the "
            f"hub with `twin model pull {name}`, then `twin model use {name}`"
        )

    def has(self, name: str) -> bool:
        return self._find(name) is not None

    def _find(self, name: str) -> Path | None:
        if name == EMBEDDED:
            return Path(str(files("engine"))) / "checkpoints" / EMBEDDED
        candidates = (self.folder / name.replace("/", "--"), Path(name).expanduser())
        return next((path.absolute() for path in candidates if (path / "config.json").is_file()), None)

    def measure(self, name: str) -> Callable[[str], int]:
        """Counts the tokens of a text as this model sees it; its weights are not loaded."""
        return _counter(self.path(name))

    def names(self) -> list[str]:
        pulled = sorted(self.folder.glob("*/config.json")) if self.folder.is_dir() else []
        return [EMBEDDED, *(path.parent.name.replace("--", "/") for path in pulled)]

    def info(self, name: str) -> dict[str, Any]:
        """What a checkpoint is, from its configuration and files."""
        path = self.path(name)
        config = json.loads((path / "config.json").read_text(encoding="utf-8"))
        routing = config.get("msa_config") or {}
        card = path / "README.md"
        return {
            "model": name, "path": str(path), "bytes": sum(f.stat().st_size for f in path.glob("*.safetensors")),
            "hidden_size": config.get("hidden_size"), "layers": config.get("num_hidden_layers"),
            "routing_layers": routing.get("router_layer_idx"), "chunk_size": routing.get("pooling_kernel_size"),
            "top_k": routing.get("top_k_docs"), "vocabulary": config.get("vocab_size"),
            "card": card.read_text(encoding="utf-8") if card.is_file() else None,
        }  # fmt: skip

    def pull(self, name: str) -> Path:
        """Downloads a checkpoint from the hub: the one network access of Twin."""
        from engine.hub import pull

        folder = self.folder / name.replace("/", "--")
        try:
            with network_allowed():
                return pull(name, folder)
        except Exception as error:
            raise TwinError(f"{name} could not be pulled from the hub: {error}") from error


@lru_cache(maxsize=2)
def _counter(checkpoint: Path) -> Callable[[str], int]:
    from engine.tokenizer import MemoryTokenizer

    return MemoryTokenizer(checkpoint / "tokenizer.json").count
