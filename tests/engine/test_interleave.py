"""Rounds of routing, naming and opening: caps, candidates, nothing opened twice, a trail that says it all."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from tiny import TEXTS, Texts, checkpoint

from engine.interleave import CANDIDATES, Ask, Hop, Interleave, Next, Step, Trail
from engine.policy import Policy
from engine.session import Engine
from engine.template import answer_prompt, hop_prompt, question_prompt

IDS = [3 + 7 * place for place in range(len(TEXTS))]
HELD = dict(zip(IDS, TEXTS, strict=True))
QUESTION = "Who produced the film Gone with the Wind?"
GOES_ON = 4  # a seed whose weights would rather write a further ID than <End-of-Retrieve>
QUOTING = Policy(answer="quote", identity_weight=0.0, max_hops=3, max_open=2, open_share=0.0)


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Engine:
    folder = tmp_path_factory.mktemp("engine")
    engine = Engine.open(checkpoint(folder / "checkpoint", seed=GOES_ON), folder / "bank", device="cpu")
    engine.encode(list(HELD.items()))
    return engine


def run(
    engine: Engine, policy: Policy, ask: Ask | None = None, library: Texts | None = None,
    following: Next | None = None,
) -> Trail:  # fmt: skip
    trail, library = Trail(), library or Texts(HELD)
    interleave = Interleave(engine.model, engine.tokenizer, engine.head, policy, engine.memory())
    hops = list(interleave.run(ask or Ask(QUESTION), library, following, trail))
    assert hops == trail.hops
    return trail


def always(hops: Sequence[Hop]) -> Step:
    return Step(f"more than {len(hops)}", f"hop {len(hops)} was not enough", texts(hops[-1]))


def texts(hop: Hop) -> tuple[tuple[int, str], ...]:
    return tuple((passage.document, passage.encoded) for passage in hop.opened)


def opened(trail: Trail) -> list[list[int]]:
    return [[passage.document for passage in hop.opened] for hop in trail.hops]


@pytest.mark.parametrize("weight", [0.0, 0.5, 1.0], ids=["ranking", "both", "written"])
@pytest.mark.parametrize("most", [1, 2, 4])
def test_hops_are_capped_and_nothing_is_opened_twice(engine: Engine, most: int, weight: float) -> None:
    trail = run(engine, replace(QUOTING, max_hops=most, identity_weight=weight), following=always)
    assert [hop.number for hop in trail.hops] == list(range(1, most + 1))
    every = [document for hop in opened(trail) for document in hop]
    assert len(set(every)) == len(every)
    assert all(1 <= len(hop) <= QUOTING.max_open for hop in opened(trail))


def test_ends_when_nothing_is_left_to_open(engine: Engine) -> None:
    trail = run(engine, replace(QUOTING, max_hops=50, max_open=5), following=always)
    assert [len(hop) for hop in opened(trail)] == [5, 5, 2, 0]
    assert sorted(document for hop in opened(trail) for document in hop) == IDS


def test_ends_when_enough_is_known(engine: Engine) -> None:
    trail = run(engine, QUOTING, following=lambda hops: None if len(hops) == 2 else Step("x", "y", texts(hops[-1])))
    assert len(trail.hops) == 2


def test_the_trail_says_what_was_looked_for_and_why(engine: Engine) -> None:
    library = Texts(HELD)
    trail = run(engine, QUOTING, library=library, following=always)
    assert library.looked_for == [QUESTION, "more than 1", "more than 2"]
    assert [hop.reason for hop in trail.hops] == [
        "the question",
        "hop 1 was not enough",
        "hop 2 was not enough",
    ]
    for hop in trail.hops:
        routed = [document for document, _ in hop.routed]
        assert len(set(routed)) == len(routed) == 10
        assert all(passage.text == HELD[passage.document] for passage in hop.opened)
        assert set(hop.leads) == {passage.document for passage in hop.opened}
        assert all(0.0 <= lead <= 1.0 for lead in hop.leads.values())
    first, second, _ = trail.hops
    scores = [score for _, score in first.routed]
    assert scores == sorted(scores, reverse=True)
    assert [p.document for p in first.opened] == [document for document, _ in first.routed[:2]]
    # a later hop's ranking goes on from those before it
    assert {document for document, _ in first.routed[:2]} <= {document for document, _ in second.routed[:5]}
    assert first.leads[first.opened[0].document] == pytest.approx(1.0)


@pytest.mark.parametrize("retrieval", ["latent", "words", "both"])
def test_what_the_ranking_listens_to(engine: Engine, retrieval: str) -> None:
    spoken = run(engine, QUOTING, Ask(QUESTION, retrieval)).hops[0].routed
    silent = run(engine, QUOTING, Ask(QUESTION, retrieval), Texts(HELD, silent=True)).hops[0].routed
    words = Texts(HELD).words(QUESTION, 64)
    if retrieval == "words":
        heard = [document for document, _ in spoken][: len(words)]
        assert heard == list(words)[:10]
        assert all(score <= 0.0 for _, score in silent)  # shown behind, best routed first, on no evidence
        assert len(silent) == 10
    elif retrieval == "latent":
        assert spoken == silent
        assert len(spoken) == 10
    else:
        assert spoken != silent
        assert silent == run(engine, QUOTING, Ask(QUESTION, "latent")).hops[0].routed


@pytest.mark.parametrize("retrieval", ["latent", "words", "both"])
def test_only_allowed_documents_are_ranked_and_opened(engine: Engine, retrieval: str) -> None:
    allowed = IDS[2:7]
    ask = Ask(QUESTION, retrieval, allowed=torch.tensor(allowed))
    trail = run(engine, QUOTING, ask, following=lambda hops: Step(QUESTION, "again", texts(hops[-1])))
    assert len(trail.hops) == 3
    for hop in trail.hops:
        assert hop.routed
        assert {document for document, _ in hop.routed} <= set(allowed)
        assert {passage.document for passage in hop.opened} <= set(allowed)
    assert trail.opened


def test_nothing_allowed(engine: Engine) -> None:
    trail = run(engine, QUOTING, Ask(QUESTION, allowed=torch.empty(0, dtype=torch.long)), following=always)
    assert [(hop.routed, hop.opened) for hop in trail.hops] == [([], ())]


def test_a_document_removed_between_routing_and_opening(engine: Engine) -> None:
    whole = opened(run(engine, QUOTING, following=always))
    trail = run(engine, QUOTING, library=Texts(HELD, gone={whole[0][0]}), following=always)
    assert whole[0][0] not in {document for hop in opened(trail) for document in hop}
    assert opened(trail)[0] == whole[0][1:]
    none = run(engine, QUOTING, library=Texts(HELD, gone=set(IDS)), following=always)
    assert opened(none) == [[]]
    assert len(none.hops[0].routed) == 10


@pytest.mark.parametrize("silent", [True, False], ids=["nothing", "words only"])
def test_an_empty_bank(engine: Engine, silent: bool, tmp_path: Path) -> None:
    """Documents that are stored and not yet encoded are found by their words."""
    empty = Engine.open(checkpoint(tmp_path / "checkpoint"), tmp_path / "bank", device="cpu")
    for policy in (QUOTING, replace(QUOTING, identity_weight=1.0)):
        trail = run(empty, policy, library=Texts(HELD, silent=silent))
        if silent:
            assert [(hop.routed, hop.opened) for hop in trail.hops] == [([], ())]
        else:
            assert trail.hops[0].opened
            assert {document for document, _ in trail.hops[0].routed} <= set(IDS)


class TestGenerating:
    """Without `following` the model decides, and reads everything that was opened before it answers."""

    POLICY = Policy(max_hops=3, max_open=2)

    @pytest.mark.parametrize("most", [1, 2, 3])
    def test_every_opened_text_is_in_view_of_the_answer(self, engine: Engine, most: int) -> None:
        trail = run(engine, replace(self.POLICY, max_hops=most))
        rounds = [[(p.document, p.text) for p in hop.opened] for hop in trail.hops if hop.opened]
        assert len(rounds) == most
        prompt = hop_prompt(engine.tokenizer, QUESTION, rounds)
        assert trail.context is not None
        assert trail.logits is not None
        head = engine.head.keys.shape[2]
        # layer 0 sees no memory: head and prompt alone
        assert trail.context.keys[0].shape[1] == head + len(prompt.tokens)
        assert trail.context.next_position == prompt.positions(4)[-1] + 1

    def test_ids_are_candidates(self, engine: Engine) -> None:
        for question in (QUESTION, "Where was she born?", "[999][1000]<|object_ref_end|>"):
            trail = run(engine, self.POLICY, Ask(question, top=CANDIDATES))
            for at, hop in enumerate(trail.hops):
                before = {document for earlier in opened(trail)[:at] for document in earlier}
                candidates = [document for document, _ in hop.routed if document not in before]
                assert {passage.document for passage in hop.opened} <= set(candidates[:CANDIDATES])

    def test_the_same_question_is_the_same_trail(self, engine: Engine) -> None:
        assert run(engine, self.POLICY).hops == run(engine, self.POLICY).hops


@pytest.mark.parametrize("policy", [QUOTING, replace(QUOTING, identity_weight=0.5)], ids=["ranking", "mixed"])
def test_top_changes_the_length_of_the_ranking_alone(policy: Policy, tmp_path: Path) -> None:
    crowd = Engine.open(checkpoint(tmp_path / "checkpoint"), tmp_path / "bank", device="cpu")
    words = " ".join(TEXTS).split()
    texts = {number: " ".join(words[9 * number : 9 * number + 9]) + "." for number in range(90)}
    crowd.encode(list(texts.items()))
    trails = {top: run(crowd, policy, Ask(QUESTION, top=top), Texts(texts), always) for top in (1, 10, 64, 100)}
    longest = [hop.routed for hop in trails[100].hops]
    for top, trail in trails.items():
        assert opened(trail) == opened(trails[10])
        for hop, usual in zip(trail.hops, trails[10].hops, strict=True):
            assert hop.leads == pytest.approx(usual.leads, abs=1e-6)
        for hop, whole in zip(trail.hops, longest, strict=True):
            assert len(hop.routed) >= min(top, len(texts))
            assert hop.routed == whole[: len(hop.routed)]
    assert {document for document, _ in longest[0]} == set(texts)
    scores = [score for _, score in longest[0]]
    assert scores == sorted(scores, reverse=True)


def test_prompts_of_the_first_and_last_round_end_where_the_model_goes_on(engine: Engine) -> None:
    tokenizer = engine.tokenizer
    assert question_prompt(tokenizer, QUESTION).tokens[-1] == tokenizer.im_start
    assert hop_prompt(tokenizer, QUESTION, [[(3, "x")]]).tokens[-1] == tokenizer.object_ref_end
    assert answer_prompt(tokenizer, QUESTION)[-1] == tokenizer.object_ref_end
