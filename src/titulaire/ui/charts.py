"""Charts drawn on the server as SVG: no script, themable, printable, each with its figures in a table.

    chart = bars("Appels décrochés", "Par mois, objectif 90 %", [("janvier", Decimal("0.93")), …],
                 unit="rate", target=0.9)

The template writes `{{ chart }}`. What a colour says, a dash, a hatch, a mark or a word says too.
"""

from __future__ import annotations

import math
import zlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from django.template.loader import render_to_string
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe

from titulaire.ui import formats
from titulaire.ui.formats import Number

Unit = Literal["number", "money", "rate", "duration"]
Better = Literal["higher", "lower"]
Value = Number | None

HALF, WIDE = (480, 240), (960, 300)
"""Units of a drawing for half a page and for the whole width: on a screen, about as many pixels."""
TOP, RIGHT, BOTTOM = 18, 8, 28
SIGN_WIDTH = 7.0
"""About the width of one sign at the charts' 13 units."""
DURATION_STEPS = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 28800, 86400)
HEAT = ("0.05", "0.16", "0.3", "0.45", "0.9")
"""Opacities of the five classes of a heat map; text stays readable on each, light or dark."""


@dataclass(frozen=True, slots=True)
class Series:
    """A name and one value per label; None is a value not known, drawn as a gap."""

    name: str
    values: Sequence[Value]


@dataclass(frozen=True, slots=True)
class Line:
    """A level to compare with: a target (dashes) or a threshold (dots)."""

    value: Number
    label: str
    css: str


@dataclass(frozen=True, slots=True)
class LegendEntry:
    """A sample of the drawing and the name it stands for."""

    sample: SafeString
    name: str


@dataclass(frozen=True, slots=True)
class Chart:
    """A drawing, its legend and its figures; `{{ chart }}` writes all three.

    `links` gives each row of the figures the address of what it shows, empty for none.
    """

    title: str
    description: str
    svg: SafeString
    headings: Sequence[str]
    rows: Sequence[Sequence[str]]
    legend: Sequence[LegendEntry] = ()
    wide: bool = False
    links: Sequence[str] = ()

    @property
    def linked_rows(self) -> list[tuple[str, Sequence[str]]]:
        """Each row of the figures with its address."""
        links = [*self.links, *[""] * (len(self.rows) - len(self.links))]
        return list(zip(links, self.rows, strict=True))

    def __html__(self) -> str:
        return render_to_string("ui/chart.html", {"chart": self})

    def __str__(self) -> str:
        return self.__html__()


def written(value: Value, unit: Unit, *, whole: bool = False) -> str:
    """The value in French with its unit; `whole` leaves out cents and needless decimals, for an axis."""
    if value is None:
        return formats.NONE
    match unit:
        case "money":
            return formats.money(value, cents=not whole)
        case "rate":
            percent = Decimal(str(value)) * 100
            return formats.rate(value, 0 if whole and percent == percent.to_integral_value() else 1)
        case "duration":
            return formats.duration_fr(value)
    return formats.number(value if isinstance(value, (int, Decimal)) else round(value, 6))


def bars(
    title: str,
    description: str,
    points: Sequence[tuple[str, Value]],
    *,
    unit: Unit = "number",
    target: Number | None = None,
    threshold: Number | None = None,
    better: Better | None = None,
    name: str = "Valeur",
    label: str = "Période",
    wide: bool = False,
) -> Chart:
    """Upright bars. With `better` and a threshold, the bars on its wrong side are marked and coloured."""
    levels = _levels(unit, target, threshold)
    values = [value for _, value in points]
    frame = _Frame.around([values], levels, unit, WIDE if wide else HALF, from_zero=True)
    band = frame.width / max(len(points), 1)
    shown = len(points) * _widest(written(v, unit, whole=True) for v in values) <= frame.width * 1.05
    drawn: list[SafeString] = []
    over: list[SafeString] = []
    for place, (word, value) in enumerate(points):
        if value is None:
            continue
        breached = _breached(value, threshold, better)
        x, thick = frame.left + band * (place + 0.18), band * 0.64
        y, zero = frame.y(value), frame.y(0)
        said = f"{word} : {written(value, unit)}" + (" (seuil non respecté)" if breached else "")
        drawn.append(_bar("f-bad" if breached else "f1", x, y, thick, zero, said))
        top = min(y, zero)
        if breached:
            over.append(_warning(x + thick / 2, top + 12))
        if shown:
            over.append(_text(x + thick / 2, top - 6, written(value, unit, whole=True), "value"))
    words = _words(frame, [word for word, _ in points])
    headings = [label, name]
    rows = [[word, written(value, unit)] for word, value in points]
    legend = _level_legend(levels)
    if threshold is not None and better:
        headings.append("Seuil respecté")
        for row, (_, value) in zip(rows, points, strict=True):
            row.append(_kept(value, threshold, better))
        if any(_breached(value, threshold, better) for value in values if value is not None):
            legend.append(LegendEntry(_breach_sample(), "Seuil non respecté"))
    svg = _svg(title, description, frame.grid() + drawn + frame.levels(levels) + over + words, frame.size)
    return Chart(title, description, svg, headings, rows, legend, wide)


def lines(
    title: str,
    description: str,
    labels: Sequence[str],
    series: Sequence[Series],
    *,
    unit: Unit = "number",
    target: Number | None = None,
    threshold: Number | None = None,
    from_zero: bool = False,
    label: str = "Période",
    wide: bool = False,
    links: Sequence[str] = (),
) -> Chart:
    """One line per series, up to six; each has its own dash and its own mark. `links`: one address per label."""
    levels = _levels(unit, target, threshold)
    size = WIDE if wide else HALF
    frame = _Frame.around([each.values for each in series], levels, unit, size, from_zero=from_zero)
    step = frame.width / max(len(labels), 1)
    drawn: list[SafeString] = []
    for rank, each in enumerate(series):
        spots = [
            (frame.left + step * (place + 0.5), frame.y(value), labels[place], value)
            for place, value in enumerate(each.values)
            if value is not None
        ]
        for run in _runs(each.values):
            path = " ".join(
                f"{_n(frame.left + step * (place + 0.5))},{_n(frame.y(value))}" for place, value in run
            )
            drawn.append(format_html('<polyline class="l{}" points="{}"/>', rank % 6 + 1, path))
        if len(labels) <= 62:
            drawn += [
                _mark(rank, x, y, f"{each.name}, {word} : {written(value, unit)}")
                for x, y, word, value in spots
            ]
    headings = [label, *(each.name for each in series)]
    rows = [[word, *(written(each.values[i], unit) for each in series)] for i, word in enumerate(labels)]
    legend = [LegendEntry(_line_sample(rank), each.name) for rank, each in enumerate(series)]
    if len(series) == 1 and not levels:
        legend = []
    svg = _svg(title, description, frame.grid() + frame.levels(levels) + drawn + _words(frame, labels), size)
    return Chart(title, description, svg, headings, rows, legend + _level_legend(levels), wide, links)


def stacked_bars(
    title: str,
    description: str,
    labels: Sequence[str],
    series: Sequence[Series],
    *,
    unit: Unit = "number",
    target: Number | None = None,
    threshold: Number | None = None,
    label: str = "Période",
    wide: bool = False,
) -> Chart:
    """Upright bars made of up to six parts, each with its own colour and its own hatch."""
    levels = _levels(unit, target, threshold)
    totals = [sum((_f(each.values[i]) for each in series), 0.0) for i in range(len(labels))]
    frame = _Frame.around([totals], levels, unit, WIDE if wide else HALF, from_zero=True)
    band = frame.width / max(len(labels), 1)
    key = _key(title, description)
    drawn: list[SafeString] = [_hatches(key)]
    for place, word in enumerate(labels):
        x, thick, floor = frame.left + band * (place + 0.18), band * 0.64, 0.0
        for rank, each in enumerate(series):
            value = each.values[place]
            if not value:
                continue
            y, base = frame.y(floor + _f(value)), frame.y(floor)
            said = f"{word}, {each.name} : {written(value, unit)}"
            drawn.append(_part(key, rank, x, y, thick, base - y, said))
            floor += _f(value)
    headings = [label, *(each.name for each in series), "Total"]
    rows = [
        [
            word,
            *(written(each.values[i], unit) for each in series),
            written(sum((Decimal(str(each.values[i] or 0)) for each in series), Decimal(0)), unit),
        ]
        for i, word in enumerate(labels)
    ]
    legend = [LegendEntry(_part_sample(key, rank), each.name) for rank, each in enumerate(series)]
    parts = frame.grid() + drawn + frame.levels(levels) + _words(frame, labels)
    svg = _svg(title, description, parts, frame.size)
    return Chart(title, description, svg, headings, rows, legend + _level_legend(levels), wide)


def ranked_bars(
    title: str,
    description: str,
    points: Sequence[tuple[str, Value]],
    *,
    unit: Unit = "number",
    name: str = "Valeur",
    label: str = "Libellé",
    wide: bool = False,
) -> Chart:
    """Lying bars, in the order given: for long labels and rankings."""
    line, top, width = 28, 2, (WIDE if wide else HALF)[0]
    left = min(max(_widest(word for word, _ in points) + 12, 60), width * 0.5)
    right = _widest(written(value, unit) for _, value in points) + 12
    most = max((_f(value) for _, value in points), default=0.0) or 1.0
    room = width - left - right
    drawn: list[SafeString] = []
    for place, (word, value) in enumerate(points):
        y = top + place * line
        long = max(_f(value), 0.0) / most * room
        drawn.append(_text(left - 10, y + 19, _cut(word, int(left / SIGN_WIDTH)), "", "end"))
        drawn.append(
            _bar("f1", left, y + 4, max(long, 0.8), y + line - 6, f"{word} : {written(value, unit)}")
        )
        drawn.append(_text(left + long + 8, y + 19, written(value, unit), "value", "start"))
    height = top * 2 + line * max(len(points), 1)
    rows = [[word, written(value, unit)] for word, value in points]
    return Chart(
        title, description, _svg(title, description, drawn, (width, height)), [label, name], rows, (), wide
    )


def heat_map(
    title: str,
    description: str,
    row_labels: Sequence[str],
    column_labels: Sequence[str],
    values: Sequence[Sequence[Value]],
    *,
    unit: Unit = "number",
    label: str = "Jour",
    wide: bool = False,
) -> Chart:
    """A grid of cells, the darker the higher, in five classes; values are written where there is room."""
    width = (WIDE if wide else HALF)[0]
    left = min(max(_widest(row_labels) + 12, 40), 200)
    side, high = (width - left - RIGHT) / max(len(column_labels), 1), 26
    known = [_f(value) for row in values for value in row if value is not None]
    least, most = min(known, default=0.0), max(known, default=0.0)
    written_in = _widest(written(v, unit, whole=True) for row in values for v in row) <= side
    drawn: list[SafeString] = []
    for i, row_label in enumerate(row_labels):
        y = 24 + i * high
        drawn.append(_text(left - 8, y + 17, row_label, "", "end"))
        for j, column_label in enumerate(column_labels):
            value = values[i][j]
            said = f"{row_label}, {column_label} : {written(value, unit)}"
            drawn.append(_heat_cell(left + j * side, y, side, high, value, (least, most), said))
            if written_in and value is not None:
                css = "heat-high" if _heat_class(value, least, most) == len(HEAT) - 1 else "heat-low"
                drawn.append(_text(left + (j + 0.5) * side, y + 17, written(value, unit, whole=True), css))
    every = max(1, math.ceil((_widest(column_labels) + 4) / side))
    drawn += [
        _text(left + (j + 0.5) * side, 15, word, "") for j, word in enumerate(column_labels) if j % every == 0
    ]
    rows = [[word, *(written(v, unit) for v in values[i])] for i, word in enumerate(row_labels)]
    legend = []
    if known and most > least:
        legend = [
            LegendEntry(_heat_sample(0), f"à partir de {written(_tidy(least), unit, whole=True)}"),
            LegendEntry(_heat_sample(len(HEAT) - 1), f"jusqu’à {written(_tidy(most), unit, whole=True)}"),
        ]
    svg = _svg(title, description, drawn, (width, 24 + high * max(len(row_labels), 1) + 4))
    return Chart(title, description, svg, [label, *column_labels], rows, legend, wide)


def sparkline(values: Sequence[Value], label: str, *, unit: Unit = "number") -> SafeString:
    """A trend the size of a word. `label` says what it shows; its ends are added for those who hear."""
    known = [_f(value) for value in values if value is not None]
    if not known:
        return format_html('<span class="hidden-text">{} : {}</span>', label, "pas de donnée")
    least, spread = min(known), (max(known) - min(known)) or 1.0
    step = 104 / max(len(values) - 1, 1)

    def spot(place: int, value: Number) -> tuple[float, float]:
        return 4 + place * step, 24 - (_f(value) - least) / spread * 20

    paths = [" ".join(f"{_n(x)},{_n(y)}" for x, y in (spot(*each) for each in run)) for run in _runs(values)]
    end_x, end_y = spot(*list(_runs(values))[-1][-1])
    first, last = (written(_known(values)[end], unit) for end in (0, -1))
    return format_html(
        '<svg class="spark" viewBox="0 0 112 28" role="img" aria-label="{}">{}<circle class="f1" cx="{}" cy="{}" '
        'r="3"/></svg>',
        f"{label} : de {first} à {last}",
        format_html_join("", '<polyline class="l1" points="{}"/>', ((path,) for path in paths)),
        _n(end_x),
        _n(end_y),
    )


@dataclass(frozen=True, slots=True)
class _Frame:
    """The inside of the axes, and how a value becomes a height."""

    left: float
    low: float
    high: float
    step: float
    unit: Unit
    size: tuple[int, int]

    @classmethod
    def around(
        cls,
        values: Iterable[Sequence[Value]],
        levels: Sequence[Line],
        unit: Unit,
        size: tuple[int, int],
        *,
        from_zero: bool,
    ) -> _Frame:
        known = [_f(value) for each in values for value in each if value is not None]
        known += [_f(level.value) for level in levels]
        least, most = min(known, default=0.0), max(known, default=1.0)
        if from_zero:
            least, most = min(least, 0.0), max(most, 0.0)
        if least == most:
            least, most = (least - 1, most + 1) if least and not from_zero else (least, most + 1)
        step = _step((most - least) / 4, unit)
        low, high = math.floor(least / step + 1e-9) * step, math.ceil(most / step - 1e-9) * step
        if unit == "rate" and most <= 1:
            high = min(high, 1.0)
        ticks = [low + i * step for i in range(round((high - low) / step) + 1)]
        left = _widest(written(_tidy(tick), unit, whole=True) for tick in ticks) + 12
        return cls(left, low, high, step, unit, size)

    @property
    def width(self) -> float:
        return self.right - self.left

    @property
    def right(self) -> float:
        return self.size[0] - RIGHT

    def y(self, value: Number) -> float:
        inside = self.size[1] - TOP - BOTTOM
        return TOP + inside * (1 - (_f(value) - self.low) / ((self.high - self.low) or 1))

    def grid(self) -> list[SafeString]:
        drawn = []
        for i in range(int((self.high - self.low) / self.step + 1e-6) + 1):
            tick = self.low + i * self.step
            y = self.y(tick)
            css = "axis" if abs(tick) < 1e-12 or i == 0 else "grid-line"
            drawn.append(_rule(self.left, self.right, y, css))
            drawn.append(_text(self.left - 8, y + 4, written(_tidy(tick), self.unit, whole=True), "", "end"))
        return drawn

    def levels(self, levels: Sequence[Line]) -> list[SafeString]:
        return [_rule(self.left, self.right, self.y(level.value), level.css) for level in levels]


def _levels(unit: Unit, target: Number | None, threshold: Number | None) -> list[Line]:
    made = []
    if target is not None:
        made.append(Line(target, f"Cible : {written(target, unit, whole=True)}", "target"))
    if threshold is not None:
        made.append(Line(threshold, f"Seuil : {written(threshold, unit, whole=True)}", "threshold"))
    return made


def _breached(value: Number, threshold: Number | None, better: Better | None) -> bool:
    if threshold is None or better is None:
        return False
    exact, limit = Decimal(str(value)), Decimal(str(threshold))
    return exact < limit if better == "higher" else exact > limit


def _kept(value: Value, threshold: Number, better: Better) -> str:
    if value is None:
        return formats.NONE
    return "non" if _breached(value, threshold, better) else "oui"


def _step(rough: float, unit: Unit) -> float:
    """A round distance between two ticks, at least `rough`."""
    if unit == "duration":
        return float(next((step for step in DURATION_STEPS if step >= rough), DURATION_STEPS[-1]))
    power = 10.0 ** math.floor(math.log10(rough)) if rough > 0 else 1.0
    return next(power * factor for factor in (1, 2, 2.5, 5, 10) if power * factor >= rough * 0.999)


def _words(frame: _Frame, labels: Sequence[str]) -> list[SafeString]:
    """Labels under the axis, as many as have room."""
    band = frame.width / max(len(labels), 1)
    every = max(1, math.ceil((_widest(labels) + 6) / band))
    return [
        _text(frame.left + band * (place + 0.5), frame.size[1] - 8, word, "")
        for place, word in enumerate(labels)
        if place % every == 0
    ]


def _runs(values: Sequence[Value]) -> Iterable[list[tuple[int, Number]]]:
    """Unbroken runs of known values, with their places."""
    run: list[tuple[int, Number]] = []
    for place, value in enumerate(values):
        if value is None:
            if run:
                yield run
            run = []
        else:
            run.append((place, value))
    if run:
        yield run


def _known(values: Sequence[Value]) -> list[Number]:
    return [value for value in values if value is not None]


def _rule(left: float, right: float, y: float, css: str) -> SafeString:
    return format_html(
        '<line class="{}" x1="{}" x2="{}" y1="{}" y2="{}"/>', css, _n(left), _n(right), _n(y), _n(y)
    )


def _level_legend(levels: Sequence[Line]) -> list[LegendEntry]:
    sample = '<svg viewBox="0 0 28 14" aria-hidden="true"><path class="{}" d="M0 7h28"/></svg>'
    return [LegendEntry(format_html(sample, level.css), level.label) for level in levels]


def _text(x: float, y: float, text: str, css: str, anchor: str = "middle") -> SafeString:
    return format_html(
        '<text{} x="{}" y="{}" text-anchor="{}">{}</text>',
        format_html(' class="{}"', css) if css else "",
        _n(x),
        _n(y),
        anchor,
        text,
    )


MARKS: tuple[Callable[[float, float], str], ...] = (
    lambda x, y: f'<circle cx="{_n(x)}" cy="{_n(y)}" r="3.4"/>',
    lambda x, y: f'<rect x="{_n(x - 3.4)}" y="{_n(y - 3.4)}" width="6.8" height="6.8"/>',
    lambda x, y: f'<path d="M{_n(x)} {_n(y - 4.4)}l4.4 7.8h-8.8z"/>',
    lambda x, y: f'<path d="M{_n(x)} {_n(y - 4.8)}l4.8 4.8-4.8 4.8-4.8-4.8z"/>',
    lambda x, y: f'<path d="M{_n(x)} {_n(y + 4.4)}l4.4-7.8h-8.8z"/>',
    lambda x, y: f'<rect x="{_n(x - 1.6)}" y="{_n(y - 4.4)}" width="3.2" height="8.8"/>',
)


def _mark(rank: int, x: float, y: float, said: str) -> SafeString:
    shape = mark_safe(MARKS[rank % 6](x, y))  # noqa: S308 - numbers only
    title = format_html("<title>{}</title>", said) if said else ""
    return format_html('<g class="f{}">{}{}</g>', rank % 6 + 1, title, shape)


def _line_sample(rank: int) -> SafeString:
    return format_html(
        '<svg viewBox="0 0 28 14" aria-hidden="true"><path class="l{}" d="M1 7h26"/>{}</svg>',
        rank % 6 + 1,
        _mark(rank, 14, 7, ""),
    )


def _hatches(key: str) -> SafeString:
    drawings = (
        "",
        '<path class="hatch" d="M-1 7 7-1M3 9l6-6"/>',
        '<circle cx="4" cy="4" r="1.3" class="hatch-dot"/>',
        '<path class="hatch" d="M0 4h8"/>',
        '<path class="hatch" d="M4 0v8"/>',
        '<path class="hatch" d="M0 4h8M4 0v8"/>',
    )
    patterns = format_html_join(
        "",
        '<pattern id="{}-{}" width="8" height="8" patternUnits="userSpaceOnUse">{}</pattern>',
        ((key, rank, mark_safe(drawing)) for rank, drawing in enumerate(drawings)),  # noqa: S308 - constants
    )
    return format_html("<defs>{}</defs>", patterns)


def _part(key: str, rank: int, x: float, y: float, wide: float, high: float, said: str) -> SafeString:
    spot = format_html('x="{}" y="{}" width="{}" height="{}"', _n(x), _n(y), _n(wide), _n(high))
    return format_html(
        '<g>{}<rect class="f{} bar-edge" {}/><rect fill="url(#{}-{})" {}/></g>',
        format_html("<title>{}</title>", said) if said else "",
        rank % 6 + 1,
        spot,
        key,
        rank % 6,
        spot,
    )


def _part_sample(key: str, rank: int) -> SafeString:
    return format_html(
        '<svg viewBox="0 0 28 14" aria-hidden="true">{}</svg>', _part(key, rank, 0, 0, 28, 14, "")
    )


def _heat_class(value: Number, least: float, most: float) -> int:
    share = (_f(value) - least) / ((most - least) or 1)
    return min(int(share * len(HEAT)), len(HEAT) - 1)


def _heat_cell(
    x: float, y: float, wide: float, high: float, value: Value, ends: tuple[float, float], said: str
) -> SafeString:
    css = "heat-none" if value is None else "heat"
    opacity = "1" if value is None else HEAT[_heat_class(value, *ends)]
    return format_html(
        '<rect class="{}" x="{}" y="{}" width="{}" height="{}" fill-opacity="{}"><title>{}</title></rect>',
        css,
        _n(x),
        _n(y),
        _n(wide),
        _n(high),
        opacity,
        said,
    )


def _heat_sample(rank: int) -> SafeString:
    return format_html(
        '<svg viewBox="0 0 28 14" aria-hidden="true"><rect class="heat" width="28" height="14" '
        'fill-opacity="{}"/></svg>',
        HEAT[rank],
    )


def _bar(css: str, x: float, y: float, thick: float, base: float, said: str) -> SafeString:
    """A bar between two heights, never so thin that it disappears."""
    return format_html(
        '<rect class="{}" x="{}" y="{}" width="{}" height="{}" rx="2"><title>{}</title></rect>',
        css,
        _n(x),
        _n(min(y, base)),
        _n(thick),
        _n(max(abs(base - y), 0.8)),
        said,
    )


def _warning(x: float, y: float) -> SafeString:
    """The mark of a breach, inside its bar: the colour alone would not say it."""
    return format_html('<path class="breach" d="M{} {}l5.5 9.5h-11z"/>', _n(x), _n(y - 6))


def _breach_sample() -> SafeString:
    return format_html(
        '<svg viewBox="0 0 28 14" aria-hidden="true"><rect class="f-bad" width="28" height="14" rx="2"/>{}</svg>',
        _warning(14, 8),
    )


def _svg(title: str, description: str, parts: Iterable[SafeString], size: tuple[float, float]) -> SafeString:
    key = _key(title, description)
    return format_html(
        '<svg viewBox="0 0 {} {}" role="img" aria-labelledby="{}-t {}-d"><title id="{}-t">{}</title>'
        '<desc id="{}-d">{}</desc>{}</svg>',
        _n(size[0]),
        _n(size[1]),
        key,
        key,
        key,
        title,
        key,
        f"{description} Les valeurs sont dans le tableau qui suit.".strip(),
        format_html_join("", "{}", ((part,) for part in parts)),
    )


def _key(title: str, description: str) -> str:
    """An id for the parts of this chart: the same chart always has the same one."""
    return f"c{zlib.crc32(f'{title}|{description}'.encode()):08x}"


def _cut(text: str, signs: int) -> str:
    return text if len(text) <= signs else text[: signs - 1].rstrip() + "…"


def _widest(texts: Iterable[str]) -> float:
    return max((len(text) for text in texts), default=0) * SIGN_WIDTH


def _f(value: Value) -> float:
    return 0.0 if value is None else float(value)


def _tidy(value: float) -> Number:
    """A computed tick without the dust of binary fractions."""
    tidy = Decimal(repr(round(value, 9)))
    return int(tidy) if tidy == tidy.to_integral_value() else tidy.normalize()


def _n(value: float) -> str:
    """A coordinate: one decimal, a dot, whatever the language of the page."""
    return f"{value:.1f}".removesuffix(".0")
