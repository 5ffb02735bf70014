"""`twin` with no verb: the terminal app. Textual and `ui` are imported here, when they are needed."""

from __future__ import annotations

from twin_app.errors import DONE
from twin_app.invocation import Invocation


def open_app(invocation: Invocation) -> int:
    """Shows the app until the person leaves it."""
    from ui.app import TwinApp

    app = TwinApp(invocation.client, invocation.sourced)
    app.run()
    return app.return_code or DONE
