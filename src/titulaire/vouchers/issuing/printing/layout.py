"""Where things are on the paper, in millimetres from the top left corner of the trimmed page.

The typesetting and the proof-reading read the same figures; nothing else knows a coordinate.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True)
class Rectangle:
    x: float
    y: float
    width: float
    height: float

    @property
    def right(self) -> float:
        return self.x + self.width

    @property
    def bottom(self) -> float:
        return self.y + self.height

    def grown(self, by: float) -> Rectangle:
        return Rectangle(self.x - by, self.y - by, self.width + 2 * by, self.height + 2 * by)


TITLE_WIDTH, TITLE_HEIGHT = 160.0, 80.0
LETTER_WIDTH, LETTER_HEIGHT = 210.0, 297.0
POINTS = 72 / 25.4
"""A millimetre in the unit of PDF."""

BLEED = 3.0
SLUG = 10.0
"""Around the trimmed page in the press file: bleed, then crop marks."""

MODULE = 0.5
CODE = Rectangle(135.0, 7.0, 18.0, 18.0)
"""The symbol without its quiet zone of 4 modules: 7 mm from the edges, 14 mm above the stamp's zone."""
QUIET = 2.0

MEDALLION = Rectangle(62.0, 9.5, 33.0, 33.0)
"""The rosette that holds the vintage."""
ADVERT_CODE = Rectangle(120.0, 24.0, 26.0, 26.0)
NUMBER = Rectangle(88.0, 28.2, 66.5, 5.5)
STAMP = Rectangle(100.0, 40.0, 54.0, 33.0)
COVER_WINDOW = Rectangle(14.0, 39.0, 92.0, 23.0)
"""The window of the sleeve shows this part of the cover."""
LETTER_WINDOW = Rectangle(100.0, 45.0, 90.0, 34.0)
"""What stays visible through the window (45 × 100 mm, 20 mm from right and bottom) of a DL envelope of
110 × 220 mm, wherever the letter folded in three slides in it."""


def figures() -> dict[str, Any]:
    """The same figures for the templates."""
    return {
        "width": TITLE_WIDTH,
        "height": TITLE_HEIGHT,
        "bleed": BLEED,
        "slug": SLUG,
        "quiet": QUIET,
        "code": asdict(CODE),
        "advert_code": asdict(ADVERT_CODE),
        "medallion": asdict(MEDALLION),
        "number": asdict(NUMBER),
        "stamp": asdict(STAMP),
        "cover_window": asdict(COVER_WINDOW),
        "letter_window": asdict(LETTER_WINDOW),
    }
