"""MSA checkpoints for `transformers`: `AutoConfig` and `AutoModelForCausalLM` know `model_type: msa`.

Loaded by `engine/__init__` when transformers' auto classes are, never by the engine itself.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from transformers.configuration_utils import PretrainedConfig

from engine.circuit import lay
from engine.config import ModelConfig
from engine.encode import causal_step
from engine.qwen3 import Backbone, MemoryModel
from engine.tokenizer import MemoryTokenizer

HUB_OPTIONS = ("cache_dir", "force_download", "local_files_only", "token", "revision", "subfolder")


class MSAConfig(PretrainedConfig):  # type: ignore[no-untyped-call]
    """config.json of a released checkpoint, every key kept; `engine.config.ModelConfig` is the checked form."""

    model_type = "msa"

    def __init__(self, **values: Any) -> None:
        super().__init__(**values)

    @property
    def checked(self) -> ModelConfig:
        return ModelConfig.from_dict(self.to_dict())


def register_config(auto: Any) -> None:
    auto.AutoConfig.register("msa", MSAConfig, exist_ok=True)


def register_model(auto: Any) -> None:
    from transformers.generation.utils import GenerationMixin
    from transformers.modeling_outputs import CausalLMOutputWithPast
    from transformers.modeling_utils import PreTrainedModel
    from transformers.utils.hub import cached_file

    class MSAForCausalLM(PreTrainedModel, GenerationMixin):  # type: ignore[no-untyped-call]
        """The checkpoint as a plain causal language model, without memory (routing needs a bank: engine.session)."""

        config_class = MSAConfig
        base_model_prefix = "model"
        _tied_weights_keys = {"lm_head.weight": "model.embed_tokens.weight"}  # noqa: RUF012 (transformers' form)

        def __init__(self, config: MSAConfig) -> None:
            super().__init__(config)
            checked = config.checked
            inner = MemoryModel(checked)
            self.model: Backbone = inner.model
            self.temperature = inner.temperature
            self.lm_head = torch.nn.Linear(checked.hidden_size, checked.vocab_size, bias=False)
            self.checked = checked
            self.post_init()  # type: ignore[no-untyped-call]

        @classmethod
        def from_pretrained(cls, pretrained_model_name_or_path: Any, *inputs: Any, **options: Any) -> Any:
            """As transformers does it; then the circuit is laid, where config.json asks for it, as the engine does."""
            loaded = super().from_pretrained(pretrained_model_name_or_path, *inputs, **options)
            model = loaded[0] if isinstance(loaded, tuple) else loaded
            if model.checked.identity_circuit:
                kept = {key: value for key, value in options.items() if key in HUB_OPTIONS}
                path = cached_file(pretrained_model_name_or_path, "tokenizer.json", **kept)
                model._lay(MemoryTokenizer(Path(str(path))))
            return loaded

        def _lay(self, tokenizer: MemoryTokenizer) -> None:
            whole = MemoryModel(self.checked)
            whole.load_state_dict(self.state_dict(), strict=False)
            lay(whole, tokenizer)
            self.load_state_dict(whole.state_dict(), strict=False)
            self.checked, self.config.identity_circuit = whole.config, 0

        def get_input_embeddings(self) -> torch.nn.Module:
            embeddings: torch.nn.Module = self.model.embed_tokens
            return embeddings

        def get_output_embeddings(self) -> torch.nn.Module:
            head: torch.nn.Module = self.lm_head
            return head

        def forward(self, input_ids: Tensor, **_: Any) -> Any:
            runner = self._runner()
            x = self.model.embed_tokens(input_ids)
            rope = runner.rope(torch.arange(input_ids.shape[1], device=input_ids.device), x.dtype)
            for index in range(self.checked.layers):
                x = causal_step(runner, x, index, rope)[0]
            return CausalLMOutputWithPast(logits=self.lm_head(self.model.norm(x)))

        def _runner(self) -> MemoryModel:
            runner = MemoryModel.__new__(MemoryModel)
            torch.nn.Module.__init__(runner)
            runner.config, runner.model = self.checked, self.model
            return runner

        def prepare_inputs_for_generation(self, input_ids: Tensor, *_: Any, **__: Any) -> dict[str, Any]:
            return {"input_ids": input_ids}

    auto.AutoModelForCausalLM.register(MSAConfig, MSAForCausalLM, exist_ok=True)


def pull(name: str, folder: Path) -> Path:
    """Downloads a checkpoint from the hub into `folder`; the only network access of Twin (`twin model pull`)."""
    from huggingface_hub import snapshot_download

    patterns = ["*.json", "*.safetensors", "*.txt", "*.jinja"]
    return Path(snapshot_download(name, local_dir=folder, allow_patterns=patterns))
