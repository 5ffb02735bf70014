"""The reader, and the short answer that it finds in a sentence."""
