"""A small grammar of English-like sentences whose words mean what their context says.

A rule is a choice of sequences, "|" between them; "[" and "]" go round a noun phrase. What is no
rule is a kind of word.
"""

RULES = {
    "S": "C .|C .|C .|C .|C , CC C .|SC C , C .|ADV , C .|INTJ , C .|DO PLNP VP ?|PP , C .",
    "C": "SGNP SGVP|SGNP SGVP|PLNP PLVP|PLNP PLVP|NP PASTVP|NP MODAL VP|NP NEVER PASTVP",
    "NP": "SGNP|PLNP",
    "SGNP": "SG|SG|SG|SG PP|[ SGPRON ]|[ NAME ]|[ THISPRON ]|SG [ 'S N ]|[ NAME NAME ]",
    "PLNP": "PL|PL|PL PP|[ PLPRON ]|[ PLPRON ]|SG CC SG|PL WHO PLVP",
    "SG": "[ DET N ]|[ DET ADJ N ]|[ DET N N ]|[ DET ED N ]|[ DET ADV_DEGREE ADJ N ]|[ HER N ]",
    "PL": "[ PLDET NS ]|[ PLDET ADJ NS ]|[ NUM NS ]|[ ADJ NS ]|[ NS ]|[ HER ADJ NS ]",
    "OBJ": "SG|SG|PL|PL|[ OBJPRON ]|[ HER ]|[ NAME ]|[ THATPRON ]|SG PP",
    "PP": "ADP OBJ|ADP OBJ|ADP OBJ|LIKE_ADP OBJ|SINCE_ADP SG|TO_ADP SG",
    "VP": "V|V OBJ|V OBJ PP|V PP|V ADV|V UP|V [ THATPRON ]|LIKE OBJ|KNOW THAT C|V SINCE C",
    "SGVP": "VS|VS OBJ|VS PP|VS ADV|VS UP|IS ING PP|IS ING OBJ|IS ADJ|IS ADV_DEGREE ADJ|IS SG"
    "|KNOWS THAT C|KNOWS C|WANTS TO VP|HAS ED_VERB OBJ|HAS_VERB OBJ|DOES NOT VP|'IS ING|VS AS_ADV",
    "PLVP": "V|V OBJ|V PP|V ADV|V UP|ARE ING PP|ARE ING OBJ|ARE ADJ|ARE PL"
    "|KNOW THAT C|KNOW C|WANT TO VP|HAVE ED_VERB OBJ|HAVE_VERB OBJ|DO NOT VP|LIKE_VERB OBJ",
    "PASTVP": "ED_VERB|ED_VERB OBJ|ED_VERB PP|ED_VERB ADV|ED_VERB UP|ED_VERB OBJ SINCE C"
    "|WAS ADJ|WAS ING|WANTED TO VP",
    "ADV": "ADV_PLAIN|ADV_PLAIN|FAST_ADV|NEW_ADV",
    "ADJ": "ADJ_PLAIN|ADJ_PLAIN|ADJ_ONLY|ADJ_ONLY|ADJ_NAMED|FAST_ADJ|NEW_ADJ",
    "N": "BOTH|BOTH|N_PLAIN|N_PLAIN|N_PLAIN|N_PLAIN|N_COLOUR|NEW_NOUN",
    "NS": "BOTH_S|BOTH_S|N_PLAIN_S|N_PLAIN_S|N_PLAIN_S|NEW_NOUN_S",
    "V": "BOTH_V|BOTH_V|V_PLAIN|V_PLAIN|V_PLAIN|V_PLAIN|V_QUALITY|NEW_VERB",
    "VS": "BOTH_VS|BOTH_VS|V_PLAIN_S|V_PLAIN_S|V_PLAIN_S|V_PLAIN_S|V_QUALITY_S|NEW_VERB_S",
    "ED_VERB": "BOTH_ED|BOTH_ED|BOTH_ED|V_PLAIN_ED|NEW_VERB_ED",
    "ING": "BOTH_ING|BOTH_ING|V_PLAIN_ING|NEW_VERB_ING",
    "LIKE": "LIKE_VERB",
    "SINCE": "SINCE_SC",
    "NUM": "NUM_PLAIN|NEW_NUM",
    "NAME": "NAME_PLAIN|NEW_NAME",
}

BOTH = (
    "walk plan light paint park train work help look turn talk rest race hunt guard plant answer "
    "call visit dance watch cook play dream cheer fear drink fish land water book name smell stop"
)
# Verbs and adjectives; the colours and some others are nouns as well.
QUALITY = "open clean dry warm cool slow calm clear empty light cold narrow"
COLOUR = "green gold cold calm future secret human square patient native"
PLAIN_NOUNS = (
    "dog river teacher city garden road winter table letter lamp bridge captain mountain kitchen "
    "doctor village window farmer forest island market morning sister tower"
)
PLAIN_VERBS = (
    "follow remember collect repair enter obey discover deliver explain mention avoid borrow join"
)
FAST = "fast early hard late straight long"


def _third(verb):
    return verb + ("es" if verb.endswith(("ch", "sh", "ss", "x")) else "s")


def _past(verb):
    doubled = verb in ("plan", "stop")
    return verb + (verb[-1] if doubled else "") + ("d" if verb.endswith("e") else "ed")


def _lasting(verb):
    doubled = verb in ("plan", "stop")
    return (verb[:-1] if verb.endswith("e") else verb + (verb[-1] if doubled else "")) + "ing"


def _each(form, words):
    return " ".join(form(word) for word in words.split())


# Kind of word -> (its words, its tag).
WORDS = {
    "BOTH": (BOTH, "NOUN"),
    "BOTH_S": (_each(_third, BOTH), "NOUN"),
    "BOTH_V": (BOTH, "VERB"),
    "BOTH_VS": (_each(_third, BOTH), "VERB"),
    "BOTH_ED": (_each(_past, BOTH), "VERB"),
    "BOTH_ING": (_each(_lasting, BOTH), "VERB"),
    "ED": (_each(_past, BOTH), "ADJ"),
    "V_QUALITY": (QUALITY, "VERB"),
    "V_QUALITY_S": (_each(_third, QUALITY), "VERB"),
    "ADJ_PLAIN": (QUALITY, "ADJ"),
    "ADJ_ONLY": ("small old strange quiet tall happy", "ADJ"),
    "ADJ_NAMED": (COLOUR, "ADJ"),
    "N_COLOUR": (COLOUR, "NOUN"),
    "N_PLAIN": (PLAIN_NOUNS, "NOUN"),
    "N_PLAIN_S": (_each(_third, PLAIN_NOUNS.replace("city ", "")), "NOUN"),
    "V_PLAIN": (PLAIN_VERBS, "VERB"),
    "V_PLAIN_S": (_each(_third, PLAIN_VERBS), "VERB"),
    "V_PLAIN_ED": (_each(_past, PLAIN_VERBS), "VERB"),
    "V_PLAIN_ING": (_each(_lasting, PLAIN_VERBS), "VERB"),
    "FAST_ADV": (FAST, "ADV"),
    "FAST_ADJ": (FAST, "ADJ"),
    "ADV_PLAIN": ("often soon never here again today outside", "ADV"),
    "ADV_DEGREE": ("very rather quite so that", "ADV"),
    "AS_ADV": ("too there now", "ADV"),
    "NEVER": ("never always often", "ADV"),
    "UP": ("up in out on off over", "ADV"),
    "ADP": ("in on over near behind with by up off for", "ADP"),
    "LIKE_ADP": ("like", "ADP"),
    "SINCE_ADP": ("since before after until", "ADP"),
    "TO_ADP": ("to", "ADP"),
    "SINCE_SC": ("since before after until because so", "SCONJ"),
    "SC": ("since before after until while if", "SCONJ"),
    "CC": ("and and or but", "CCONJ"),
    "DET": ("the the a this that every no", "DET"),
    "PLDET": ("the the these those all some no", "DET"),
    "HER": ("her", "PRON"),
    "SGPRON": ("he she it", "PRON"),
    "PLPRON": ("they we you I", "PRON"),
    "OBJPRON": ("him it them us you", "PRON"),
    "THISPRON": ("this that", "PRON"),
    "THATPRON": ("that this these all", "PRON"),
    "WHO": ("who that", "PRON"),
    "THAT": ("that", "SCONJ"),
    "TO": ("to", "PART"),
    "NOT": ("not n't", "PART"),
    "'S": ("'s", "PART"),
    "'IS": ("'s", "AUX"),
    "IS": ("is", "AUX"),
    "ARE": ("are", "AUX"),
    "WAS": ("was", "AUX"),
    "HAS": ("has", "AUX"),
    "HAVE": ("have", "AUX"),
    "HAS_VERB": ("has", "VERB"),
    "HAVE_VERB": ("have", "VERB"),
    "DO": ("do", "AUX"),
    "DOES": ("does", "AUX"),
    "MODAL": ("will can must may", "AUX"),
    "LIKE_VERB": ("like", "VERB"),
    "KNOW": ("know think say hope", "VERB"),
    "KNOWS": ("knows thinks says hopes", "VERB"),
    "WANT": ("want need like hope", "VERB"),
    "WANTS": ("wants needs likes hopes", "VERB"),
    "WANTED": ("wanted needed liked hoped", "VERB"),
    "NUM_PLAIN": ("two three ten", "NUM"),
    "NAME_PLAIN": ("Anna Tom May Will Rose Paris", "PROPN"),
    "INTJ": ("oh well no yes", "INTJ"),
    ".": (". . . !", "PUNCT"),
    "?": ("?", "PUNCT"),
    ",": (",", "PUNCT"),
}

# Kind of a made-up word -> (the ends that tell it, its tag).
MADE = {
    "NEW_NOUN": ("ness er ment", "NOUN"),
    "NEW_NOUN_S": ("ers ments", "NOUN"),
    "NEW_VERB": ("ize ify", "VERB"),
    "NEW_VERB_S": ("izes ifies", "VERB"),
    "NEW_VERB_ED": ("ized ified", "VERB"),
    "NEW_VERB_ING": ("izing ifying", "VERB"),
    "NEW_ADV": ("ly", "ADV"),
    "NEW_ADJ": ("ous ful able", "ADJ"),
}
