"""What is drawn rather than written: the security background, the codes, the ink that UV light shows.

Everything is content of a PDF page, in the colours of its medium: process colours for the press, RGB for the
archive. The background is the same on every voucher, so that a file holds it once; it is light and thin,
under the threshold of ordinary copiers, and kept short since every reader goes through it on every page.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import cache

from titulaire.vouchers.issuing.datamatrix import Modules
from titulaire.vouchers.issuing.printing.layout import (
    BLEED,
    MEDALLION,
    POINTS,
    SLUG,
    TITLE_HEIGHT,
    TITLE_WIDTH,
)

Point = tuple[float, float]
Curve = Callable[[float], Point]
Box = tuple[float, float, float, float]

WIDTH, HEIGHT = TITLE_WIDTH + 2 * BLEED, TITLE_HEIGHT + 2 * BLEED
UV_INK = "UV invisible"
"""Name of the separation, as the printer reads it on the plate."""


class Medium(StrEnum):
    """The same pages twice: for the printer (process colours, bleed, crop marks), and to keep (PDF/A-2b)."""

    PRESS = "PRESS"
    ARCHIVE = "ARCHIVE"


@dataclass(frozen=True)
class Ink:
    """A process colour, and what it looks like on a screen."""

    cmyk: tuple[float, float, float, float]
    rgb: tuple[float, float, float]

    def stroke(self, medium: Medium) -> str:
        press = medium is Medium.PRESS
        return " ".join(f"{part:g}" for part in (self.cmyk if press else self.rgb)) + (
            " K" if press else " RG"
        )

    def fill(self, medium: Medium) -> str:
        return self.stroke(medium).lower()


_MIDDLE = (MEDALLION.x + MEDALLION.width / 2 + BLEED, MEDALLION.y + MEDALLION.height / 2 + BLEED)

PAPER = Ink((0, 0, 0, 0), (1, 1, 1))
BLACK = Ink((0, 0, 0, 1), (0, 0, 0))
SEA_DARK = Ink((0.92, 0.38, 0.52, 0.34), (0.04, 0.31, 0.33))
SEA = Ink((0.55, 0.10, 0.28, 0.0), (0.52, 0.75, 0.74))
SEA_LIGHT = Ink((0.26, 0.04, 0.13, 0.0), (0.77, 0.88, 0.87))
OCHRE = Ink((0.03, 0.18, 0.42, 0.0), (0.95, 0.84, 0.65))


@cache
def background(medium: Medium) -> bytes:
    """The background of a voucher: hundredths of a millimetre, from the top left of the bleed, downwards.

    A ground of fine lines hides a word made of coarser ones, of the same weight for the eye; a copier loses
    the fine and keeps the coarse. Two braids and a medallion of rings stand on it.
    """
    hidden = tuple(_word("COPIE", 13.0, 69.5, 10.0, 9.0, 2.2))
    parts = [
        _lines(SEA_LIGHT, 0.13, medium, _ground(0.9), hidden, outside=True),
        _lines(SEA_LIGHT, 0.26, medium, _diagonals(1.8, hidden), hidden),
        _lines(OCHRE, 0.12, medium, _braid(4, 64.0, 5.0, 41.5, 1.7)),
        _lines(SEA, 0.10, medium, _braid(5, 29.0, 6.5, 33.2, 2.6)),
        f"{PAPER.fill(medium)} " + _path(_ring(*_MIDDLE, 16.4, 0.0, 1, 0.0), 0.0, 2 * math.pi, 8) + " f",
        _lines(SEA, 0.12, medium, _rings()),
        f"{SEA_DARK.fill(medium)} {_number(0, 0, WIDTH, BLEED + 2.2)} re f",
        f"{OCHRE.fill(medium)} {_number(0, BLEED + 2.2, WIDTH, 0.7)} re f",
    ]
    return "\n".join(("1 J 1 j", *parts)).encode()


@cache
def crop_marks() -> bytes:
    """Where to cut, outside the bleed: points, on a page of the press file."""
    near, gap, reach = SLUG, BLEED + 1, SLUG - BLEED - 1.5
    right, top = SLUG + TITLE_WIDTH, SLUG + TITLE_HEIGHT
    ends = [(x, y, 0.0, way) for x in (near, right) for y, way in ((near - gap, -reach), (top + gap, reach))]
    ends += [(x, y, way, 0.0) for y in (near, top) for x, way in ((near - gap, -reach), (right + gap, reach))]
    lines = (
        f"{x * POINTS:.2f} {y * POINTS:.2f} m {(x + dx) * POINTS:.2f} {(y + dy) * POINTS:.2f} l"
        for x, y, dx, dy in ends
    )
    return f"q {BLACK.stroke(Medium.PRESS)} 0.25 w {' '.join(lines)} S Q".encode()


@cache
def uv_mark() -> bytes:
    """What UV light shows: three rings across the value. Needs `/Uv` and `/Over` in the resources."""
    parts = ["/Over gs /Uv CS 1 SCN 50 w 1 J 1 j"]
    parts += [
        _path(_ring(40.0 + 12 * step, 44.0, 13.0, 2.0, 9, step), 0.0, 2 * math.pi, 36) for step in range(3)
    ]
    return "\n".join((*parts, "S")).encode()


def code(modules: Modules, medium: Medium) -> str:
    """A symbol in black alone, unit one module, from the bottom left corner."""
    runs = " ".join(
        _run(*run.span(), y) for y, row in enumerate(reversed(modules)) for run in _DARK.finditer(row)
    )
    return f"{BLACK.fill(medium)} {runs} f"


_DARK = re.compile(rb"\x01+")


@cache
def _run(start: int, end: int, y: int) -> str:
    return f"{start} {y} {end - start} 1 re"


def _lines(
    ink: Ink,
    width: float,
    medium: Medium,
    paths: Iterator[str],
    boxes: tuple[Box, ...] = (),
    *,
    outside: bool = False,
) -> str:
    """Strokes, cut to the boxes (to their outside) if there are some."""
    clip = ""
    if boxes:
        around = f"{_number(0, 0, WIDTH, HEIGHT)} re " if outside else ""
        clip = around + " ".join(f"{_number(*box)} re" for box in boxes) + " W* n\n"
    return f"q {clip}{ink.stroke(medium)} {_number(width)} w\n" + " S\n".join(paths) + " S Q"


def _ground(pitch: float) -> Iterator[str]:
    for row in range(int((BLEED + 1) / pitch), int(HEIGHT / pitch) + 3):
        middle = row * pitch

        def wave(x: float, middle: float = middle) -> Point:
            return x, middle + 0.9 * math.sin(2 * math.pi * x / 83 + middle / 9)

        yield from _strip(wave, 1, 2, 1)


def _diagonals(pitch: float, boxes: tuple[Box, ...]) -> Iterator[str]:
    left = min(x for x, _, _, _ in boxes)
    right = max(x + w for x, _, w, _ in boxes)
    top, bottom = min(y for _, y, _, _ in boxes), max(y + h for _, y, _, h in boxes)
    step, at = pitch * math.sqrt(2), left - (bottom - top)
    while at < right:
        yield f"{_number(at, bottom)} m {_number(at + bottom - top, top)} l"
        at += step


def _braid(count: int, middle: float, height: float, length: float, ripple: float) -> Iterator[str]:
    """Waves that cross at common nodes, each with its own height and ripple."""
    for index in range(count):
        share = 2 * index / (count - 1) - 1

        def wave(x: float, share: float = share, shift: float = index / count) -> Point:
            swell = height * share * math.sin(2 * math.pi * x / length)
            return x, middle + swell + ripple * math.sin(2 * math.pi * (1.5 * x / length + shift))

        yield from _strip(wave, 2, 9, 3)


def _rings() -> Iterator[str]:
    """A rosette whose middle stays free for the vintage."""
    for ring in range(9):
        radius = 9.3 + 0.62 * ring
        yield _path(_ring(*_MIDDLE, radius, 1.5, 12, ring * math.pi / 9), 0.0, 2 * math.pi, 24)
    for radius in (7.2, 7.6, 16.4):
        yield _path(_ring(*_MIDDLE, radius, 0.0, 1, 0.0), 0.0, 2 * math.pi, 8)


def _ring(x: float, y: float, radius: float, depth: float, petals: int, phase: float) -> Curve:
    def at(angle: float) -> Point:
        reach = radius + depth * math.cos(petals * angle + phase)
        return x + reach * math.cos(angle), y + reach * math.sin(angle)

    return at


def _strip(curve: Curve, *segments: int) -> Iterator[str]:
    """A curve across the page, as strokes of so many segments: a reader of one zone skips the others."""
    step, done = WIDTH / sum(segments), 0
    for count in segments:
        yield _path(curve, done * step, (done + count) * step, count)
        done += count


def _path(curve: Curve, start: float, end: float, segments: int) -> str:
    """A curve as Bézier segments with its own tangents."""
    step = (end - start) / segments
    parts = [f"{_number(*curve(start))} m"]
    for index in range(segments):
        here, there = start + index * step, start + (index + 1) * step
        (ax, ay), (dx, dy) = curve(here), _tangent(curve, here, step)
        (bx, by), (ex, ey) = curve(there), _tangent(curve, there, step)
        parts.append(f"{_number(ax + dx, ay + dy, bx - ex, by - ey, bx, by)} c")
    return "\n".join(parts)


def _number(*millimetres: float) -> str:
    """Coordinates as whole hundredths: shorter, and quicker to read than decimals."""
    return " ".join(str(round(100 * each)) for each in millimetres)


def _tangent(curve: Curve, at: float, step: float) -> Point:
    """A third of a step along the tangent, by central difference."""
    near = 1e-4
    (ax, ay), (bx, by) = curve(at - near), curve(at + near)
    scale = step / 3 / (2 * near)
    return (bx - ax) * scale, (by - ay) * scale


def _word(word: str, x: float, y: float, height: float, gap: float, bar: float) -> Iterator[Box]:
    """Block letters made of boxes that do not overlap."""
    width, middle = height * 0.9, (height - bar) / 2
    left, across = (0.0, 0.0, bar, height), width - bar
    letters: dict[str, tuple[Box, ...]] = {
        "C": (left, (bar, 0.0, across, bar), (bar, height - bar, across, bar)),
        "O": (left, (across, 0.0, bar, height), (bar, 0.0, across - bar, bar),
              (bar, height - bar, across - bar, bar)),
        "P": (left, (bar, 0.0, across, bar), (bar, middle, across, bar), (across, bar, bar, middle - bar)),
        "I": ((across / 2, 0.0, bar, height),),
        "E": (left, (bar, 0.0, across, bar), (bar, middle, across, bar), (bar, height - bar, across, bar)),
    }  # fmt: skip
    for index, letter in enumerate(word):
        for dx, dy, wide, high in letters[letter]:
            yield x + index * (width + gap) + dx, y + dy, wide, high
