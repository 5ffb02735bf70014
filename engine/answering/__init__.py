"""Answers that quote: the sentences that best support an answer, scored, chosen, and refused when nothing does."""
