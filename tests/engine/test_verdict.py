"""Yes and no are said where a sentence plainly says so, and nowhere else."""

from __future__ import annotations

import pytest

from engine.answering.question import Question
from engine.answering.related import known, themselves
from engine.answering.stems import stems_of
from engine.answering.verdict import verdict

CASES = [
    ("Does Hotel Krone include breakfast?", "Breakfast is included.", "Hotel Krone", "Yes"),
    ("Does Hotel Krone include breakfast?", "Breakfast is not included but can be added.", "Hotel Krone", "No"),
    ("Is breakfast included at the Krone?", "Breakfast is included.", "Our weeks at the Krone", "Yes"),
    ("Is breakfast included at the Krone?", "Breakfast is included.", "Our weeks at the Adler", None),
    ("May we use a charcoal grill on the balcony?", "Barbecues with charcoal are forbidden.", "balcony grill", "No"),
    (
        "May we use an electric grill on the balcony?",
        "No grilling on the balcony with charcoal, electric is tolerated",
        "",
        "Yes",
    ),
    ("Are dogs allowed in the cabin by the lake?", "Dogs are not allowed in the cabin, the lake is free.", "", "No"),
    ("Does the ticket include a seat and lunch?", "The ticket does not include a seat, lunch is included.", "", None),
    ("Did Nora get the Basel internship?", "Nora got the Basel internship!", "", "Yes"),
    ("Did it rain in Oslo?", "It rained in Oslo for two or three days.", "", "Yes"),
    ("Did I take the ceramic inlay?", "36: ceramic inlay, own share 410 euro", "", None),
    ("Did I take the ceramic inlay?", "ceramic inlay, 410 euro; or composite, 85 euro", "", None),
    ("Can I keep pets in the row house?", "Pets are allowed.", "Looked at the row house today.", "Yes"),
    ("Can I keep pets in the row house?", "The house was built in 1966.", "row house, pets", None),
    ("Did it rain at our gig?", "Sold out the terrace, no rain, nobody fell in the canal.", "gig", "No"),
    ("Do we get compensation for the flight?", "The delay is short, so there is no compensation.", "flight", "No"),
    ("Is the pipe into our house plastic?", "The pipe's plastic up to the house so no lead", "", "Yes"),
    ("Is charcoal forbidden on the balcony?", "On the balcony, charcoal is forbidden.", "", "Yes"),
    ("Does the index block inserts?", "No. It takes a lock that allows inserts.", "Does the index block?", "No"),
    ("Did the hens go to the vet?", "No, I was at the office.", "", None),
    ("Did I pass the test in May?", "Final test on 28 May: half an hour of listening.", "", None),
    ("Did I pass the test in May?", "Passed the test!", "May", "Yes"),
    ("Is it safe for Maja to eat peanuts?", "Peanuts and almonds are fine (tested in 2022).", "Maja", "Yes"),
    ("Is it safe for Maja to eat hazelnuts?", "Hazelnuts are not fine.", "Maja", "No"),
    ("Is it safe for Maja to eat hazelnuts?", "Hazelnut allergy, found in May.", "Maja", "No"),
    ("Is it safe for Maja to eat hazelnuts?", "Maja eats hazelnuts.", "", None),
    ("Is it OK to park in the yard?", "Parking in the yard is not allowed.", "", "No"),
    ("Is it safe for Maja to eat nuts?", "Nuts can kill Maja.", "", None),
    ("Is it safe for Maja to eat nuts?", "Nuts could make Maja very ill.", "", None),
    ("Is it safe for Maja to eat nuts?", "Maja: nut-free", "", None),
    ("Is it safe for Maja to eat nuts?", "Maja carried her EpiPen because of the nuts.", "", None),
    ("Is it safe for Maja to eat nuts?", "Nuts are safe for everyone else.", "Maja", None),
    ("Is it safe for Maja to eat nuts?", "Nuts are safe for him, not for her.", "Maja", None),
    ("Is it safe for Maja to eat nuts?", "Yes, Maja had a reaction to nuts.", "", None),
    ("Is it safe for Maja to eat nuts?", "No, Maja ate nuts with no trouble.", "", None),
    ("Is it safe for Maja to eat nuts?", "The allergy test found Maja tolerates nuts.", "", None),
    ("Is it safe for Maja to eat nuts?", "Nuts are safe for Maja.", "", "Yes"),
    ("Is it safe for Tom to eat nuts?", "Tom is not allergic to nuts.", "", None),
    ("Is it safe for Tom to eat nuts?", "Tom is allergic to nuts.", "", "No"),
    ("Is the mushroom safe to eat?", "The mushroom is non-toxic.", "", None),
    ("Is tap water safe here?", "Tap water is fine once boiled.", "", None),
    ("Is it safe to mix bleach and vinegar?", "Bleach and vinegar can release chlorine gas.", "", None),
    ("Can I take ibuprofen with ramipril?", "Ibuprofen with ramipril can damage the kidneys.", "", None),
    ("Can I drink alcohol with the antibiotics?", "Alcohol with the antibiotics can cause vomiting.", "", None),
    ("Can the dog eat grapes?", "The dog ate grapes and had to go to the vet.", "", None),
    ("Can the dog eat grapes?", "Grapes can kill a dog.", "", None),
    ("Is it ok to park in Mill Lane?", "Got a fine in Mill Lane for parking.", "", None),
    ("Is it ok to park in Mill Lane?", "Parking in Mill Lane: fine 80 euros.", "", None),
    ("Is the ring ok?", "The ring is in the safe.", "", None),
    ("Are dogs allowed?", "I wish dogs were allowed.", "", None),
    ("Are dogs allowed?", "Dogs used to be allowed.", "", None),
    ("Are dogs allowed?", "Dogs are allowed.", "", "Yes"),
    ("Can we use the garden?", "You may use the garden.", "", "Yes"),
    ("Is smoking allowed on the balcony?", "The balcony is smoke-free.", "", None),
    ("Did the members approve the fee?", "The fee would be approved if nobody objects.", "members", None),
    ("Is my locker bigger than hers?", "My locker is not included.", "hers", None),
    ("Does Toby still play football?", "Toby is not at football today.", "", None),
    ("Does Marius live in Wells?", "name: Marius Bosman; street: 35 Weavers Court; town: Wells", "", "Yes"),
    ("Is Tibor a dental nurse?", "Tibor Cranmer sat with me: he is a dental nurse these days.", "", "Yes"),
    ("Am I allergic to wasp stings?", "- wasp stings (swelling)", "Allergies", "Yes"),
    ("Is Sunita a vegetarian?", "Rafferty is vegetarian.", "Sunita", None),
    ("Is the shop closed on Sundays?", "The shop is not closed on Sundays.", "", "No"),
    ("Is the shop closed on Sundays?", "The shop is closed on Sundays.", "", "Yes"),
    ("Did the landlord refuse the request?", "The landlord did not refuse the request.", "", "No"),
    ("Is parking included?", "Parking is included at no extra cost.", "", "Yes"),
    ("Is the pool open on Sunday?", "The pool is closed on Monday.", "Sunday", None),
    ("Does Kim eat fish?", "Kim gave up meat but eats fish.", "", "Yes"),
    ("Does the train stop in Lund?", "The train does not stop in Malmö, it stops in Lund.", "", None),
    ("Does Ada live in Bath?", "Ada left Bath in 2019.", "", None),
    ("Is Tom allergic to nuts?", "Tom's sister Ada is allergic to nuts.", "", None),
    ("Is Tom allergic to nuts?", "Tom said nuts are fine, but he is not allergic to fish.", "allergic", None),
    ("Did I call the bank?", "I have to call the bank tomorrow.", "", None),
    ("Have I renewed my passport?", "- [ ] renew my passport", "", None),
    ("Did we buy the red sofa?", "We looked at the red sofa.", "", None),
    ("Does the insurance cover bicycles?", "The insurance covers theft except of bicycles.", "", None),
    ("Is the deposit refundable?", "The deposit is non-refundable.", "", "No"),
    ("Are dogs allowed?", "Are dogs allowed?", "", None),
    ("Is there any cake left?", "The cake is all gone.", "", "No"),
    ("Did Anna go to Rome?", "Anna has gone to Rome.", "", None),
    ("Is the flat close to the station?", "The flat is close to the station.", "", "Yes"),
    ("Is the shop open on Sundays?", "The shop is closed on Sundays.", "", "No"),
    ("Did we close the deal?", "We closed the deal on Friday.", "", "Yes"),
    ("Is the band playing against Leeds?", "The band is playing against Leeds.", "", "Yes"),
    ("Is parking included?", "Parking is extra.", "", "No"),
    ("Is breakfast included?", "Breakfast extra, 10 euros.", "", "No"),
    ("Is the gym open on Sundays?", "The gym closes on Sundays.", "", "No"),
    ("Is the museum open on Mondays?", "Museum closed Mondays.", "", "No"),
    ("Is the shop open on Sundays?", "The shop closes at six on Sundays.", "", None),
]  # fmt: skip


@pytest.mark.parametrize(("asked", "sentence", "around", "wanted"), CASES)
def test_yes_and_no(asked: str, sentence: str, around: str, wanted: str | None) -> None:
    question = Question.of(asked)
    near = themselves(known(stems_of(f"{sentence} {around}"), question.stems))
    covered = themselves(known(stems_of(sentence), question.stems))
    assert verdict(question, sentence, near, covered) == wanted
