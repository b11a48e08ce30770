"""The sheets of a workbook (.xlsx, .xlsm, .ods), read by calamine in a bounded process of its own."""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
from dataclasses import asdict, dataclass
from pathlib import Path

from titulaire.vouchers.orders.reading.archive import check_archive
from titulaire.vouchers.orders.reading.limits import Limits
from titulaire.vouchers.orders.reading.rules import RULES, FileRefused

_SCRIPT = str(Path(__file__).with_name("open_workbook.py"))
_ODS_TYPE = b"application/vnd.oasis.opendocument.spreadsheet"


@dataclass(frozen=True, slots=True)
class Sheet:
    """`excess` is the rule that the sheet breaks by its size; only its first rows are then given."""

    name: str
    rows: list[list[str]]
    excess: str = ""


def read_workbook(data: bytes, limits: Limits) -> tuple[str, list[Sheet]]:
    """Format ("XLSX" or "ODS") and visible sheets. Row 0 of each is row 1 of the spreadsheet.

    Raises:
        FileRefused: the archive is unsafe, the workbook unreadable, or its reading passes the limits.
    """
    names = check_archive(data, limits)
    if "xl/workbook.xml" in {name.casefold() for name in names}:
        form = "XLSX"
    elif "content.xml" in names and _ODS_TYPE in data[:200]:
        form = "ODS"
    else:
        raise FileRefused("FORMAT_UNKNOWN", "Le fichier est une archive, mais pas un classeur .xlsx ou .ods.")
    answer = _answer(data, limits)
    if "refused" in answer:
        raise FileRefused(answer["refused"], _MESSAGES[answer["refused"]])
    return form, [Sheet(**sheet) for sheet in answer["sheets"]]


_MESSAGES = {
    "ARCHIVE_TOO_LARGE": "Le classeur n’a pas été ouvert : ses feuilles sont démesurées.",
    "WORKBOOK_UNREADABLE": "Le classeur ne peut pas être lu : il ne contient pas de tableau valide.",
}


def _answer(data: bytes, limits: Limits):  # type: ignore[no-untyped-def]
    # -I -S: neither the environment nor site-packages' start-up code; calamine's folder is given by name.
    command = [sys.executable, "-I", "-S", _SCRIPT, _calamine_folder(), json.dumps(asdict(limits))]
    try:
        done = subprocess.run(
            command, input=data, capture_output=True, timeout=limits.wall_seconds, check=False, env={}
        )
    except subprocess.TimeoutExpired:
        raise FileRefused(
            "ARCHIVE_TOO_LARGE",
            "Le classeur n’a pas été lu : sa lecture a pris trop de temps.",
            f"Réessayez dans quelques minutes. {RULES['ARCHIVE_TOO_LARGE'].mend}",
        ) from None
    if done.returncode < 0:  # ended by a signal: memory (SIGABRT, SIGSEGV) or time (SIGXCPU, SIGKILL)
        return {"refused": "ARCHIVE_TOO_LARGE"}
    try:
        return json.loads(done.stdout)
    except ValueError:  # a panic of calamine, or no memory left to say so
        return {"refused": "ARCHIVE_TOO_LARGE" if b"MemoryError" in done.stderr else "WORKBOOK_UNREADABLE"}


def _calamine_folder() -> str:
    spec = importlib.util.find_spec("python_calamine")
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError("python_calamine")
    return str(Path(spec.origin).parent.parent)
