"""How texts put things: names, plans, lives, days, talk, tables; nothing here knows of a question."""
