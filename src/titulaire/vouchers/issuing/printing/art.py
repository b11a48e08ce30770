"""The background of a voucher: guilloche, and a hidden word that a copier brings out.

Drawn once per job as lines; written as PDF for the press (inks named, nothing converted) and as SVG for the
archive, whose standard takes no PDF inside. Light and thin: under the threshold of ordinary copiers.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache

from titulaire.vouchers.issuing.datamatrix import Modules
from titulaire.vouchers.issuing.printing.layout import BLEED, TITLE_HEIGHT, TITLE_WIDTH

Point = tuple[float, float]
Box = tuple[float, float, float, float]


@dataclass(frozen=True)
class Ink:
    """A process colour, and what it looks like on a screen."""

    cmyk: tuple[float, float, float, float]
    rgb: str


SEA = Ink((0.55, 0.10, 0.28, 0.0), "#8fc4c1")
SEA_LIGHT = Ink((0.26, 0.04, 0.13, 0.0), "#c9e2df")
OCHRE = Ink((0.03, 0.16, 0.38, 0.0), "#f0d9ae")


@dataclass(frozen=True)
class Strokes:
    """Lines of one ink and width (mm), cut to boxes if there are some (to their outside if `outside`)."""

    ink: Ink
    width: float
    lines: tuple[tuple[Point, ...], ...]
    boxes: tuple[Box, ...] = ()
    outside: bool = False


WIDTH, HEIGHT = TITLE_WIDTH + 2 * BLEED, TITLE_HEIGHT + 2 * BLEED


@cache
def background() -> tuple[Strokes, ...]:
    """Every line of the background, in millimetres from the corner of the bleed."""
    hidden = tuple(_word("COPIE", 27.0, 33.5, 10.0, 1.5, 2.4))
    fine = tuple(_horizontals(0.42, 25.0, 31.5, 96.0, 14.0))
    coarse = tuple(_diagonals(0.84, 25.0, 31.5, 96.0, 14.0))
    return (
        Strokes(OCHRE, 0.10, tuple(_waves(9, 58.0, 10.0, 17.0, 3.1))),
        Strokes(SEA_LIGHT, 0.12, tuple(_waves(14, 24.0, 9.0, 38.0, 2.0))),
        Strokes(SEA, 0.09, tuple(_waves(7, 41.0, 30.0, 160.0, 1.1))),
        Strokes(SEA, 0.08, tuple(_rosette(40.0, 30.0, 24.0, 11.0, 14, 9))),
        Strokes(SEA_LIGHT, 0.10, tuple(_rosette(128.0, 60.0, 19.0, 6.0, 18, 6))),
        Strokes(SEA_LIGHT, 0.11, fine, hidden, outside=True),
        Strokes(SEA_LIGHT, 0.22, coarse, hidden),
    )


def _waves(
    count: int, middle: float, height: float, length: float, turns: float
) -> Iterator[tuple[Point, ...]]:
    """A braid: waves that share nodes and differ in height."""
    for index in range(count):
        share = (2 * index / (count - 1) - 1) if count > 1 else 1.0
        yield tuple(
            (
                x,
                middle
                + height * share * math.sin(2 * math.pi * x / length)
                + 2.2 * math.sin(2 * math.pi * (x * turns / WIDTH + index / count)),
            )
            for x in _steps(0.0, WIDTH, 3.0)
        )


def _rosette(
    x: float, y: float, radius: float, depth: float, petals: int, rings: int
) -> Iterator[tuple[Point, ...]]:
    for ring in range(rings):
        share = 1 - ring / rings
        phase = ring * math.pi / rings
        yield tuple(
            (
                x + (radius * share + depth * share * math.cos(petals * angle + phase)) * math.cos(angle),
                y + (radius * share + depth * share * math.cos(petals * angle + phase)) * math.sin(angle),
            )
            for angle in _steps(0.0, 2 * math.pi, 2 * math.pi / (petals * 8))
        )


def _steps(start: float, end: float, step: float) -> list[float]:
    count = round((end - start) / step)
    return [start + (end - start) * index / count for index in range(count + 1)]


def _horizontals(
    pitch: float, x: float, y: float, width: float, height: float
) -> Iterator[tuple[Point, ...]]:
    for at in _steps(y, y + height, pitch):
        yield ((x, at), (x + width, at))


def _diagonals(pitch: float, x: float, y: float, width: float, height: float) -> Iterator[tuple[Point, ...]]:
    for at in _steps(x - height, x + width, pitch * math.sqrt(2)):
        yield ((at, y + height), (at + height, y))


def _word(word: str, x: float, y: float, height: float, gap: float, stroke: float) -> Iterator[Box]:
    """Block letters made of boxes."""
    width, bar = height * 0.72, stroke
    middle = (height - bar) / 2
    left, right = (0.0, 0.0, bar, height), (width - bar, 0.0, bar, height)
    top, centre, bottom = (0.0, 0.0, width, bar), (0.0, middle, width, bar), (0.0, height - bar, width, bar)
    letters: dict[str, tuple[Box, ...]] = {
        "C": (left, (bar, 0.0, width - bar, bar), (bar, height - bar, width - bar, bar)),
        "O": (left, right, (bar, 0.0, width - 2 * bar, bar), (bar, height - bar, width - 2 * bar, bar)),
        "P": (left, (bar, 0.0, width - bar, bar), (bar, middle, width - bar, bar),
              (width - bar, bar, bar, middle - bar)),
        "I": ((width / 2 - bar / 2, 0.0, bar, height),),
        "E": (left, *((bar, dy, width - bar, bar) for _, dy, _, _ in (top, centre, bottom))),
    }  # fmt: skip
    for index, letter in enumerate(word):
        for dx, dy, wide, high in letters[letter]:
            yield (x + index * (width + gap) + dx, y + dy, wide, high)


def background_pdf() -> bytes:
    """One page of the size of the bleed, unit one millimetre: inks as process colours."""
    content: list[str] = [f"1 0 0 -1 0 {HEIGHT:g} cm 1 J 1 j"]
    for strokes in background():
        content.append("q")
        if strokes.boxes:
            if strokes.outside:
                content.append(f"0 0 {WIDTH:g} {HEIGHT:g} re")
            content += [f"{x:.2f} {y:.2f} {w:.2f} {h:.2f} re" for x, y, w, h in strokes.boxes]
            content.append("W* n")
        content.append(" ".join(f"{part:g}" for part in strokes.ink.cmyk) + f" K {strokes.width:g} w")
        for line in strokes.lines:
            content.append(_smooth_pdf(line))
        content.append("S Q")
    return _pdf([("\n".join(content), WIDTH, HEIGHT)])


def background_svg() -> bytes:
    """The same lines for the screen and the archive."""
    parts = [_svg_open(WIDTH, HEIGHT)]
    for index, strokes in enumerate(background()):
        clip = ""
        if strokes.boxes:
            outer = f"M0 0H{WIDTH:g}V{HEIGHT:g}H0Z" if strokes.outside else ""
            boxes = "".join(f"M{x:.2f} {y:.2f}h{w:.2f}v{h:.2f}h-{w:.2f}z" for x, y, w, h in strokes.boxes)
            parts.append(f'<clipPath id="c{index}"><path clip-rule="evenodd" d="{outer}{boxes}"/></clipPath>')
            clip = f' clip-path="url(#c{index})"'
        path = "".join(_smooth_svg(line) for line in strokes.lines)
        parts.append(
            f'<path d="{path}" fill="none" stroke="{strokes.ink.rgb}" stroke-width="{strokes.width:g}"{clip}/>'
        )
    return ("".join(parts) + "</svg>").encode()


def _controls(line: tuple[Point, ...]) -> Iterator[tuple[Point, Point, Point]]:
    """Bézier segments through the points (Catmull-Rom)."""
    points = (line[0], *line, line[-1])
    for (ax, ay), (bx, by), (cx, cy), (dx, dy) in zip(
        points, points[1:], points[2:], points[3:], strict=False
    ):
        yield (
            (bx + (cx - ax) / 6, by + (cy - ay) / 6),
            (cx - (dx - bx) / 6, cy - (dy - by) / 6),
            (cx, cy),
        )


def _smooth_pdf(line: tuple[Point, ...]) -> str:
    start = f"{line[0][0]:.2f} {line[0][1]:.2f} m"
    if len(line) == 2:
        return f"{start} {line[1][0]:.2f} {line[1][1]:.2f} l"
    curves = (" ".join(f"{x:.2f} {y:.2f}" for x, y in segment) + " c" for segment in _controls(line))
    return "\n".join((start, *curves))


def _smooth_svg(line: tuple[Point, ...]) -> str:
    start = f"M{line[0][0]:.2f} {line[0][1]:.2f}"
    if len(line) == 2:
        return f"{start}L{line[1][0]:.2f} {line[1][1]:.2f}"
    return start + "".join(
        "C" + " ".join(f"{x:.2f} {y:.2f}" for x, y in segment) for segment in _controls(line)
    )


def codes_pdf(symbols: Iterable[Modules]) -> bytes:
    """A page per symbol, unit one module, in the black ink alone."""
    pages = []
    for modules in symbols:
        runs = " ".join(f"{x} {len(modules) - 1 - y} {length} 1 re" for x, y, length in _runs(modules))
        pages.append((f"0 0 0 1 k {runs} f", float(len(modules[0])), float(len(modules))))
    return _pdf(pages)


def code_svg(modules: Modules) -> bytes:
    """One symbol for the archive."""
    path = "".join(f"M{x} {y}h{length}v1h-{length}z" for x, y, length in _runs(modules))
    return f'{_svg_open(len(modules[0]), len(modules))}<path d="{path}" fill="#000"/></svg>'.encode()


def _runs(modules: Modules) -> Iterator[tuple[int, int, int]]:
    for y, row in enumerate(modules):
        end = 0
        while (start := row.find(1, end)) >= 0:
            end = row.find(0, start)
            if end < 0:
                end = len(row)
            yield start, y, end - start


def _svg_open(width: float, height: float) -> str:
    return f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:g} {height:g}">'


def _pdf(pages: list[tuple[str, float, float]]) -> bytes:
    """The smallest PDF that holds these contents: text, width and height of each page."""
    kids = " ".join(f"{3 + 2 * index} 0 R" for index in range(len(pages)))
    objects = ["<</Type/Catalog/Pages 2 0 R>>", f"<</Type/Pages/Kids[{kids}]/Count {len(pages)}>>"]
    for index, (content, width, height) in enumerate(pages):
        objects.append(
            f"<</Type/Page/Parent 2 0 R/MediaBox[0 0 {width:g} {height:g}]/Resources<<>>/Contents {4 + 2 * index} 0 R>>"
        )
        objects.append(f"<</Length {len(content)}>>stream\n{content}\nendstream")
    body, offsets = bytearray(b"%PDF-1.7\n"), []
    for index, text in enumerate(objects):
        offsets.append(len(body))
        body += f"{index + 1} 0 obj{text}endobj\n".encode("ascii")
    start = len(body)
    body += f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n".encode()
    body += b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    body += f"trailer<</Root 1 0 R/Size {len(objects) + 1}>>\nstartxref\n{start}\n%%EOF\n".encode()
    return bytes(body)
