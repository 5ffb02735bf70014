"""Twin's own two themes, calm, with one accent colour; Textual's can be chosen as well."""

from __future__ import annotations

from textual.theme import Theme

DEFAULT = "twin-dark"

DARK = Theme(
    name="twin-dark",
    primary="#7fb4ca",
    secondary="#938aa9",
    accent="#7fb4ca",
    foreground="#d5d9e0",
    background="#15171c",
    surface="#1b1e25",
    panel="#252932",
    success="#98bb6c",
    warning="#dca561",
    error="#e8748a",
    dark=True,
    variables={"footer-key-foreground": "#7fb4ca", "block-cursor-text-style": "none"},
)
LIGHT = Theme(
    name="twin-light",
    primary="#266a8c",
    secondary="#6b5f8a",
    accent="#266a8c",
    foreground="#2c2f36",
    background="#f7f5ef",
    surface="#fdfcf8",
    panel="#ebe7dc",
    success="#46702a",
    warning="#8a5a00",
    error="#ad2f45",
    dark=False,
    variables={"footer-key-foreground": "#266a8c", "block-cursor-text-style": "none"},
)
THEMES = (DARK, LIGHT)
