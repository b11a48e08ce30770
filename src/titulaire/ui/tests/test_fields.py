"""What people type, and what they are told."""

from datetime import date
from decimal import Decimal

import pytest
from django import forms
from django.core.files.uploadedfile import SimpleUploadedFile

from titulaire.ui.fields import DateField, DecimalField, FileField, MoneyField, RangedField


@pytest.mark.parametrize("text", ["2027-12-31", "31/12/2027", "31/12/27", "31.12.2027"])
def test_a_date_is_read_as_people_write_it(text):
    assert DateField().clean(text) == date(2027, 12, 31)


@pytest.mark.parametrize("text", ["31/13/2027", "demain", "12/31/2027"])
def test_a_date_that_is_not_one_says_how_to_write_it(text):
    with pytest.raises(forms.ValidationError, match="31/12/2027"):
        DateField().clean(text)


@pytest.mark.parametrize("text", ["1 234,56", "1\u202f234,56 €", "1234.56", "1\u00a0234,56"])
def test_an_amount_is_read_with_comma_or_dot(text):
    assert MoneyField().clean(text) == Decimal("1234.56")


@pytest.mark.parametrize("text", ["douze", "1,2,3", "NaN", "1,234.56", "12,345"])
def test_an_amount_that_is_not_one_is_refused(text):
    with pytest.raises(forms.ValidationError):
        MoneyField().clean(text)


def test_an_amount_shows_again_with_its_comma():
    form = type("F", (forms.Form,), {"rate": DecimalField(label="Taux")})(initial={"rate": Decimal("0.5")})
    assert 'value="0,5"' in str(form["rate"])
    assert 'inputmode="decimal"' in str(form["rate"])


def test_a_date_field_shows_iso_to_the_browser():
    form = type("F", (forms.Form,), {"day": DateField(label="Jour")})(initial={"day": date(2027, 3, 1)})
    assert 'type="date"' in str(form["day"])
    assert 'value="2027-03-01"' in str(form["day"])


def test_a_file_of_another_kind_or_too_heavy_is_refused_in_plain_words():
    field = FileField(accept=".csv,.xlsx", max_bytes=1_048_576)
    assert field.clean(SimpleUploadedFile("MARS.CSV", b"x"))
    with pytest.raises(forms.ValidationError, match="n’est pas un fichier attendu"):
        field.clean(SimpleUploadedFile("mars.pdf", b"x"))
    with pytest.raises(forms.ValidationError, match="trop lourd"):
        field.clean(SimpleUploadedFile("mars.csv", b"x" * 1_600_000))


def test_a_slider_stands_beside_its_number_and_is_not_sent():
    form = type(
        "F", (forms.Form,), {"more": RangedField(label="Titres", least=-5, most=5, max_value=Decimal(50))}
    )
    shown = str(form(initial={"more": Decimal("2.5")})["more"])
    assert 'name="more" value="2,5"' in shown and shown.count("name=") == 1
    assert (
        'type="range" min="-5" max="5" step="1" aria-label="Titres, curseur" data-mirrors="id_more"' in shown
    )
    assert form({"more": "12"}).is_valid() and not form({"more": "51"}).is_valid()
