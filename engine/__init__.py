"""Memory Sparse Attention (arXiv 2603.23516): model, memory bank, routing, interleave, training.

Importing this package makes `transformers` know `model_type: msa`. transformers takes two seconds to import and the
engine itself needs none of it to answer, so the registration runs when, and only when, its auto classes are loaded.
"""

import os

import wrapt

# oneDNN keeps code for every shape of product it ever met, by default for 1024 of them in each of two caches: 0.6 MB a
# shape, and questions and batches bring ever new ones (docs/log.md, soak). Read when the first product runs.
for _cache in ("LRU_CACHE_CAPACITY", "ONEDNN_PRIMITIVE_CACHE_CAPACITY"):
    os.environ.setdefault(_cache, "64")


@wrapt.when_imported("transformers.models.auto.configuration_auto")
def _register_config(auto: object) -> None:
    from engine.hub import register_config

    register_config(auto)


@wrapt.when_imported("transformers.models.auto.modeling_auto")
def _register_model(auto: object) -> None:
    from engine.hub import register_model

    register_model(auto)
