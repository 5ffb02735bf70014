"""The recipe of the embedded model: prepared text, generated memories, batches, losses and the run itself."""
