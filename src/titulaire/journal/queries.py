"""Reading the journal: verification against itself and against heads kept elsewhere, and export."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from titulaire.clauses import clause
from titulaire.journal.models import Content, Entry
from titulaire.journal.rules import Break, breaks_of, content_digest, instant_text

FORMAT = "titulaire-journal-1"


@dataclass(frozen=True, slots=True)
class Head:
    """The last entry of a chain: how many entries, and the hash that stands for all of them."""

    contract: str
    count: int
    hash: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a verification found: heads of the chains and every break."""

    heads: tuple[Head, ...]
    breaks: tuple[Break, ...]

    @property
    def holds(self) -> bool:
        """True when nothing was altered, removed, moved or cut."""
        return not self.breaks


def heads() -> tuple[Head, ...]:
    """The head of each chain. Kept elsewhere (printed, mailed), they betray a journal that was cut later."""
    found = []
    for contract in Entry.objects.order_by("contract").values_list("contract", flat=True).distinct():
        last = Entry.objects.filter(contract=contract).order_by("-seq").values_list("seq", "hash").first()
        if last:
            found.append(Head(contract, last[0], last[1]))
    return tuple(found)


@clause("T-3.3-tracabilite")
def verify(*, kept: Mapping[str, tuple[int, str]] | None = None) -> Verdict:
    """Verify every chain and every content.

    `kept` gives, per contract, a count and a hash noted earlier: the chain must still contain that entry.
    """
    breaks: list[Break] = []
    ends = heads()
    for end in ends:
        entries = Entry.objects.filter(contract=end.contract).order_by("seq")
        breaks.extend(breaks_of(entry.link() for entry in entries.iterator(chunk_size=2000)))
        contents = Content.objects.filter(entry__contract=end.contract).select_related("entry")
        breaks.extend(
            Break(end.contract, content.entry.seq, "its content was altered")
            for content in contents.order_by("entry__seq").iterator(chunk_size=2000)
            if content_digest(content.salt, content.body) != content.entry.digest
        )
    for contract, (count, fingerprint) in (kept or {}).items():
        if not Entry.objects.filter(contract=contract, seq=count, hash=fingerprint).exists():
            breaks.append(Break(contract, count, "the entry noted earlier is no longer there"))
    return Verdict(ends, tuple(breaks))


def export_lines(contract: str | None = None) -> Iterator[str]:
    """The journal as lines of JSON: a heading, one line per entry, and a closing line with the heads.

    `docs/operations.md` describes it; `tools/verify_journal.py` verifies it with the standard library alone.
    """
    yield json.dumps({"format": FORMAT})
    ends = [end for end in heads() if contract is None or end.contract == contract]
    for end in ends:
        entries = Entry.objects.filter(contract=end.contract, seq__lte=end.count).order_by("seq")
        for entry in entries.select_related("content").iterator(chunk_size=2000):
            content = getattr(entry, "content", None)
            yield json.dumps(
                {
                    "contract": entry.contract,
                    "seq": entry.seq,
                    "at": instant_text(entry.at),
                    "actor": entry.actor,
                    "act": entry.act,
                    "target": entry.target,
                    "digest": entry.digest,
                    "prev": entry.prev,
                    "hash": entry.hash,
                    "salt": content.salt if content else None,
                    "body": content.body if content else None,
                }
            )
    yield json.dumps({"closed": {end.contract: [end.count, end.hash] for end in ends}})
