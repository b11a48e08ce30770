"""Titles read a second from scanned remittances, and how many are read at all, beside the bare decoder.

    scan_reading.py [--titles 100] [--runs 3]           speeds: every damage, the bare decoder, whole files
    scan_reading.py --rates 3000 [--seconds 1200]       rates: office scan, telephone and stamp, title after title

The titles are this project's own, printed by its own presses, drawn at 300 dots per inch, then damaged as an
office scanner, a telephone or a stamp would. A wrong code that would be accepted counts apart: it must be 0.

Rates hold one title at a time (thousands at once do not fit in memory) and stop at `--seconds`, with what was read
by then: the figures say over how many titles. A title is damaged alike whatever is measured beside it.
"""

from __future__ import annotations

import argparse
import io
import json
import platform
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "src"))

import numpy
import pypdfium2
import zxingcpp
from PIL import Image, ImageChops, ImageDraw, ImageFilter
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from titulaire.vouchers.issuing.printing import layout
from titulaire.vouchers.issuing.printing.pagination import PageKind, leaves
from titulaire.vouchers.issuing.printing.production import Workshop
from titulaire.vouchers.issuing.tests import samples
from titulaire.vouchers.network.rules import UNREADABLE
from titulaire.vouchers.network.scans import read_page, read_scan

RESULTS = Path(__file__).parent / "results"
MOST_HELD = 200
"""Titles held in memory to be timed: each is some five megabytes, before it is damaged."""
PRINTED_AT_ONCE = 250
SEED = 2027
Damage = Callable[[Image.Image, numpy.random.Generator], Image.Image]


def titles(count: int) -> Iterator[tuple[Image.Image, str]]:
    """The titles as paper, cut to their trim, each with its code; printed and drawn as they are asked for."""
    booklets = samples.job((25,) * -(-count // 25), letters=False).booklets
    job = samples.job((25,), letters=False)
    slug = layout.SLUG * layout.POINTS
    left = count
    for first in range(0, len(booklets), PRINTED_AT_ONCE // 25):
        part = replace(job, booklets=booklets[first : first + PRINTED_AT_ONCE // 25])
        with Workshop(workers=0) as workshop:
            press = workshop.print_job(part).press
        plan = [leaf for booklet in part.booklets for leaf in leaves(part, booklet)]
        with pypdfium2.PdfDocument(press) as pdf:
            for index, leaf in enumerate(plan):
                if leaf.kind is PageKind.VOUCHER and leaf.voucher is not None and left:
                    drawn = pdf[index].render(scale=300 / 72, crop=(slug, slug, slug, slug))
                    left -= 1
                    yield drawn.to_pil().convert("RGB"), leaf.voucher.code


def jpeg(image: Image.Image, quality: int) -> Image.Image:
    out = io.BytesIO()
    image.save(out, "JPEG", quality=quality)
    return Image.open(io.BytesIO(out.getvalue())).convert(image.mode)


def turned(image: Image.Image, degrees: float) -> Image.Image:
    paper = 250 if image.mode == "L" else (250, 250, 250)
    return image.rotate(degrees, Image.Resampling.BICUBIC, fillcolor=paper, expand=True)


def noisy(image: Image.Image, rng: numpy.random.Generator, sigma: float) -> Image.Image:
    """The same noise on every channel, in whole numbers: damaging a title costs a hundred times its reading."""
    pixels = numpy.asarray(image)
    noise = rng.standard_normal((image.height, image.width) + (1,) * (pixels.ndim - 2), dtype=numpy.float32)
    values = pixels.astype(numpy.int16) + (noise * sigma).round().astype(numpy.int16)
    return Image.fromarray(values.clip(0, 255).astype(numpy.uint8))


def clean(image: Image.Image, rng: numpy.random.Generator) -> Image.Image:
    return image


def rotated(image: Image.Image, rng: numpy.random.Generator) -> Image.Image:
    return turned(image, float(rng.uniform(-3, 3)))


def upside_down(image: Image.Image, rng: numpy.random.Generator) -> Image.Image:
    return turned(image, 180 + float(rng.uniform(-2, 2)))


def blurred(image: Image.Image, rng: numpy.random.Generator) -> Image.Image:
    return image.filter(ImageFilter.GaussianBlur(2))


def jpeg_30(image: Image.Image, rng: numpy.random.Generator) -> Image.Image:
    return jpeg(image, 30)


def office(image: Image.Image, rng: numpy.random.Generator) -> Image.Image:
    return jpeg(noisy(rotated(image, rng).filter(ImageFilter.GaussianBlur(1)), rng, 6), 50)


def low_resolution(image: Image.Image, rng: numpy.random.Generator) -> Image.Image:
    return jpeg(image.resize((image.width * 2 // 3, image.height * 2 // 3), Image.Resampling.BILINEAR), 60)


def telephone(image: Image.Image, rng: numpy.random.Generator) -> Image.Image:
    width, height = image.size
    move = rng.uniform(-0.03, 0.03, 8)
    corners = (
        width * move[0], height * move[1], width * move[2], height * (1 + move[3]),
        width * (1 + move[4]), height * (1 + move[5]), width * (1 + move[6]), height * move[7],
    )  # fmt: skip
    tilted = image.transform(
        image.size, Image.Transform.QUAD, corners, Image.Resampling.BICUBIC, fillcolor=(240, 240, 240)
    )
    shade = Image.fromarray(numpy.linspace(0.65 * 255, 255, width, dtype=numpy.uint8)[None, :])
    dark = ImageChops.multiply(tilted, Image.merge("RGB", [shade.resize(image.size)] * 3))
    return jpeg(noisy(dark.filter(ImageFilter.GaussianBlur(1.5)), rng, 5), 70)


def stamped(image: Image.Image, rng: numpy.random.Generator) -> Image.Image:
    """A blue stamp across the code itself."""
    ink = Image.new("RGB", image.size, (255, 255, 255))
    draw = ImageDraw.Draw(ink)
    x, y = (int((layout.CODE.x + 2) * 300 / 25.4), int((layout.CODE.y + 3) * 300 / 25.4))
    for row in range(4):
        draw.text((x - 60, y + row * 45), "ÉPICERIE DES TILLEULS", fill=(40, 60, 220), font_size=38)
    draw.ellipse((x - 60, y - 60, x + 240, y + 240), outline=(40, 60, 220), width=9)
    both = numpy.minimum(numpy.asarray(image), numpy.asarray(ink))
    return jpeg(Image.fromarray(both), 75)


DAMAGES: tuple[Damage, ...] = (
    clean, rotated, upside_down, blurred, jpeg_30, office, low_resolution, telephone, stamped,
)  # fmt: skip


def bare(picture: numpy.ndarray) -> str:
    """The decoder with its own settings, nothing around it."""
    found = zxingcpp.read_barcodes(picture, formats=zxingcpp.BarcodeFormat.DataMatrix)
    return found[0].bytes.decode("ascii", "replace") if found else ""


def random(index: int) -> numpy.random.Generator:
    """The chance that damages a title: its own, whatever was damaged before it."""
    return numpy.random.default_rng((SEED, index))


def measure(pictures: list[numpy.ndarray], codes: list[str], runs: int) -> dict[str, float]:
    keys = samples.public_keys()
    own_times, bare_times = [], []
    read = wrong = bare_read = 0
    for _ in range(runs):
        read = wrong = 0
        start = time.process_time()
        for picture, code in zip(pictures, codes, strict=True):
            verified = read_page(picture, keys).verified
            read += verified == [code]
            wrong += bool(verified) and verified != [code]
        own_times.append(time.process_time() - start)
        start = time.process_time()
        bare_read = sum(bare(picture) == code for picture, code in zip(pictures, codes, strict=True))
        bare_times.append(time.process_time() - start)
    own, other = statistics.median(own_times), statistics.median(bare_times)
    return {
        "titles": len(codes),
        "read": read,
        "rate": read / len(codes),
        "wrong": wrong,
        "titles_per_cpu_second": len(codes) / own,
        "bare_read": bare_read,
        "bare_titles_per_cpu_second": len(codes) / other,
    }


def files(pictures: list[Image.Image], codes: list[str], runs: int) -> dict[str, dict[str, float]]:
    """Whole files, opened and read: a PDF of pictures as scanners write it, a TIFF, A4 sheets of three titles."""
    scanned = [office(picture, random(index)) for index, picture in enumerate(pictures)]
    pdf, tiff, sheets = io.BytesIO(), io.BytesIO(), io.BytesIO()
    scanned[0].save(pdf, "PDF", save_all=True, append_images=scanned[1:], resolution=300, quality=60)
    grey = [picture.convert("L") for picture in scanned]
    grey[0].save(tiff, "TIFF", save_all=True, append_images=grey[1:], compression="tiff_deflate")
    pages = []
    for first in range(0, len(scanned), 3):
        page = Image.new("RGB", (2480, 3508), (252, 252, 252))
        for place, picture in enumerate(scanned[first : first + 3]):
            page.paste(picture, (250, 150 + place * 1100))
        pages.append(page)
    pages[0].save(sheets, "PDF", save_all=True, append_images=pages[1:], resolution=300, quality=60)
    found = {}
    for name, content, declared in (
        ("pdf", pdf.getvalue(), None),
        ("tiff", tiff.getvalue(), None),
        ("sheets_of_three", sheets.getvalue(), None),
        ("sheets_of_three_declared", sheets.getvalue(), len(codes)),
    ):
        times = []
        texts: list[str] = []
        for _ in range(runs):
            start = time.process_time()
            texts = [given.text for given in read_scan(content, samples.public_keys(), declared=declared)]
            times.append(time.process_time() - start)
        right = len(set(texts) & set(codes))
        found[name] = {
            "titles": len(codes),
            "read": right,
            "unreadable_pages": texts.count(UNREADABLE),
            "megabytes": round(len(content) / 1e6, 1),
            "titles_per_cpu_second": len(codes) / statistics.median(times),
        }
    return found


def batch(image: Image.Image, rng: numpy.random.Generator) -> Image.Image:
    """An office scanner in grey, as batches are scanned."""
    return office(image.convert("L"), rng)


GOALS: dict[Damage, float] = {batch: 0.999, telephone: 0.99, stamped: 0.99}


def rates(count: int, seconds: float) -> None:
    """How many titles are read under each damage that has a goal, and whether anything false would be accepted."""
    keys = samples.public_keys()
    found = {damage: {"titles": 0, "read": 0, "wrong": 0, "cpu_seconds": 0.0} for damage in GOALS}
    missed: dict[str, list[int]] = {damage.__name__: [] for damage in GOALS}
    end = time.monotonic() + seconds
    # Without a terminal, a line now and then tells a file of output how far it is.
    console = Console(stderr=True)
    with Progress(console=console, disable=not console.is_terminal) as progress:
        task = progress.add_task("titres lus", total=count)
        for index, (picture, code) in enumerate(titles(count)):
            for damage, one in found.items():
                pixels = numpy.asarray(damage(picture, random(index)))
                start = time.process_time()
                verified = read_page(pixels, keys).verified
                one["cpu_seconds"] += time.process_time() - start
                one["titles"] += 1
                one["read"] += verified == [code]
                one["wrong"] += bool(set(verified) - {code})
                if verified != [code]:
                    missed[damage.__name__].append(index)
            progress.advance(task)
            if index % 50 == 49 and not console.is_terminal:
                told = ", ".join(f"{damage.__name__} {one['read']:.0f}" for damage, one in found.items())
                console.print(f"{index + 1} titres : {told}")
            if time.monotonic() > end:
                console.print(f"arrêt après {seconds:.0f} s")
                break
    table = Table("dégât", "lus", "taux", "but", "faux acceptés", "titres/s CPU")
    result: dict[str, object] = {
        "asked": count,
        "python": platform.python_version(),
        "zxingcpp": version("zxing-cpp"),
    }
    for damage, one in found.items():
        rate = one["read"] / one["titles"]
        result[damage.__name__] = {**one, "rate": rate, "missed": missed[damage.__name__]}
        table.add_row(
            damage.__name__, f"{one['read']:.0f}/{one['titles']:.0f}", f"{rate:.2%}", f"{GOALS[damage]:.1%}",
            f"{one['wrong']:.0f}", f"{one['titles'] / one['cpu_seconds']:.0f}",
        )  # fmt: skip
    Console().print(table)
    written(result, "scan_rates.json")


def speeds(count: int, runs: int) -> None:
    """Titles a second of processor under every damage, beside the bare decoder; then whole files."""
    pictures, codes = map(list, zip(*titles(count), strict=True))
    result: dict[str, object] = {
        "titles": len(codes),
        "runs": runs,
        "python": platform.python_version(),
        "zxingcpp": version("zxing-cpp"),
    }
    table = Table(
        "dégât", "lus", "taux", "faux acceptés", "titres/s CPU", "décodeur nu : lus", "titres/s CPU"
    )
    for damage in DAMAGES:
        damaged = [numpy.asarray(damage(picture, random(index))) for index, picture in enumerate(pictures)]
        one = measure(damaged, codes, runs)
        result[damage.__name__] = one
        table.add_row(
            damage.__name__, f"{one['read']:.0f}/{one['titles']:.0f}", f"{one['rate']:.2%}", f"{one['wrong']:.0f}",
            f"{one['titles_per_cpu_second']:.0f}", f"{one['bare_read']:.0f}",
            f"{one['bare_titles_per_cpu_second']:.0f}",
        )  # fmt: skip
    Console().print(table)
    whole = files(pictures, codes, runs)
    result["files"] = whole
    table = Table("fichier", "lus", "Mo", "titres/s CPU")
    for name, one in whole.items():
        table.add_row(
            name, f"{one['read']:.0f}/{one['titles']:.0f}", str(one["megabytes"]),
            f"{one['titles_per_cpu_second']:.0f}",
        )  # fmt: skip
    Console().print(table)
    written(result, "scan_reading.json")


def written(result: dict[str, object], name: str) -> None:
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / name).write_text(json.dumps(result, indent=2) + "\n")


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--titles", type=int, default=100, help=f"titles to time, {MOST_HELD} at most")
    asked.add_argument("--runs", type=int, default=3)
    asked.add_argument("--rates", type=int, metavar="TITLES", help="measure the rates over that many titles")
    asked.add_argument("--seconds", type=float, default=1200, help="stop the rates after that long")
    given = asked.parse_args()
    if given.rates:
        rates(given.rates, given.seconds)
    elif given.titles > MOST_HELD:
        asked.error(f"--titles: {MOST_HELD} at most; for more, --rates {given.titles}")
    else:
        speeds(given.titles, given.runs)


if __name__ == "__main__":
    main()
