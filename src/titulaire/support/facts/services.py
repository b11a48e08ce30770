"""Acts on facts: bring a file in, correct what was brought, forget callers, sweep what a cut left behind."""

from __future__ import annotations

import csv
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from functools import partial
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb
from django.conf import settings
from django.db import connection, transaction

from titulaire.clauses import clause
from titulaire.contracts.queries import NoTermsFile, terms_of
from titulaire.contracts.rules import NoValueOn, UnknownTerm
from titulaire.identity.models import Contract
from titulaire.identity.services import end_key, make_key
from titulaire.jobs.services import enqueue
from titulaire.journal.services import record
from titulaire.support.facts.checking import Checked, Refusal, check_rows, refuse_known, settle, unlisted
from titulaire.support.facts.connectors import Connector
from titulaire.support.facts.intake import compile_intake, literal, span_query
from titulaire.support.facts.live import Message, is_timely, live_connector
from titulaire.support.facts.models import Batch, CallerKey, FactFile, FactKey, Manifest
from titulaire.support.facts.pseudonyms import new_key, seal, unseal
from titulaire.support.facts.queries import facts_root, manifests_in_force
from titulaire.support.facts.rules import LISTED_BY, listings
from titulaire.support.facts.schema import RECORD_TYPES, Record
from titulaire.support.facts.sources import UnreadableSource, may_be_padded, open_raw
from titulaire.support.facts.store import Written, engine, parquet, sha256_of, write_file
from titulaire.support.facts.storing import WIDENED_KEY, stored_rows

ATTEMPTS = 5
SUMS = "facts.sums"
"""The work that follows a batch: what is summed of its facts is made before somebody asks. A room above does it."""
MOST_SMALL_FILES = 32
SMALL_FILE_BYTES = 1_000_000
Progress = Callable[[str, int, int], None]


class FactsKeepMoving(RuntimeError):
    """Other imports changed the same months each time: nothing was done, try again."""


class CorrectionWithoutReason(ValueError):
    """A correction must say why it is made."""


class NameTaken(ValueError):
    """The key has already sent other facts under that name: nothing was done."""

    def __init__(self, batch: Batch) -> None:
        super().__init__(batch.sent_as)
        self.batch = batch


class StaleMessage(ValueError):
    """A message whose instant is too far from our clock: nothing was done."""

    def __init__(self, sent_at: datetime, at: datetime) -> None:
        super().__init__(sent_at.isoformat())
        self.sent_at, self.at = sent_at, at


@dataclass(frozen=True, slots=True)
class Correction:
    """How a batch corrects what is in force from the same source.

    `mode` ROWS: the rows with the same keys give way. DAYS: every fact of the days given, or of the days in
    the file, gives way. `reason` is for both parties to read.
    """

    mode: str
    reason: str
    days: tuple[date, ...] = ()


@dataclass(frozen=True, slots=True)
class Imported:
    """What became of a file. `is_new` is false when the same file had already been brought."""

    batch: Batch
    is_new: bool
    refusals: tuple[Refusal, ...]


@clause("S-2.1.7-telephonie", "S-10.1-statistiques")
def import_file(
    *,
    contract: Contract,
    path: Path,
    connector: Connector,
    actor: str,
    at: datetime,
    file_name: str = "",
    accept_partial: bool = False,
    correction: Correction | None = None,
    progress: Progress | None = None,
    sent_by: FactKey | None = None,
    sent_as: str = "",
) -> Imported:
    """Check every row of a file and bring it in: whole, or not at all unless `accept_partial`.

    The same file through the same mapping is one batch, however often it is brought. A refused file is
    recorded with its refusals, brings no fact, and may be brought again.

    `sent_by`, `sent_as`: the key that brought the file, and its sender's name for it.

    Raises:
        CorrectionWithoutReason, FactsKeepMoving, NameTaken
    """
    if correction and not correction.reason.strip():
        raise CorrectionWithoutReason(correction.mode)
    digest = sha256_of(path)
    key = _batch_key(contract, digest, connector)
    draft = Batch(
        contract=contract,
        key=key,
        record=connector.record.value,
        source=connector.name,
        mapping=Path(connector.path).read_text("utf-8") if connector.path else "",
        file_name=(file_name or path.name)[:255],
        file_sha256=digest,
        file_bytes=path.stat().st_size,
        supersedes=correction.mode if correction else "",
        reason=correction.reason.strip() if correction else "",
        sent_by=sent_by,
        sent_as=sent_as,
        actor=actor,
        imported_at=at,
    )
    for _ in range(ATTEMPTS):
        known = Batch.objects.accepted().filter(contract=contract, key=key).first()
        if known:
            return Imported(known, False, ())
        imported = _attempt(draft, path, connector, accept_partial, correction, progress or _silent)
        if imported:
            return imported
    raise FactsKeepMoving(path.name)


def _batch_key(contract: Contract, digest: str, connector: Connector) -> str:
    return sha256(f"{contract.code}\n{digest}\n{connector.digest}".encode()).hexdigest()[:32]


@clause("S-2.1.7-telephonie")
def receive_message(*, key: FactKey, message: Message, at: datetime) -> Imported:
    """Bring in what a machine sends live, once: the same name or the same facts again are the same batch.

    What is already here is told whenever it is asked; what is new must have been sent just now.

    Raises:
        NameTaken: the key has sent other facts under that name.
        StaleMessage: new facts, sent too long ago, or in the future.
        FactsKeepMoving
    """
    connector = live_connector(message.record, key.source, hold_apart=message.hold_apart)
    lines = message.lines
    digest = sha256(lines).hexdigest()
    accepted = Batch.objects.accepted().filter(contract=key.contract)
    named = accepted.filter(sent_by=key, sent_as=message.name).first()
    if named and named.file_sha256 != digest:
        raise NameTaken(named)
    known = named or accepted.filter(key=_batch_key(key.contract, digest, connector)).first()
    if known:
        return Imported(known, False, ())
    if not is_timely(message.sent_at, at):
        raise StaleMessage(message.sent_at, at)
    with TemporaryDirectory() as scratch:
        path = Path(scratch) / "message"
        path.write_bytes(lines)
        return import_file(
            contract=key.contract,
            path=path,
            connector=connector,
            actor=f"system:facts-key-{key.pk}",
            at=at,
            file_name=message.name,
            accept_partial=message.partial,
            correction=Correction(message.mode, message.reason, message.days) if message.mode else None,
            sent_by=key,
            sent_as=message.name,
        )


def _silent(step: str, done: int, total: int) -> None:
    """Nobody watches."""


def _attempt(
    draft: Batch,
    path: Path,
    connector: Connector,
    accept_partial: bool,
    correction: Correction | None,
    progress: Progress,
) -> Imported | None:
    """One try. None: another import changed the months meanwhile, and the rows must be checked again."""
    root = facts_root()
    with engine(root, reading=draft.file_bytes) as (con, scratch):
        progress("Lecture", 0, 3)
        try:
            broken = open_raw(con, path, connector, scratch=scratch)
        except UnreadableSource as error:
            refusal = Refusal(error.row, error.column, error.rule, error.message, error.mend)
            unread = Checked(0, 0, 0, [refusal])
            unread.by_rule[error.rule] += 1
            return _refused(draft, unread)
        progress("Contrôle", 1, 3)
        padded = may_be_padded(path, connector)
        intake = compile_intake(
            connector,
            civil_zone=settings.TIME_ZONE,
            received_at=draft.imported_at,
            span=con.execute(span_query(connector, padded=padded)).fetchall()[0],
            padded=padded,
        )
        checked = check_rows(con, intake, connector, broken)
        days = _replaced_days(correction, checked)
        before = _in_force(draft, checked, days)
        if not correction or correction.mode == "DAYS":
            files = _files_of(before)
            if refuse_known(con, checked, files=files, source=connector.name, but_days=days):
                settle(con, checked, connector.record)
        if checked.rows_refused and (not accept_partial or not checked.rows_accepted):
            return _refused(draft, checked)
        draft.unlisted = _unlisted(con, draft, checked)
        progress("Écriture", 2, 3)
        written = _write(con, draft, connector.record, checked, root)
        taken = _take_out(con, draft, before, days, correction, root)
        taken = _put_together(con, draft, before, taken, root)
    _filled(draft, checked)
    draft.days = sorted({str(day) for day in (*checked.days, *taken.days)})
    draft.superseded = taken.rows_by_batch
    if not _register(draft, written, taken, before):
        return None
    progress("Fini", 3, 3)
    return Imported(draft, True, tuple(checked.refusals))


def _unlisted(con: duckdb.DuckDBPyConnection, draft: Batch, checked: Checked) -> dict[str, dict[str, int]]:
    """What enters under a name that the contract did not list on its day: a warning, never a refusal."""
    columns = {column.name for column in RECORD_TYPES[Record(draft.record)].columns}
    told = {name: term for name, term in LISTED_BY.items() if name in columns}
    if not told or not checked.days:
        return {}
    try:
        terms = terms_of(draft.contract.code, at=draft.imported_at)
    except NoTermsFile:
        return {}

    def listed(term: str, day: date) -> tuple[str, ...] | None:
        try:
            return terms.texts(term, on=day)
        except (NoValueOn, UnknownTerm):
            return None

    found = {
        name: unlisted(con, name, listings(checked.days, partial(listed, term)))
        for name, term in told.items()
    }
    return {name: counts for name, counts in found.items() if counts}


def _replaced_days(correction: Correction | None, checked: Checked) -> tuple[date, ...]:
    if not correction or correction.mode != "DAYS":
        return ()
    return correction.days or checked.days


def _in_force(draft: Batch, checked: Checked, days: Sequence[date]) -> dict[date, Manifest | None]:
    """The manifest in force of every month that the batch may touch; None where the month has none yet."""
    months = {*checked.months, *(day.replace(day=1) for day in days)}
    if draft.supersedes == "ROWS":
        # A corrected instant may move a fact over the end of a month.
        months |= {_month_after(month) for month in months} | {_month_before(month) for month in months}
    found = manifests_in_force(draft.contract, Record(draft.record), sorted(months))
    return {month: found.get(month) for month in sorted(months)}


def _month_after(month: date) -> date:
    return (month + timedelta(days=32)).replace(day=1)


def _month_before(month: date) -> date:
    return (month - timedelta(days=1)).replace(day=1)


def _files_of(manifests: dict[date, Manifest | None]) -> list[Path]:
    root = facts_root()
    return [root / file.path for manifest in manifests.values() if manifest for file in manifest.files.all()]


def _write(
    con: duckdb.DuckDBPyConnection, draft: Batch, kind: Record, checked: Checked, root: Path
) -> list[Written]:
    written = []
    months = checked.months
    if kind == Record.STATES:
        # A state that passes midnight on the last of a month has a piece in the next.
        months = tuple(sorted({*months, *(_month_after(month) for month in months)}))
    for month in months:
        key = caller_key(contract=draft.contract, month=month) if kind == Record.LEGS else None
        select = stored_rows(
            kind,
            month,
            source=draft.source,
            batch=draft.key,
            caller_key=key,
            civil_zone=settings.TIME_ZONE,
            has_widened=checked.has_widened,
        )
        folder = f"{draft.contract.code}/{kind.table}"
        file = write_file(con, select, root=root, folder=folder, month=month, prefix=draft.key)
        if file:
            written.append(file)
    return written


@dataclass(frozen=True, slots=True)
class _Taken:
    """The files that give way: to a correction, with what remains of each and the days; or to one merged file."""

    gone: frozenset[int]
    remainders: tuple[Written, ...]
    rows_by_batch: dict[str, int]
    days: frozenset[date]
    merged: tuple[Written, ...] = ()


def _take_out(
    con: duckdb.DuckDBPyConnection,
    draft: Batch,
    before: dict[date, Manifest | None],
    days: Sequence[date],
    correction: Correction | None,
    root: Path,
) -> _Taken:
    if not correction:
        return _Taken(frozenset(), (), {}, frozenset())
    if correction.mode == "DAYS":
        listed = ", ".join(f"DATE '{day}'" for day in days) or "NULL"
        hit = f"day IN ({listed})"
    else:
        hit = (
            "source_key IN (SELECT source_key FROM shaped UNION ALL "
            f"SELECT source_key || '{WIDENED_KEY}' FROM shaped)"
        )
    hit = f"(source = {literal(draft.source)} AND {hit})"
    gone: set[int] = set()
    remainders: list[Written] = []
    rows: dict[str, int] = {}
    touched: set[date] = set()
    for month, manifest in before.items():
        for file in manifest.files.all() if manifest else ():
            relation = parquet([root / file.path])
            counts = con.execute(
                f"SELECT batch, day, count(*) FROM {relation} WHERE {hit} GROUP BY ALL"
            ).fetchall()
            if not counts:
                continue
            gone.add(file.pk)
            for batch, day, count in counts:
                rows[batch] = rows.get(batch, 0) + count
                touched.add(day)
            remainder = write_file(
                con,
                f"SELECT * FROM {relation} WHERE NOT {hit}",
                root=root,
                folder=f"{draft.contract.code}/{Record(draft.record).table}",
                month=month,
                prefix=f"{draft.key}-r{file.sha256[:8]}",
            )
            if remainder:
                remainders.append(remainder)
    return _Taken(frozenset(gone), tuple(remainders), rows, frozenset(touched))


def _put_together(
    con: duckdb.DuckDBPyConnection,
    draft: Batch,
    before: dict[date, Manifest | None],
    taken: _Taken,
    root: Path,
) -> _Taken:
    """Replace a month's small files by one with the same rows, once they are many, as live messages make them.

    Without that, each message would name every file of its month once more, and each figure open them all.
    """
    gone: set[int] = set()
    merged: list[Written] = []
    for month, manifest in before.items():
        left = [file for file in manifest.files.all() if file.pk not in taken.gone] if manifest else []
        small = [file for file in left if file.bytes < SMALL_FILE_BYTES]
        if len(small) < MOST_SMALL_FILES:
            continue
        written = write_file(
            con,
            f"SELECT * FROM {parquet([root / file.path for file in small])}",
            root=root,
            folder=f"{draft.contract.code}/{Record(draft.record).table}",
            month=month,
            prefix=f"{draft.key}-m",
        )
        if written:
            merged.append(written)
            gone |= {file.pk for file in small}
    return replace(taken, gone=taken.gone | gone, merged=tuple(merged))


def _filled(draft: Batch, checked: Checked) -> None:
    draft.state = "ACCEPTED"
    draft.rows_read = checked.rows_read
    draft.rows_accepted = checked.rows_accepted
    draft.rows_refused = checked.rows_refused
    draft.refused_by_rule = dict(checked.by_rule)
    draft.refusals_file = _write_refusals(draft, checked.refusals)


def _refused(draft: Batch, checked: Checked) -> Imported | None:
    """Record that the file was refused, and why: it brings nothing.

    None: the same file was accepted meanwhile, which is why its rows are known.
    """
    _filled(draft, checked)
    draft.state, draft.rows_accepted, draft.days, draft.unlisted = "REFUSED", 0, [], {}
    with transaction.atomic():
        _hold(draft.contract)
        if Batch.objects.accepted().filter(contract=draft.contract, key=draft.key).exists():
            return None
        _replace_refused(draft)
        record(
            contract=draft.contract.code,
            actor=draft.actor,
            at=draft.imported_at,
            act="REFUSE_FACTS",
            target=f"batch:{draft.key}",
            body=_told(draft),
        )
    return Imported(draft, True, tuple(checked.refusals))


def _replace_refused(draft: Batch) -> None:
    """A file refused before is the same batch, presented again."""
    earlier = Batch.objects.filter(contract=draft.contract, key=draft.key, state="REFUSED").first()
    draft.pk = earlier.pk if earlier else None
    draft.save(force_insert=earlier is None, force_update=earlier is not None)


def _register(
    draft: Batch, written: Sequence[Written], taken: _Taken, before: dict[date, Manifest | None]
) -> bool:
    """Make the files speak for their months, in one transaction. False: the months changed meanwhile."""
    with transaction.atomic():
        _hold(draft.contract)
        if Batch.objects.accepted().filter(contract=draft.contract, key=draft.key).exists():
            return False
        if draft.sent_by and (named := _sent_before(draft)):
            raise NameTaken(named)
        now = manifests_in_force(draft.contract, Record(draft.record), sorted(before))
        for month, manifest in before.items():
            if (manifest.pk if manifest else None) != (now[month].pk if month in now else None):
                return False
        _replace_refused(draft)
        added = [_file_row(draft, file, "DELIVERED") for file in written]
        added += [_file_row(draft, file, "REMAINDER") for file in taken.remainders]
        added += [_file_row(draft, file, "MERGED") for file in taken.merged]
        _next_manifests(draft, added, taken, before)
        record(
            contract=draft.contract.code,
            actor=draft.actor,
            at=draft.imported_at,
            act="CORRECT_FACTS" if draft.supersedes else "IMPORT_FACTS",
            target=f"batch:{draft.key}",
            body={**_told(draft), "files": [file.sha256 for file in added]},
        )
        if draft.days and draft.record != Record.AGGREGATES.value:
            enqueue(
                kind=SUMS,
                key=f"{SUMS}:{draft.contract.code}:{draft.key}",
                at=draft.imported_at,
                contract=draft.contract.code,
                payload={"since": draft.days[0]},
            )
    return True


def _sent_before(draft: Batch) -> Batch | None:
    """What the same key has had accepted under the same name meanwhile."""
    return Batch.objects.accepted().filter(sent_by=draft.sent_by, sent_as=draft.sent_as).first()


def _hold(contract: Contract) -> None:
    """One registration at a time for a contract. On SQLite IMMEDIATE already holds the whole file."""
    if connection.vendor == "postgresql":
        Contract.objects.select_for_update(no_key=True).get(pk=contract.pk)


def _file_row(draft: Batch, file: Written, kind: str) -> FactFile:
    return FactFile.objects.create(
        contract=draft.contract,
        batch=draft,
        record=draft.record,
        month=file.month,
        kind=kind,
        path=file.path,
        sha256=file.sha256,
        rows=file.rows,
        bytes=file.bytes,
    )


def _next_manifests(
    draft: Batch, added: Sequence[FactFile], taken: _Taken, before: dict[date, Manifest | None]
) -> None:
    months = {file.month for file in added}
    for month, manifest in before.items():
        if manifest and any(file.pk in taken.gone for file in manifest.files.all()):
            months.add(month)
    spill = [month for month in months if month not in before]
    last = {
        **before,
        **dict.fromkeys(spill),
        **manifests_in_force(draft.contract, Record(draft.record), spill),
    }
    for month in sorted(months):
        manifest = last[month]
        files = [file for file in manifest.files.all() if file.pk not in taken.gone] if manifest else []
        files += [file for file in added if file.month == month]
        hashes = "\n".join(sorted(file.sha256 for file in files))
        made = Manifest.objects.create(
            contract=draft.contract,
            record=draft.record,
            month=month,
            version=manifest.version + 1 if manifest else 1,
            batch=draft,
            digest=sha256(hashes.encode()).hexdigest(),
            rows=sum(file.rows for file in files),
            at=draft.imported_at,
        )
        made.files.set(files)


def _told(draft: Batch) -> dict[str, object]:
    """What the journal keeps of a batch."""
    return {
        "record": draft.record,
        "source": draft.source,
        "file_sha256": draft.file_sha256,
        "read": draft.rows_read,
        "accepted": draft.rows_accepted,
        "refused": draft.rows_refused,
        "rules": draft.refused_by_rule,
        "supersedes": draft.supersedes,
        "superseded": draft.superseded,
        "reason": draft.reason,
        **({"unlisted": draft.unlisted} if draft.unlisted else {}),
        **({"message": draft.sent_as} if draft.sent_as else {}),
    }


def _write_refusals(draft: Batch, refusals: Sequence[Refusal]) -> str:
    """The refused rows as a file that a spreadsheet opens, for whoever must mend them."""
    if not refusals:
        return ""
    path = facts_root() / draft.contract.code / "refused" / f"{draft.key}.csv"
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file, delimiter=";")
        writer.writerow(["Ligne", "Colonne", "Règle", "Valeur", "Pourquoi", "Comment corriger"])
        for item in refusals:
            writer.writerow([item.row, item.column, item.rule, _inert(item.value), item.message, item.mend])
    return str(path.relative_to(facts_root()))


def _inert(value: str) -> str:
    """A value that a spreadsheet will not run as a formula."""
    return f"'{value}" if value[:1] in ("=", "+", "-", "@", "\t") else value


def caller_key(*, contract: Contract, month: date) -> bytes:
    """The key of a month's caller pseudonyms, made the first time it is needed."""
    label = f"{contract.code} {month:%Y-%m}"
    row = CallerKey.objects.filter(contract=contract, month=month).first()
    if row is None:
        with transaction.atomic():
            sealed = seal(new_key(), settings.KEY_PASSPHRASE, label)
            row, _ = CallerKey.objects.get_or_create(
                contract=contract, month=month, defaults={"sealed": sealed}
            )
    return unseal(bytes(row.sealed), settings.KEY_PASSPHRASE, label)


@clause("S-2.1.7-telephonie")
def create_fact_key(
    *, contract: Contract, label: str, source: str, actor: str, at: datetime
) -> tuple[FactKey, str]:
    """Give a key to a telephony, for one source; its text is shown once and never kept."""
    with transaction.atomic():
        key, secret = make_key(
            FactKey, contract=contract, label=label, source=source, created_at=at, created_by=actor
        )
        record(
            contract=contract.code,
            actor=actor,
            at=at,
            act="FACT_KEY_CREATED",
            target=f"facts-key:{key.pk}",
            body={"label": label, "source": source},
        )
    return key, secret


def revoke_fact_key(*, key: FactKey, actor: str, at: datetime) -> FactKey:
    """End a key. Twice is once; what it brought stays."""
    with transaction.atomic():
        if end_key(key, actor=actor, at=at):
            record(
                contract=key.contract.code,
                actor=actor,
                at=at,
                act="FACT_KEY_REVOKED",
                target=f"facts-key:{key.pk}",
            )
    return key


def forget_callers(*, contract: Contract, before: date, actor: str, at: datetime) -> int:
    """Destroy the keys of the months before a day: their pseudonyms can never again be tried against numbers.

    Returns how many keys were destroyed.
    """
    with transaction.atomic():
        keys = CallerKey.objects.filter(contract=contract, month__lt=before.replace(day=1))
        months = [f"{month:%Y-%m}" for month in keys.values_list("month", flat=True)]
        keys.delete()
        if months:
            record(
                contract=contract.code,
                actor=actor,
                at=at,
                act="FORGET_CALLERS",
                target="facts:callers",
                body={"months": months},
            )
    return len(months)


def sweep_orphans(*, at: datetime, older_than: timedelta = timedelta(hours=1)) -> list[str]:
    """Delete the files that no batch registered: what a cut left between writing and registering.

    `older_than` spares the files of an import that is still running. Returns the paths deleted.
    """
    root = facts_root()
    registered = set(FactFile.objects.values_list("path", flat=True))
    swept = []
    for path in sorted(root.rglob("*")):
        name = str(path.relative_to(root))
        stray = path.name.startswith(".coming-") or (path.suffix == ".parquet" and name not in registered)
        if stray and path.is_file() and at.timestamp() - path.stat().st_mtime >= older_than.total_seconds():
            path.unlink(missing_ok=True)
            swept.append(name)
    return swept


def sweep_and_record(*, actor: str, at: datetime, older_than: timedelta = timedelta(hours=1)) -> list[str]:
    """Sweep the orphans, and tell the journal which went, by their paths; nothing to sweep, nothing to tell."""
    swept = sweep_orphans(at=at, older_than=older_than)
    if swept:
        with transaction.atomic():
            record(
                contract="",
                actor=actor,
                at=at,
                act="FACT_FILES_SWEPT",
                target="facts:files",
                body={"files": swept},
            )
    return swept
