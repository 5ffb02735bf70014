"""The backbone: Qwen3 blocks with MSA's router projections, as parameters and small pure steps.

Module and parameter names are those of the released checkpoints (`model.layers.N.self_attn.router_q_proj.0.weight`).
What runs when, and what is attended to, is the business of `encode`, `prefill` and `decode`.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from engine.config import ModelConfig
from kernels.memory_attention import grouped_attention

SHORT = 512  # tokens up to which attention written out is quicker on a CPU than the fused kernel (docs/log.md)


class RMSNorm(nn.Module):
    """x / rms(x) * weight, in float32 whatever the input is."""

    def __init__(self, size: int, eps: float) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(size))
        self.eps = eps

    def forward(self, x: Tensor) -> Tensor:
        return F.rms_norm(x, (x.shape[-1],), self.weight.to(x.dtype), self.eps)


class Rope:
    """Rotary position embedding: cosines and sines of one set of positions, [..., T, d]."""

    def __init__(self, positions: Tensor, head_dim: int, theta: float, dtype: torch.dtype) -> None:
        exponent = torch.arange(0, head_dim, 2, device=positions.device, dtype=torch.float32) / head_dim
        angles = positions.float()[..., None] * theta**-exponent  # [..., T, d/2]
        angles = torch.cat((angles, angles), dim=-1)
        self.cos, self.sin = angles.cos().to(dtype), angles.sin().to(dtype)

    def turn(self, x: Tensor) -> Tensor:
        """x: [..., heads, T, d], positions broadcast over heads."""
        cos, sin = (self.cos, self.sin) if self.cos.dim() == 2 else (self.cos[:, None], self.sin[:, None])
        half = x.shape[-1] // 2
        return x * cos + torch.cat((-x[..., half:], x[..., :half]), dim=-1) * sin


class Attention(nn.Module):
    """Projections of one layer; a routing layer has the two router projections beside them."""

    def __init__(self, config: ModelConfig, routes: bool) -> None:
        super().__init__()
        hidden, d = config.hidden_size, config.head_dim
        self.heads, self.kv_heads, self.head_dim = config.heads, config.kv_heads, d
        self.q_proj = nn.Linear(hidden, config.heads * d, bias=False)
        self.k_proj = nn.Linear(hidden, config.kv_heads * d, bias=False)
        self.v_proj = nn.Linear(hidden, config.kv_heads * d, bias=False)
        self.o_proj = nn.Linear(config.heads * d, hidden, bias=False)
        self.q_norm = RMSNorm(d, config.rms_norm_eps)
        self.k_norm = RMSNorm(d, config.rms_norm_eps)
        if routes:
            self.router_q_proj = nn.Sequential(nn.Linear(hidden, config.heads * d, bias=False))
            self.router_k_proj = nn.Sequential(nn.Linear(hidden, config.kv_heads * d, bias=False))

    def queries(self, x: Tensor, rope: Rope) -> Tensor:
        """[B, T, hidden] -> [B, H, T, d], normed and turned."""
        return rope.turn(self.q_norm(_split(self.q_proj(x), self.heads)).transpose(1, 2))

    def keys_values(self, x: Tensor, rope: Rope) -> tuple[Tensor, Tensor]:
        """[B, T, hidden] -> keys (normed, turned) and values, [B, G, T, d] each."""
        keys = rope.turn(self.k_norm(_split(self.k_proj(x), self.kv_heads)).transpose(1, 2))
        return keys, _split(self.v_proj(x), self.kv_heads).transpose(1, 2)

    def routing_queries(self, x: Tensor) -> Tensor:
        """[B, T, hidden] -> [B, T, H, d]; no norm, no RoPE."""
        return _split(self.router_q_proj(x), self.heads)

    def routing_keys(self, x: Tensor) -> Tensor:
        """[B, T, hidden] -> [B, T, G, d]; no norm, no RoPE."""
        return _split(self.router_k_proj(x), self.kv_heads)

    def attend(self, q: Tensor, k: Tensor, v: Tensor, mask: Tensor | None = None, causal: bool = False) -> Tensor:
        """Grouped-query attention: q [B, H, T, d] over k, v [B, G, S, d] -> [B, T, hidden]."""
        if causal and q.device.type == "cpu" and q.shape[2] <= SHORT and not torch.is_grad_enabled():
            return self.written(_attend_short(q, k, v))
        return self.written(grouped_attention(q, k, v, mask=mask, causal=causal))

    def written(self, attended: Tensor) -> Tensor:
        """[B, H, T, d] -> what goes into the stream, [B, T, hidden]."""
        return self.o_proj(attended.transpose(1, 2).flatten(2))  # type: ignore[no-any-return]


class MLP(nn.Module):
    """SwiGLU."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.gate_proj = nn.Linear(config.hidden_size, config.intermediate_size, bias=False)
        self.up_proj = nn.Linear(config.hidden_size, config.intermediate_size, bias=False)
        self.down_proj = nn.Linear(config.intermediate_size, config.hidden_size, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        return self.down_proj(F.silu(self.gate_proj(x)) * self.up_proj(x))  # type: ignore[no-any-return]


class Layer(nn.Module):
    def __init__(self, config: ModelConfig, routes: bool) -> None:
        super().__init__()
        self.self_attn = Attention(config, routes)
        self.mlp = MLP(config)
        self.input_layernorm = RMSNorm(config.hidden_size, config.rms_norm_eps)
        self.post_attention_layernorm = RMSNorm(config.hidden_size, config.rms_norm_eps)

    def finish(self, x: Tensor, attended: Tensor) -> Tensor:
        """The residual stream after this layer, given what its attention returned."""
        x = x + attended
        out: Tensor = x + self.mlp(self.post_attention_layernorm(x))
        return out


class WordVectors(nn.Embedding):
    def reset_parameters(self) -> None:
        """Not where values are still to be read: drawing on the meta device imports torch._dynamo, 1 to 2 s."""
        if not self.weight.is_meta:
            super().reset_parameters()


class Backbone(nn.Module):
    layers: list[Layer]

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.embed_tokens = WordVectors(config.vocab_size, config.hidden_size)
        self.layers = nn.ModuleList(  # type: ignore[assignment]
            Layer(config, config.routing.separate_router and i in config.routing.layers) for i in range(config.layers)
        )
        self.norm = RMSNorm(config.hidden_size, config.rms_norm_eps)


class MemoryModel(nn.Module):
    """All parameters of a checkpoint, under the released names."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.config = config
        self.model = Backbone(config)
        self.temperature = nn.Parameter(torch.tensor(config.routing.temperature))  # of L_aux, as released
        if not config.tied_embeddings:
            self.lm_head = nn.Linear(config.hidden_size, config.vocab_size, bias=False)

    @property
    def device(self) -> torch.device:
        return self.model.embed_tokens.weight.device

    @property
    def dtype(self) -> torch.dtype:
        return self.model.embed_tokens.weight.dtype

    def embed(self, tokens: Tensor) -> Tensor:
        return self.model.embed_tokens(tokens)  # type: ignore[no-any-return]

    def logits(self, x: Tensor) -> Tensor:
        """Residual stream [..., hidden] -> logits [..., vocabulary]."""
        head = self.model.embed_tokens.weight if self.config.tied_embeddings else self.lm_head.weight
        return F.linear(self.model.norm(x), head)

    def rope(self, positions: Tensor, dtype: torch.dtype | None = None) -> Rope:
        return Rope(positions, self.config.head_dim, self.config.rope_theta, dtype or self.dtype)


def _attend_short(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
    """Causal attention q [B, H, T, d] over k, v [B, G, T, d] -> [B, H, T, d], its scores written out.

    The queries of a group's heads stand in one matrix, so that keys and values need no repeating.
    """
    batch, heads, length, d = q.shape
    groups = k.shape[1]
    future = torch.full((length, length), float("-inf"), dtype=q.dtype, device=q.device).triu(1)
    rows = q.reshape(batch * groups, -1, d)  # [B*G, H/G*T, d]
    keys, values = (x.reshape(batch * groups, length, d) for x in (k, v))
    scores = torch.baddbmm(future.repeat(heads // groups, 1), rows, keys.transpose(1, 2), alpha=d**-0.5)
    return torch.bmm(scores.softmax(-1), values).view(batch, heads, length, d)


def _split(x: Tensor, heads: int) -> Tensor:
    return x.view(*x.shape[:-1], heads, -1)
