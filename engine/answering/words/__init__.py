"""Words of English: their forms, kin and meanings, days and quantities; nothing here knows of a question."""
