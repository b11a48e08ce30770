"""Contrasts of the tokens, in the three themes: what axe does not measure (borders, shapes, focus) included."""

import re
from pathlib import Path

import pytest

from titulaire import ui

CSS = (Path(ui.__file__).parent / "static/ui/titulaire.css").read_text(encoding="utf-8")
TOKENS = re.compile(r"--([a-z0-9-]+):\s*(#[0-9a-f]{6})")


def block(start: str) -> dict[str, str]:
    after = CSS[CSS.index(start) :]
    return dict(TOKENS.findall(after[: after.index("}")]))


LIGHT = block(":root {")
THEMES = {
    "light": LIGHT,
    "dark": LIGHT | block("@media (prefers-color-scheme: dark)"),
    "wallboard": LIGHT | block(".wallboard {"),
}
TEXT = [
    *[
        (ink, ground)
        for ink in ("ink", "ink-soft", "accent")
        for ground in ("paper", "surface", "sunk", "hover")
    ],
    *[(tone, f"{tone}-soft") for tone in ("good", "warn", "bad", "info", "calm")],
    *[("ink", f"{tone}-soft") for tone in ("good", "warn", "bad", "info", "calm")],
    ("bad", "surface"),
    ("accent-ink", "accent"),
    ("accent-ink", "accent-strong"),
    ("accent-strong", "accent-soft"),
    ("surface", "bad"),
    ("bar-ink", "bar"),
    ("bar-soft", "bar"),
]
SHAPES = [
    ("edge", "surface"),
    ("edge", "paper"),
    ("focus", "paper"),
    ("focus", "surface"),
    ("bar-soft", "bar"),
    *[(f"series-{rank}", "surface") for rank in range(1, 7)],
]


def light(colour: str) -> float:
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    low, high = sorted((light(one), light(other)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize(("ink", "ground"), TEXT)
def test_text_is_readable(theme, ink, ground):
    assert contrast(THEMES[theme][ink], THEMES[theme][ground]) >= 4.5


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize(("shape", "ground"), SHAPES)
def test_borders_focus_and_drawings_stand_out(theme, shape, ground):
    assert contrast(THEMES[theme][shape], THEMES[theme][ground]) >= 3
