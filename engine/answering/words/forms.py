"""Words that stemming keeps apart although they are one: irregular forms, and everyday names of the same thing."""

from __future__ import annotations

# Each line: the word that stands for all of them, then the others.
_SAME = """
beat beaten
become became
begin began begun
bend bent
bite bit bitten
bleed bled
blow blew blown
break broke broken
bring brought
build built
burn burnt
buy bought
catch caught
choose chose chosen
creep crept
dig dug
draw drew drawn
dream dreamt
drink drank drunk
drive drove driven driver
eat ate eaten
fall fell fallen
feed fed
feel felt
fight fought
find found
fly flew flown flight
forget forgot forgotten
freeze froze frozen
give gave given
grow grew grown
hang hung
hear heard
hide hid hidden
hold held
keep kept
know knew known
lay laid
lead led
lean leant
learn learnt
leave left
lend lent
lose lost loss
make made
mean meant
meet met
mistake mistook mistaken
pay paid
ride rode ridden
ring rang rung
run ran runner
see saw seen
sell sold
send sent
shake shook shaken
shine shone
shoot shot
shrink shrank shrunk
sing sang sung
sink sank sunk
sit sat
sleep slept
slide slid
speak spoke spoken
spell spelt
spend spent
spill spilt
stand stood
steal stole stolen
stick stuck
sting stung
strike struck
swear swore sworn
sweep swept
swim swam swum swimmer
take took taken
teach taught
tear tore torn
tell told
think thought
throw threw thrown
understand understood
wake woke woken
wear wore worn
weave wove woven
win won winner
write wrote written
child children kid
foot feet
goose geese
knife knives
loaf loaves
man men
mouse mice
person people
shelf shelves
tooth teeth
wife wives
woman women
die died death dead
born birth
marry married marriage wedding
mother mum mom mummy mommy mama mam
father dad daddy papa
grandmother grandma gran granny nan nana
grandfather grandpa grandad granddad
bicycle bike
television tv telly
refrigerator fridge
photograph photo
doctor dr
flat apartment
holiday vacation
film movie
christmas xmas
neighbour neighbor
colour color
favourite favorite
theatre theater
centre center
grey gray
tyre tire
gigabyte gb
megabyte mb
kilogram kg kilo kilogramme
kilometre km kilometer
centimetre cm centimeter
millimetre mm millimeter
litre liter
euro eur
dollar usd
kronor krona kr sek
appointment appt
"""
_GROUPS = tuple(tuple(line.split()) for line in _SAME.split("\n") if line)
_GROUP_OF = {form: group for group in _GROUPS for form in group}


def group_of(word: str) -> tuple[str, ...]:
    """All forms of a lower-cased word, the one that stands for them first; of its plural the same. () of any other."""
    return _GROUP_OF.get(word) or _GROUP_OF.get(word.removesuffix("s"), ())


def base_of(word: str) -> str:
    """The form that stands for all."""
    group = group_of(word)
    return group[0] if group else word
