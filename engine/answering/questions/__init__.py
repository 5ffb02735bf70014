"""What a question asks for: its words, the kind of its answer, its parts."""
