"""Names of tools, actions and limits as words: `sendEmail`, `send-email` and `send_email` have the same words."""

from __future__ import annotations

import re
from functools import lru_cache

_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
_IRREGULAR = {"people": "person", "children": "child", "indices": "index", "matrices": "matrix", "analyses": "analysis"}
_UNCHANGED = frozenset({"news", "series", "species"})


@lru_cache(maxsize=65536)
def words(name: str) -> tuple[str, ...]:
    """The lower-case words of a name; separators and camelCase hills part them."""
    return tuple(word.lower() for word in _WORD.findall(name))


def singulars(noun: str) -> frozenset[str]:
    """The forms a singular of an English noun may have; the noun itself where it is none of a plural's forms.

    More than one form comes back where spelling alone cannot tell (`caches`: cache or cach), which harms nobody: only
    one of them is a word.
    """
    word = noun.lower()
    if word in _IRREGULAR:
        return frozenset({_IRREGULAR[word]})
    if word in _UNCHANGED or len(word) <= 3 or not word.endswith("s") or word.endswith(("ss", "us", "is")):
        return frozenset({word})
    forms = {word[:-1]}
    if word.endswith("ies"):
        forms.add(word[:-3] + "y")
    elif word.endswith(("ses", "shes", "ches", "xes", "zes", "oes")):
        forms.add(word[:-2])
        if word.endswith(("zzes", "sses")):
            forms.add(word[:-3])
    return frozenset(forms)
