"""Form fields with the keyboard, the format and the French messages that suit them."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from typing import Any

from django import forms

from titulaire.ui import formats

DATE_FORMATS = ["%Y-%m-%d", "%d/%m/%Y", "%d/%m/%y", "%d.%m.%Y"]


class DateInput(forms.DateInput):
    """The browser's own date field, which speaks ISO."""

    input_type = "date"

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        super().__init__(attrs=attrs, format="%Y-%m-%d")


class InstantInput(forms.DateTimeInput):
    """The browser's own date and time field."""

    input_type = "datetime-local"

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        super().__init__(attrs=attrs, format="%Y-%m-%dT%H:%M")


class DateField(forms.DateField):
    """A date: from the browser's picker, or typed as `31/12/2027`."""

    widget = DateInput
    default_error_messages = {"invalid": "Écrivez une date comme 31/12/2027."}

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(input_formats=DATE_FORMATS, **kwargs)


class InstantField(forms.DateTimeField):
    """A date and an hour, in the current time zone."""

    widget = InstantInput
    default_error_messages = {"invalid": "Écrivez une date et une heure comme 31/12/2027 14:30."}

    def __init__(self, **kwargs: Any) -> None:
        patterns = ["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M", "%d/%m/%Y %H:%M"]
        super().__init__(input_formats=patterns, **kwargs)


class DecimalInput(forms.TextInput):
    """Text with a numeric keyboard: `type=number` refuses the French comma in some browsers."""

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        super().__init__(attrs={"inputmode": "decimal", "autocomplete": "off", **(attrs or {})})


class DecimalField(forms.DecimalField):
    """A decimal number as people write it: `1 234,56`, `1234.56`."""

    widget = DecimalInput
    default_error_messages = {"invalid": "Écrivez un nombre comme 1 234,56."}

    def to_python(self, value: Any) -> Any:
        if isinstance(value, str):
            value = "".join(value.split()).replace(",", ".").replace("€", "").replace("−", "-")
            if value:
                try:
                    Decimal(value)
                except InvalidOperation:
                    raise forms.ValidationError(self.error_messages["invalid"], code="invalid") from None
        return super().to_python(value)

    def prepare_value(self, value: Any) -> Any:
        return f"{value:f}".replace(".", ",") if isinstance(value, Decimal) else value

    def widget_attrs(self, widget: forms.Widget) -> dict[str, Any]:
        return {}


class RangedInput(DecimalInput):
    """A number, and a slider that says the same where there is script: the number alone is sent."""

    template_name = "ui/widgets/ranged.html"

    def __init__(
        self, least: int, most: int, step: int, spoken: str, attrs: dict[str, Any] | None = None
    ) -> None:
        super().__init__(attrs)
        self.least, self.most, self.step, self.spoken = least, most, step, spoken

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        context = super().get_context(name, value, attrs)
        context["slider"] = {
            "least": str(self.least),
            "most": str(self.most),
            "step": str(self.step),
            "spoken": self.spoken,
        }
        return context


class RangedField(DecimalField):
    """A number with a slider from `least` to `most`, 0 among them; typing may go beyond, to `min_value` and
    `max_value`.
    """

    def __init__(self, *, label: str, least: int, most: int, step: int = 1, **kwargs: Any) -> None:
        widget = RangedInput(least, most, step, f"{label}, curseur")
        super().__init__(label=label, widget=widget, initial=Decimal(0), **kwargs)


class MoneyField(DecimalField):
    """An amount in euros, to the cent."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("max_digits", 14)
        super().__init__(decimal_places=2, **kwargs)


class FileInput(forms.FileInput):
    """A file field inside an area on which a file can be dropped."""

    template_name = "ui/widgets/file.html"


class FileField(forms.FileField):
    """A file to hand in. `accept` names the extensions, `max_bytes` the weight that is refused past."""

    widget = FileInput

    def __init__(self, *, accept: str = "", max_bytes: int | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.max_bytes = max_bytes
        if accept:
            self.widget.attrs["accept"] = accept
        self.accept = tuple(end.strip().lower() for end in accept.split(",") if end.strip().startswith("."))

    def clean(self, data: Any, initial: Any = None) -> Any:
        file = super().clean(data, initial)
        name = getattr(file, "name", "") or ""
        if file and self.accept and not name.lower().endswith(self.accept):
            raise forms.ValidationError(
                f"« {name} » n’est pas un fichier attendu : choisissez un fichier {', '.join(self.accept)}.",
                code="extension",
            )
        if file and self.max_bytes and file.size > self.max_bytes:
            raise forms.ValidationError(
                f"« {name} » est trop lourd ({_megabytes(file.size)}) : le maximum est "
                f"{_megabytes(self.max_bytes)}.",
                code="weight",
            )
        return file


def _megabytes(size: int) -> str:
    return f"{formats.number(Decimal(size) / 1_048_576, 1)}{formats.NO_BREAK}Mo"
