"""A small closed memory of which every answer is known, as units and as a file of them."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

from twin_app.bench.units import Doc, Item, Unit

DOCS = (
    Doc("note:1", "The boiler in the cellar was serviced by Hedda Brandt. She charged 180 euros.", "2024-03-05"),
    Doc("note:2", "Our landlord Tomas Reiter lives in Graz. He likes to fish.", "2024-04-01"),
    Doc("sms:1", "Mira: the piano lesson moves to Thursday at five.", "2024-05-08T13:56:00"),
    Doc("sms-1", "Mira: bring the blue folder to the library.", "2024-05-08T14:00:00"),
    Doc("log", "Planted forty tulips and a quince tree behind the shed."),
    Doc("recipe", "Poppy seed cake: 250 g of flour, four eggs, bake for 45 minutes."),
    Doc("trip", "In Trieste we stayed at the Hotel Miramare, room 214, for three nights."),
    Doc("car", "The van passed its inspection; the tyres have to be replaced by November."),
    Doc("graz", "Graz lies on the river Mur. Its clock tower is from 1712."),
)
ITEMS = (
    Item("q1", "Who serviced the boiler in the cellar?", ("Hedda Brandt",), ("note:1",), "single"),
    Item("q2", "Which room did we have at the Hotel Miramare in Trieste?", ("214",), ("trip",), "single"),
    Item("q3", "On which river does the town lie where our landlord Tomas Reiter lives?", ("Mur",),
         ("note:2", "graz"), "two-hop"),
    Item("q4", "What did the dentist say about the crown?", (), (), "unanswerable", True),
)  # fmt: skip
UNIT = Unit("small", "one", DOCS, ITEMS)
OTHER = Unit(
    "small", "two", (Doc("log", "The ferry to Korsika leaves from pier nine."), replace(DOCS[4], id="shared")),
    (Item("q1", "From which pier does the ferry to Korsika leave?", ("nine",), ("log",)),
     Item("q2", "How many tulips were planted?", ("forty",), ("shared",))),
)  # fmt: skip


def write_units(path: Path, *units: Unit) -> Path:
    """In the format of the sets."""
    with path.open("w", encoding="utf-8") as file:
        for unit in units:
            docs = [{"id": d.id, "text": d.text, "time": d.time} for d in unit.docs]
            qas = [
                {"id": i.id, "q": i.question, "a": list(i.answers), "gold": list(i.gold), "type": i.type,
                 "unanswerable": i.unanswerable}
                for i in unit.items
            ]  # fmt: skip
            file.write(
                json.dumps({"set": unit.set, "unit": unit.name, "split": "dev", "docs": docs, "qas": qas}) + "\n"
            )
    return path
