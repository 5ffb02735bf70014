"""The verbs: each a function of an Invocation that returns an exit code. Thin: the work is the owner's."""
