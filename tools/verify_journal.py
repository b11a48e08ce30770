#!/usr/bin/env python3
"""Verify an export of the journal with Python alone: python3 verify_journal.py EXPORT [contract:count:hash …]

Each extra argument is a head noted earlier (on a report, in a mail): the export must still hold that entry.
Prints what does not hold and exits with 1, or prints the heads and exits with 0.
"""

import hashlib
import json
import sys

FIRST = "0" * 64
CHAINED = ("contract", "seq", "at", "actor", "act", "target", "digest", "prev")
KEYS = {*CHAINED, "hash", "salt", "body"}


def no_twice(pairs):
    """JSON lets a key appear twice: an altered line could hide behind the second one."""
    if len({key for key, _ in pairs}) != len(pairs):
        raise ValueError("a key appears twice")
    return dict(pairs)


def sha256_of_json(value, before=""):
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256((before + text).encode()).hexdigest()


def verify(lines, noted=()):
    """Return (heads, faults) of an export given as lines of text."""
    faults, heads, kept, closed = [], {}, set(), None
    for number, line in enumerate(lines, 1):
        try:
            if line != line.rstrip("\r\n") + "\n":
                raise ValueError("not ended by one line feed")
            entry = json.loads(line, object_pairs_hook=no_twice)
            if line != json.dumps(entry) + "\n":
                raise ValueError("not written as the export writes")
            if number == 1:
                if entry != {"format": "titulaire-journal-1"}:
                    raise ValueError("not a journal export")
                continue
            if closed is not None:
                raise ValueError("something follows the closing line")
            if set(entry) == {"closed"}:
                closed = {contract: tuple(head) for contract, head in entry["closed"].items()}
                continue
            if set(entry) != KEYS or type(entry["seq"]) is not int:
                raise ValueError("not an entry")
            count, previous = heads.get(entry["contract"], (0, FIRST))
            if count and entry["contract"] != list(heads)[-1]:
                raise ValueError(f"the chain of {entry['contract']} was already over")
            if entry["seq"] != count + 1:
                raise ValueError(f"entry {count + 1} of {entry['contract']} expected, {entry['seq']} found")
            if entry["prev"] != previous:
                raise ValueError("does not point to the entry before it")
            if entry["hash"] != sha256_of_json([entry[key] for key in CHAINED]):
                raise ValueError("was altered")
            if (entry["salt"] is None) != (entry["body"] is None):
                raise ValueError("half of its content is gone")
            if entry["salt"] is not None and entry["digest"] != sha256_of_json(
                entry["body"], entry["salt"] + "\n"
            ):
                raise ValueError("its content was altered")
            heads[entry["contract"]] = (entry["seq"], entry["hash"])
            kept.add((entry["contract"], entry["seq"], entry["hash"]))
        except (ValueError, TypeError, KeyError, AttributeError) as fault:
            faults.append(f"line {number}: {fault}")
            return heads, faults
    if closed is None:
        faults.append("the export is cut: no closing line")
    elif closed != heads:
        faults.append("the closing line and the entries differ")
    faults += [f"the entry noted earlier is gone: {head}" for head in noted if head not in kept]
    return heads, faults


def main(path, *noted):
    heads_noted = []
    for text in noted:
        contract, count, fingerprint = text.rsplit(":", 2)
        heads_noted.append((contract, int(count), fingerprint))
    with open(path, encoding="ascii", errors="surrogateescape", newline="") as export:  # noqa: PTH123
        heads, faults = verify(export, heads_noted)
    for fault in faults:
        print(fault)
    for contract, (count, fingerprint) in heads.items():
        print(f"{contract}:{count}:{fingerprint}")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]) if len(sys.argv) > 1 else __doc__)
