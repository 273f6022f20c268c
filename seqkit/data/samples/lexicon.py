"""The words of the toy language Tolva and of the English that it is translated from.

Four English words stand in two roles and have two translations: "light" and "orange" (noun and
adjective), "watch" and "dance" (noun and verb).
"""

# Group -> singular/plural=Tolva; the last letter of the Tolva word is its class: a, o or u.
_NOUNS = {
    "people": "man/men=veru woman/women=lina child/children=miko teacher/=sorda doctor/=pelu"
    " friend/=tama farmer/=borgo girl/=nila boy/=daro king/=haru queen/=reva neighbor/=vesto",
    "animals": "dog/=kelu cat/=mira horse/=rondo bird/=fiva mouse/mice=tiku cow/=goma"
    " wolf/wolves=vargu bear/=brumo",
    "things": "book/=zelo letter/=paska watch/watches=horlu light/=luma plant/=grenu"
    " picture/=vida boat/=nevo chair/=setu stone/=kadro hat/=kapra dance/=valzo",
    "food": "apple/=peso cake/=dulmu egg/=ovalo orange/=narka",
    "places": "house/=tolo garden/=hesta river/=flumu city/cities=orba tree/=silvo"
    " bridge/=brenu table/=meska mountain/=alpo",
}
# English=stem; the ending agrees with the noun.
_ADJECTIVES = (
    "small=pit big=gor old=sen young=nov red=rus green=zil white=bal happy=jos sad=trel light=fes"
    " cold=kris strong=drem orange=tang beautiful=mirv tired=lom dark=nok"
)
# Groups of the object, or none -> base/third person/past=stem.
_VERBS = {
    (): "sleep/sleeps/slept=nam laugh/laughs/laughed=rik run/runs/ran=tesk sing/sings/sang=kal"
    " wait/waits/waited=mund work/works/worked=pron dance/dances/danced=dilk cry/cries/cried=ulm",
    ("people", "animals", "things", "places"): "see/sees/saw=vel like/likes/liked=jam"
    " watch/watches/watched=lug paint/paints/painted=kolv remember/remembers/remembered=mem",
    ("people", "animals"): "hear/hears/heard=ord follow/follows/followed=fend"
    " help/helps/helped=akor",
    ("things", "food"): "lose/loses/lost=sork find/finds/found=trob buy/buys/bought=besk"
    " carry/carries/carried=halt wash/washes/washed=plus",
    ("food",): "eat/eats/ate=mok",
}
_GIVING = "give/gives/gave=dav show/shows/showed=paz send/sends/sent=bols bring/brings/brought=vun"

NAMES = {"Anna": "Ana", "Tom": "Tomo", "Maria": "Mara", "Peter": "Petru", "Lucy": "Luka"}
ADVERBS = {"today": "oze", "often": "sof", "here": "ki", "there": "tal", "again": "ren"}
ADVERBS["slowly"] = "mels"
PLACES = {"near": "nal", "behind": "darm", "under": "vod", "in front of": "fros", "with": "sam"}
# Person and number -> English as subject and as object, Tolva; the empty ones are not said.
PRONOUNS = {
    "1s": ("I", "me", "mi"),
    "2s": ("you", "you", "tu"),
    "1p": ("we", "us", "no"),
    "he": ("he", "him", "il"),
    "she": ("she", "her", "el"),
    "they": ("they", "them", "ul"),
}


def _pairs(entries):
    return (entry.split("=") for entry in entries.split())


def _noun(english, tolva):
    one, many = english.split("/")
    return (one, many or f"{one}s"), tolva


# Group -> list of ((singular, plural), Tolva).
NOUNS = {group: [_noun(*pair) for pair in _pairs(words)] for group, words in _NOUNS.items()}
ADJECTIVES = dict(_pairs(_ADJECTIVES))
# List of ((base, third person, past), stem, groups of the object, whether it gives).
VERBS = [
    (tuple(english.split("/")), stem, groups, giving)
    for groups, words, giving in (
        *((groups, words, False) for groups, words in _VERBS.items()),
        (("things", "food"), _GIVING, True),
    )
    for english, stem in _pairs(words)
]
