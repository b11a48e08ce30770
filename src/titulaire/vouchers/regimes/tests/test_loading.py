"""A file that says something unknown is refused, with its name and its line."""

from pathlib import Path

import pytest

from titulaire.vouchers.regimes import labels, loading, queries
from titulaire.vouchers.regimes.rules import AffixedBy, Certainty, Side, State, Subject

PROFILE = """code = "X"
name = "Régime X"
summary = "Pour l’essai."
version = "1"

[[fact]]
subject = "LAST_USE"
from = 2020-01-01
date = { month = 1, day = 31, years_after = 1 }
text = "Jusqu’au 31 janvier."
provision = "art. 1"
certainty = "PRIMARY"

[[mention]]
code = "FACE_VALUE"
from = 2020-01-01
side = "FRONT"
provision = "art. 2"
certainty = "PRIMARY"
"""

OVERRIDES = """contract = "essai"
version = "1"
regimes = ["CAP", "CESU"]
mention_regimes = ["CAP"]

[[decision]]
subject = "LAST_USE"
from = 2020-01-01
clauses = ["T-2.1.3-millesime"]
contract_text = "Le 31 janvier."
contract_date = { month = 1, day = 31, years_after = 1 }
applied_from = "CONTRACT"
why = "Exprès."
consequence = "Aucune."
question = "Aucune."
state = "OPEN"
"""

WORDINGS = loading.load_wordings()
PROFILES = {profile.code: profile for profile in queries.profiles()}


def _write(folder: Path, content: str) -> Path:
    path = folder / "essai.toml"
    path.write_text(content)
    return path


def test_a_sound_profile_is_read(tmp_path):
    profile = loading.load_profile(_write(tmp_path, PROFILE), WORDINGS)
    assert profile.facts[0].position == "M+1-01-31"
    assert len(profile.fingerprint) == 64


@pytest.mark.parametrize(
    ("was", "now", "line", "says"),
    [
        ('text = "Jusqu', 'texte = "Jusqu', 6, "text: a text is wanted"),
        ('provision = "art. 1"', 'provision = "art. 1"\nnote = "?"', 12, "note: unknown key"),
        ('version = "1"', 'version = "1"\nextra = 3', 5, "extra: unknown key"),
        ("[[fact]]", "[[facts]]", 6, "facts: unknown key"),
        ('subject = "LAST_USE"', 'subject = "LASTUSE"', 7, "'LASTUSE' is not one of"),
        ("from = 2020-01-01\ndate", 'from = "2020-01-01"\ndate', 8, "from: a date is wanted"),
        ("day = 31,", "day = 32,", 9, "is no date of every year"),
        ("month = 1, day = 31", "month = 2, day = 29", 9, "is no date of every year"),
        (", day = 31,", ",", 9, "date: write"),
        ('text = "Jusqu', 'position = "A"\ntext = "Jusqu', 10, "either a date or a position"),
        ('certainty = "PRIMARY"\n\n', 'certainty = "SURE"\n\n', 12, "'SURE' is not one of"),
        ('code = "FACE_VALUE"', 'code = "COLOUR"', 15, "COLOUR is not in mentions.toml"),
        ('side = "FRONT"', 'side = "TOP"', 17, "'TOP' is not one of"),
        ('name = "Régime X"', "name = ", 2, "Invalid"),
    ],
)
def test_an_unsound_profile_is_refused_on_its_line(tmp_path, was, now, line, says):
    assert was in PROFILE
    with pytest.raises(loading.RefusedFile) as refused:
        loading.load_profile(_write(tmp_path, PROFILE.replace(was, now, 1)), WORDINGS)
    assert refused.value.line == line
    assert says in str(refused.value)
    assert str(refused.value).startswith(f"essai.toml:{line}:")


def test_two_facts_on_a_subject_from_the_same_day_are_refused(tmp_path):
    fact = PROFILE.split("\n\n")[1]
    with pytest.raises(loading.RefusedFile, match="told twice"):
        loading.load_profile(_write(tmp_path, f"{PROFILE}\n{fact}\n"), WORDINGS)


@pytest.mark.parametrize(
    ("was", "now", "line", "says"),
    [
        ('"CAP", "CESU"]', '"CAP", "XYZ"]', 3, "XYZ is not one of"),
        ('mention_regimes = ["CAP"]', 'mention_regimes = ["TITRE_RESTAURANT"]', 4, "is not one of"),
        ('applied_from = "CONTRACT"', 'applied_from = "TITRE_RESTAURANT"', 12, "says nothing"),
        ('applied_from = "CONTRACT"', 'applied_from = "OWN_CHOICE"', 6, "is written for"),
        ('contract_text = "Le 31 janvier."\n', "", 10, "goes with contract_text"),
        ('state = "OPEN"', 'state = "AGREED"', 16, "goes with agreed_on"),
        ('state = "OPEN"', 'state = "OPEN"\nagreed_on = 2026-01-01', 16, "goes with agreed_on"),
        ('why = "Exprès."', 'why = "Exprès."\napplied = "Autre."', 14, "is written for"),
        ('why = "Exprès."', 'why = ""', 13, "a text is wanted"),
        ('clauses = ["T-2.1.3-millesime"]', "clauses = []", 9, "a list of texts"),
        ('state = "OPEN"', 'state = "OPEN"\nowner = "?"', 17, "owner: unknown key"),
    ],
)
def test_an_unsound_decision_is_refused_on_its_line(tmp_path, was, now, line, says):
    assert was in OVERRIDES
    with pytest.raises(loading.RefusedFile) as refused:
        loading.load_overrides(_write(tmp_path, OVERRIDES.replace(was, now, 1)), WORDINGS, PROFILES)
    assert says in str(refused.value)
    assert refused.value.line == line


def test_every_code_has_its_french_words():
    assert set(labels.SUBJECTS) == set(Subject)
    assert set(labels.CERTAINTIES) == set(Certainty)
    assert set(labels.STATES) == set(State)
    assert set(labels.SIDES) == set(Side)
    assert set(labels.AFFIXED_BY) == set(AffixedBy)


def test_every_file_of_the_room_is_sound():
    assert [profile.code for profile in queries.profiles()] == ["CAP", "CESU", "TITRE_RESTAURANT"]
    assert queries.contracts() == ("cpam47",)


def test_a_contract_without_a_decision_file_is_named():
    with pytest.raises(queries.NoRegime) as refused:
        queries.overrides("inconnu")
    assert refused.value.contract == "inconnu"
