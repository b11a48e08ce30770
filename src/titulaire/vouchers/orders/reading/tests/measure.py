"""Run as a script, alone: reads one file given on standard input and prints what it cost, as JSON."""

from __future__ import annotations

import json
import resource
import sys
import time
from pathlib import Path

from titulaire.vouchers.orders.reading import read_order_file


def _own_peak() -> int:
    """Bytes. Not `ru_maxrss`, which remembers the peak of the process that started this one."""
    status = Path("/proc/self/status").read_text()
    return int(status.split("VmHWM:")[1].split()[0]) * 1024


def main() -> None:
    data = sys.stdin.buffer.read()
    start = time.perf_counter()
    found = read_order_file(data, "bomb.xlsx")
    seconds = time.perf_counter() - start
    own = _own_peak()
    child = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    rules = [refusal.rule for refusal in found.refusals if refusal.row == 0]
    print(
        json.dumps(
            {
                "seconds": seconds,
                "own": own,
                "child": child * 1024,
                "rules": rules,
                "rows": len(found.rows),
            }
        )
    )


if __name__ == "__main__":
    main()
