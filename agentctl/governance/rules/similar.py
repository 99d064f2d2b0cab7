"""Which known name a name may stand for. Bounded: a list of ten thousand names costs no more a name than a short one."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence

from agentctl.governance.names import singulars, words

# Words that mean the same in the names of tools; each row's first stands for all of it.
_SAME = (
    "get fetch retrieve read lookup load obtain",
    "search find query",
    "create add new open make",
    "update modify edit change",
    "delete remove erase",
    "send post dispatch",
    "run execute exec",
)
_SHORT = {
    "kb": ("knowledge", "base"),
    "db": ("database",),
    "doc": ("document",),
    "docs": ("document",),
    "msg": ("message",),
    "mail": ("email",),
    "info": ("information",),
    "cust": ("customer",),
    "acct": ("account",),
    "config": ("configuration",),
    "repo": ("repository",),
    "lookup": ("get",),
}
_FIRST = {word: row.split()[0] for row in _SAME for word in row.split()}
# The most names that are compared with one name, and the longest name that is compared at all.
MOST = 64
_LONGEST = 120


def normal(name: str) -> tuple[str, ...]:
    """The words of a name with synonyms, abbreviations and plurals taken out: `searchKB` is search knowledge base."""
    out: list[str] = []
    for word in words(name[:_LONGEST]):
        out += _SHORT.get(word, (word,))
    return tuple(_FIRST.get(word) or min(singulars(word), key=len) for word in out)


class Similar:
    """The known names, ready to be asked for the one that a name may stand for."""

    def __init__(self, names: Iterable[str]) -> None:
        self._names = [name for name in dict.fromkeys(names) if name]
        self._known = frozenset(self._names)
        self._parts = {name: normal(name) for name in self._names}
        self._exact: dict[tuple[str, ...], str] = {}
        self._by_word: dict[str, list[str]] = {}
        for name, parts in self._parts.items():
            self._exact.setdefault(parts, name)
            for word in set(parts):
                self._by_word.setdefault(word, []).append(name)

    def __contains__(self, name: object) -> bool:
        return name in self._known

    def near_miss(self, name: str) -> str | None:
        """The known name that this one most probably means: the same words, a slip of the pen, or the same with more words."""
        parts = normal(name)
        if not parts:
            return None
        same = self._exact.get(parts) or self.begun(name)
        return same or next((known for known in self._candidates(parts) if _slip(parts, self._parts[known])), None)

    def begun(self, name: str) -> str | None:
        """The longest known name of two words or more that this name goes on from: `send_email` for `send_email_to_customer`."""
        parts = normal(name)
        for size in range(len(parts) - 1, 1, -1):
            if parts[:size] in self._exact:
                return self._exact[parts[:size]]
        return None

    def closest(self, name: str) -> str | None:
        """The known name to offer as "did you mean"; None where nothing comes near."""
        near = self.near_miss(name)
        if near or len(name) > _LONGEST:
            return near
        pool = self._names if len(self._names) <= MOST else self._candidates(normal(name))
        found = difflib.get_close_matches(name, [known for known in pool if len(known) <= _LONGEST], 1, 0.82)
        return found[0] if found else None

    def _candidates(self, parts: Sequence[str]) -> list[str]:
        """Known names that share a word, those of the rarest word first; all of them where there are few."""
        if len(self._names) <= MOST:
            return self._names
        rows = sorted((self._by_word[word] for word in set(parts) if word in self._by_word), key=len)
        out: dict[str, None] = {}
        for row in rows:
            out.update(dict.fromkeys(row[: MOST - len(out)]))
            if len(out) >= MOST:
                break
        return list(out)


def _slip(one: Sequence[str], other: Sequence[str]) -> bool:
    """The same words but for one letter in one long word (left out, put in, changed, or two swapped)."""
    if len(one) != len(other):
        return False
    unlike = [(a, b) for a, b in zip(one, other, strict=True) if a != b]
    return (
        len(unlike) == 1 and min(map(len, unlike[0])) >= 4 and max(map(len, unlike[0])) >= 5 and _one_edit(*unlike[0])
    )


def _one_edit(a: str, b: str) -> bool:
    if a.isdigit() or b.isdigit() or abs(len(a) - len(b)) > 1:
        return False
    start = next((i for i, (x, y) in enumerate(zip(a, b, strict=False)) if x != y), min(len(a), len(b)))
    rest_a, rest_b = a[start:], b[start:]
    swapped = len(rest_a) > 1 and rest_b[:2] == rest_a[1::-1] and rest_a[2:] == rest_b[2:]
    return rest_a[1:] == rest_b[1:] or rest_a[1:] == rest_b or rest_a == rest_b[1:] or swapped
