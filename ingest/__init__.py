"""Reading a person's sources: files become documents with exact places. Knows no model and no settings."""
