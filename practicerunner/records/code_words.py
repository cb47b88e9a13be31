"""What people type when they look for a diagnosis, in the words of the classification.

Abbreviations, other words for the same, and words that are one letter off.
"""

import re
import string
from itertools import product

ABBREVIATIONS = {
    "add": "attention deficit", "adhd": "attention deficit hyperactivity disorder",
    "arfid": "avoidant restrictive food intake disorder", "asd": "autism spectrum disorder",
    "bdd": "body dysmorphic disorder", "bpd": "borderline personality disorder",
    "did": "dissociative identity disorder", "dmdd": "disruptive mood dysregulation disorder",
    "gad": "generalized anxiety disorder", "mdd": "major depressive disorder", "nssi": "nonsuicidal self harm",
    "ocd": "obsessive compulsive disorder", "ocpd": "obsessive compulsive personality disorder",
    "odd": "oppositional defiant disorder", "osa": "obstructive sleep apnea",
    "pdd": "persistent depressive disorder", "pmdd": "premenstrual dysphoric disorder",
    "ptsd": "post traumatic stress disorder", "si": "suicidal ideations",
    "burnout": "burn out", "generalised": "generalized", "relational": "relationship",
}
"""What people type → the words of the classification, which alone are looked for."""

_PARTNER = "problems in relationship with spouse or partner"
SYNONYMS = {
    "depression": "major depressive disorder", "couple": _PARTNER, "couples": _PARTNER, "marriage": _PARTNER,
    "marital": _PARTNER, "infidelity": _PARTNER, "breakup": "disruption of family by separation and divorce",
    "trauma": "post traumatic stress disorder", "worry": "generalized anxiety disorder",
    "mourning": "prolonged grief disorder", "parenting": "parent child conflict", "cutting": "nonsuicidal self harm",
    "alcoholism": "alcohol dependence", "drinking": "alcohol use", "addiction": "dependence", "weed": "cannabis use",
    "marijuana": "cannabis use", "transgender": "gender dysphoria", "sleeplessness": "insomnia",
    "bulimic": "bulimia nervosa", "anorexic": "anorexia nervosa", "psychotic": "psychosis", "shyness": "social phobia",
}
"""Another name of the same, which is looked for beside what was typed."""

EMPTY_WORDS = frozenset({"a", "an", "and", "by", "for", "from", "in", "of", "on", "or", "the", "to", "with"})
"""Words that say nothing of what is looked for."""
_SHORTEST = 4
"""Letters of the shortest word that is taken for a misspelled one."""
_MOST = 6
"""How many readings of misspelled words are looked for."""


def words_of(text: str) -> list[str]:
    """The words to look for: letters and digits only, abbreviations written out, single letters left out."""
    typed = [word for word in re.findall(r"[^\W_]+", text[:200].casefold()) if word not in EMPTY_WORDS]
    whole = [part for word in typed for part in ABBREVIATIONS.get(word, word).split()]
    return list(dict.fromkeys(word for word in whole if len(word) > 1))[:12]


def same_by_other_words(words: list[str]) -> list[list[str]]:
    """The same with each word that has another name in the classification said by that."""
    found = []
    for place, word in enumerate(words):
        if word in SYNONYMS:
            said = [*words[:place], *SYNONYMS[word].split(), *words[place + 1:]]
            found.append(list(dict.fromkeys(one for one in said if one not in EMPTY_WORDS)))
    return found


def one_letter_off(word: str) -> set[str]:
    """Every word that differs in one letter: one too many, one missing, another, or two that changed places."""
    if len(word) < _SHORTEST or not word.isascii() or not word.isalpha():
        return set()
    cut = [(word[:place], word[place:]) for place in range(len(word) + 1)]
    letters = string.ascii_lowercase
    made = {left + right[1:] for left, right in cut if right}
    made |= {left + right[1] + right[0] + right[2:] for left, right in cut if len(right) > 1}
    made |= {left + letter + right[1:] for left, right in cut if right for letter in letters}
    made |= {left + letter + right for left, right in cut for letter in letters}
    return made - {word}


def meant(words: list[str], known: dict[str, list[str]]) -> list[list[str]]:
    """What was perhaps meant: each misspelled word as one of the words that are ``known`` for it, likelier first."""
    choices = [known.get(word) or [word] for word in words]
    return [list(some) for some in product(*choices)][:_MOST]
