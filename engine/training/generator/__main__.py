"""Prints a sample memory for a person to look at: python -m engine.training.generator --seed 7 --size 12"""

from __future__ import annotations

import argparse

from engine.training.generator.compose import memory


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m engine.training.generator", description=__doc__)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--size", type=int, default=12, help="documents (12)")
    given = parser.parse_args()
    made = memory(given.seed, given.size)
    for document in made.documents:
        print(f"--- {document.id}  {document.kind}  {document.date or 'undated'}\n{document.context}{document.text}\n")
    for question in made.questions:
        print(f"[{question.kind}] {question.question}\n    {question.answers or 'not in this memory'}")
        for number, start, end in question.evidence:
            print(f"    {number}: {made.documents[number].text[start:end]}")


if __name__ == "__main__":
    main()
