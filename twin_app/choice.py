"""Choosing the model of a memory: what there is, which one serves, which is to, and what a flag may ask for."""

from __future__ import annotations

from collections.abc import Callable

from ingest.catalog import Catalog
from twin_app.engines import Engines
from twin_app.errors import TwinError
from twin_app.models import Models
from twin_app.protocol import Call, Params, Result
from twin_app.relay import Relay
from twin_app.turns import Turn


class Choice:
    """Methods of the protocol."""

    def __init__(
        self, catalog: Catalog, models: Models, engines: Engines, turn: Turn, go_on: Callable[[], None]
    ) -> None:
        self._catalog, self._models, self._engines, self._turn = catalog, models, engines, turn
        self._go_on = go_on  # starts the background, where there is something to do

    def models(self, params: Params, call: Call) -> Result:
        """Models at hand, and those that banks were made by: which serves, which is to, and what each has encoded."""
        serving, wanted, held = self._engines.model, self._engines.settings.model, self._engines.held()
        encoded: dict[str, int] = {}
        for fingerprint, name in self._engines.banks.names.items():
            encoded[name] = max(encoded.get(name, 0), len(held.get(fingerprint, ())))
        names = dict.fromkeys([*self._models.names(), serving, wanted, *encoded])
        total = len(self._catalog.documents.ids())
        return {
            "models": [
                {
                    "model": name, "used": name == serving, "wanted": name == wanted, "encoded": encoded.get(name),
                    "documents": total,
                }
                for name in names
            ]
        }  # fmt: skip

    def info(self, params: Params, call: Call) -> Result:
        return self._models.info(str(params.get("name") or self._engines.model))

    def use(self, params: Params, call: Call) -> Result:
        """Checks the checkpoint; the client writes the setting, and the next request begins to encode with it.

        `now`: the model the settings name by then serves at once, whatever its bank lacks.
        """
        name = str(params["name"])
        found = {"model": name, "path": str(self._models.path(name)), "serves": self._engines.serves(name)}
        if params.get("now"):
            with Relay(call) as relay, self._turn("a change of model", relay):
                self._engines.switch_now()
            self._go_on()
        return found | {"documents": self._catalog.counts().documents, "serving": self._engines.model}

    def drop(self, params: Params, call: Call) -> Result:
        """Removes the bank of a model that is not in use; its checkpoint stays."""
        with Relay(call) as relay, self._turn("dropping a bank", relay):
            return {"model": str(params["name"]), "bytes": self._engines.drop(str(params["name"]))}

    def pull(self, params: Params, call: Call) -> Result:
        return {"model": str(params["name"]), "path": str(self._models.pull(str(params["name"])))}

    def flag(self, params: Params, call: Call) -> str | None:
        """The model that a flag (or the environment) names for one request, None without one."""
        if "model" in params:
            return None if params["model"] is None else str(params["model"])
        return call.settings.model if call.settings.model != self._engines.settings.model else None

    def refuse_other(self, model: str | None) -> None:
        """A flag must not silently encode the whole memory again."""
        if model is not None and not self._engines.serves(model):
            raise TwinError(
                f"this memory is encoded by {self._engines.model}, not by {model}: "
                f"`twin model use {model}` changes that, and encodes everything anew in the background"
            )
