"""What a sentence is worth as an answer to a question: its score, and what else it shows."""
