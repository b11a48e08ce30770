"""What the network knows: affiliates, remittances, presentation dates, and who may know what of a use."""

from __future__ import annotations

import unicodedata
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from functools import reduce
from operator import or_

from django.db.models import Q, QuerySet

from titulaire.clauses import clause
from titulaire.contracts.queries import terms_of
from titulaire.contracts.rules import AnnualDay
from titulaire.identity.models import Contract, User
from titulaire.jobs.models import Job
from titulaire.vouchers.issuing.codes import PublicKeys, Refusal, verify
from titulaire.vouchers.issuing.models import AdvertPage, Imprint, Voucher
from titulaire.vouchers.issuing.queries import all_public_keys
from titulaire.vouchers.network.departments import departments
from titulaire.vouchers.network.models import (
    Affiliate,
    AffiliatePerson,
    PayingAccount,
    Payment,
    PaymentRun,
    Remittance,
    RemittanceLine,
    Use,
)
from titulaire.vouchers.network.rules import (
    AffiliateState,
    ClaimFacts,
    Given,
    Note,
    Presentation,
    Presented,
    Proof,
    Verdict,
    cutoff_on,
    presented_on,
    typed,
)
from titulaire.vouchers.stops.queries import PlaceOfUse


@dataclass(frozen=True, slots=True)
class PresentationTerms:
    """What the contract says of presentation, and how it is read."""

    cutoff: AnnualDay
    day_reading: str
    proof_reading: str


def presentation_terms(contract: Contract, *, on: date) -> PresentationTerms:
    """The contract's figures on a day; before its first day, those of its first day."""
    terms = terms_of(contract.code)
    day = max(on, terms.head.notified_on)
    return PresentationTerms(
        cutoff=terms.annual_day("presentation_cutoff", on=day),
        day_reading=terms.reading("presentation_day", on=day),
        proof_reading=terms.reading("presentation_proof", on=day),
    )


def presentation(
    contract: Contract, *, received_on: date, postmarked_on: date | None, letters_required: bool
) -> Presentation:
    """A presentation received that day, with the cut-off of every vintage that may still be about."""
    terms = presentation_terms(contract, on=received_on)
    on = presented_on(received_on=received_on, postmarked_on=postmarked_on, proof_reading=terms.proof_reading)
    vintages = range(on.year - 20, on.year + 10)
    cutoffs = {
        vintage: cutoff_on(vintage, term=terms.cutoff, day_reading=terms.day_reading) for vintage in vintages
    }
    return Presentation(on, cutoffs, letters_required)


def examined(titles: Sequence[Given]) -> list[Presented]:
    """Each voucher handed in, once its signature is verified with the public keys, or its check digits tried."""
    keys: PublicKeys | None = None
    found: list[Presented] = []
    for given in titles:
        number = typed(given)
        if number is None:
            keys = keys or all_public_keys()
            number = _signed(given, keys)
        found.append(number)
    return found


def _signed(given: Given, keys: PublicKeys) -> Presented:
    code = "".join(given.text.split()).upper()
    said = verify(code, keys)
    if said is Refusal.NOT_A_CODE:
        return Presented(given, fault=Verdict.UNKNOWN, note=Note.NOT_A_CODE)
    if isinstance(said, Refusal):
        return Presented(given, fault=Verdict.FORGED)
    return Presented(given, str(said.number), Proof.CODE, code=code)


# Affiliates


def town_key(town: str) -> str:
    """A town as it is compared: capitals, without accents, hyphens or “saint” in full."""
    plain = unicodedata.normalize("NFKD", town).encode("ascii", "ignore").decode().upper()
    words = plain.replace("-", " ").replace("'", " ").split()
    return " ".join({"ST": "SAINT", "STE": "SAINTE"}.get(word, word) for word in words)


def affiliates_of(contract: Contract) -> QuerySet[Affiliate]:
    """Every affiliate of the contract, whatever its state."""
    return Affiliate.objects.filter(contract=contract)


def open_to_all(place: str) -> QuerySet[Affiliate]:
    """The accepted affiliates of a town, of a département, or whose postcode begins so; all without a place."""
    found = Affiliate.objects.filter(state=AffiliateState.ACCEPTED.value)
    words = town_key(place)
    department = departments().get(place.strip().upper())
    if department is not None:
        beginnings = (Q(postcode__startswith=each) for each in department.postcodes)
        return found.filter(reduce(or_, beginnings))
    if words:
        found = found.filter(Q(town_key__contains=words) | Q(postcode__startswith=words.replace(" ", "")))
    return found


def affiliates_for(user: User, contract: Contract) -> QuerySet[Affiliate]:
    """The affiliates for which a person acts on the contract."""
    links = AffiliatePerson.objects.filter(user=user, affiliate__contract=contract)
    return Affiliate.objects.filter(pk__in=links.values("affiliate_id"))


# Remittances


def remittances_of(
    contract: Contract, *, affiliates: QuerySet[Affiliate] | None = None
) -> QuerySet[Remittance]:
    """The remittances of the contract, or of some of its affiliates alone."""
    found = Remittance.objects.filter(contract=contract).select_related("affiliate", "payment__run")
    return found if affiliates is None else found.filter(affiliate__in=affiliates)


def lines_of(remittance: Remittance) -> QuerySet[RemittanceLine]:
    """The lines with their vouchers and the use of each."""
    return remittance.lines.select_related(
        "voucher__use__remittance", "voucher__use__affiliate", "decision__remittance"
    )


def earlier_use(line: RemittanceLine) -> Use | None:
    """The use that made this line's voucher already used."""
    if line.verdict not in {Verdict.ALREADY_USED, Verdict.TWICE_IN_BATCH} or line.voucher is None:
        return None
    return getattr(line.voucher, "use", None)


def use_of(voucher: Voucher) -> Use | None:
    """Where and when a voucher was used."""
    return Use.objects.filter(voucher=voucher).select_related("affiliate", "remittance__payment__run").first()


# Claims that came after the voucher's end


def late_claims(contract: Contract) -> QuerySet[RemittanceLine]:
    """The vouchers presented in time whose life had ended meanwhile, decided or not."""
    return RemittanceLine.objects.filter(
        remittance__contract=contract, note=Note.LATE_CLAIM.value, voucher__isnull=False
    ).select_related("remittance__affiliate", "remittance__contract", "voucher", "decision__remittance")


def heir_of(voucher: Voucher) -> Voucher:
    """The last of the line of vouchers that replaced this one: it alone holds the value. Itself when nothing did."""
    heir = voucher
    while (later := Voucher.objects.filter(replaces=heir).first()) is not None:
        heir = later
    return heir


def claim_facts(line: RemittanceLine, heir: Voucher) -> ClaimFacts:
    """What decides whether a claim may be paid, as the register stands now."""
    voucher = line.voucher
    assert voucher is not None, "a claim is on a voucher of the register"  # noqa: S101 - `late_claims` has no other
    ended = voucher.moves.filter(to_state__in=["REPLACED", "EXPIRED"], from_state="STOPPED")
    return ClaimFacts(
        opposed=ended.exists(),
        heir_state=heir.state,
        last_valid_on=voucher.last_valid_on,
        used_on=line.used_on,
    )


# Payment


def unpaid(contract: Contract) -> QuerySet[Remittance]:
    """The recorded remittances in which something is due and not yet paid, first received first."""
    return (
        Remittance.objects.filter(
            contract=contract, state=Remittance.RECORDED, amount_cents__gt=0, payment__isnull=True
        )
        .select_related("affiliate")
        .order_by("recorded_at", "pk")
    )


def paid_paper(contract: Contract) -> QuerySet[Remittance]:
    """The paid remittances whose paper is not destroyed yet."""
    return (
        Remittance.objects.filter(contract=contract, payment__isnull=False, destruction__isnull=True)
        .select_related("affiliate", "payment__run")
        .order_by("recorded_at", "pk")
    )


def paying_account(contract: Contract) -> PayingAccount | None:
    """The account from which affiliates are paid now."""
    return PayingAccount.objects.filter(contract=contract).first()


def payments_of(contract: Contract, *, affiliates: QuerySet[Affiliate] | None = None) -> QuerySet[Payment]:
    """The register of payments, or the part of some affiliates."""
    found = Payment.objects.filter(run__contract=contract).select_related("run", "remittance", "affiliate")
    return found if affiliates is None else found.filter(affiliate__in=affiliates)


def runs_of(contract: Contract) -> QuerySet[PaymentRun]:
    """The payment runs of the contract."""
    return PaymentRun.objects.filter(contract=contract)


def reading_progress(remittance: Remittance) -> tuple[int, int]:
    """Pages read so far, and pages in the scan, as the worker tells them."""
    found = Job.objects.filter(key=f"network.read_scan:{remittance.pk}").values_list(
        "done_parts", "all_parts"
    )
    return found.first() or (0, 0)


# Beneficiaries


@dataclass(frozen=True, slots=True)
class VintageInUse:
    """A vintage that may still be held by someone, and its last day of use, included."""

    vintage: int
    last_valid_on: date


def vintages_in_use(contract: Contract, *, on: date) -> list[VintageInUse]:
    """The vintages with vouchers that can still be used that day, or from a day to come."""
    found = (
        Voucher.objects.filter(contract=contract, last_valid_on__gte=on)
        .order_by("vintage")
        .values_list("vintage", "last_valid_on")
        .distinct()
    )
    return [VintageInUse(vintage, last) for vintage, last in found]


def imprint_of(contract: Contract) -> Imprint | None:
    """Who issues and who gives the vouchers, as it is printed on them now."""
    return Imprint.objects.filter(contract=contract).order_by("-version").first()


def advantage_pages(contract: Contract, *, on: date) -> QuerySet[AdvertPage]:
    """The pages of advantages bound in the booklets of that day."""
    in_force = Q(until__isnull=True) | Q(until__gt=on)
    return AdvertPage.objects.filter(in_force, contract=contract, since__lte=on)


@clause("T-2.6-lieu-utilisation", "T-2.4-securite")
def places_of_use(keys: Collection[int]) -> dict[int, PlaceOfUse]:
    """Where and when vouchers were used, by their key, for a search after a theft."""
    uses = Use.objects.filter(voucher_id__in=keys).select_related("affiliate")
    return {
        use.voucher_id: PlaceOfUse(
            used_at=use.accepted_at,
            name=use.affiliate.name,
            siret=use.affiliate.siret,
            address=f"{use.affiliate.street}, {use.affiliate.postcode} {use.affiliate.town}",
        )
        for use in uses
    }
