"""Titles read a second from scanned remittances, and how many are read at all, beside the bare decoder.

The titles are this project's own, printed by its own presses, drawn at 300 dots per inch, then damaged as an
office scanner, a telephone or a stamp would. A wrong code that would be accepted counts apart: it must be 0.
"""

from __future__ import annotations

import io
import json
import platform
import statistics
import sys
import time
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "src"))

import numpy
import pypdfium2
import zxingcpp
from PIL import Image, ImageDraw, ImageFilter
from rich.console import Console
from rich.table import Table

from titulaire.vouchers.issuing.printing import layout
from titulaire.vouchers.issuing.printing.pagination import PageKind, leaves
from titulaire.vouchers.issuing.printing.production import Workshop
from titulaire.vouchers.issuing.tests import samples
from titulaire.vouchers.network.rules import UNREADABLE
from titulaire.vouchers.network.scans import read_page, read_scan

TITLES = int(sys.argv[1]) if len(sys.argv) > 1 else 100
RUNS = int(sys.argv[2]) if len(sys.argv) > 2 else 3
RESULTS = Path(__file__).parent / "results" / "scan_reading.json"
Damage = Callable[[Image.Image, numpy.random.Generator], Image.Image]


def titles(count: int) -> tuple[list[Image.Image], list[str]]:
    """The titles as paper, cut to their trim, and the code of each."""
    job = samples.job((25,) * (count // 25), letters=False)
    with Workshop(workers=0) as workshop:
        press = workshop.print_job(job).press
    plan = [leaf for booklet in job.booklets for leaf in leaves(job, booklet)]
    pictures, codes = [], []
    scale = 300 / 72
    slug = layout.SLUG * layout.POINTS
    with pypdfium2.PdfDocument(press) as pdf:
        for index, leaf in enumerate(plan):
            if leaf.kind is PageKind.VOUCHER and leaf.voucher is not None:
                drawn = pdf[index].render(scale=scale, crop=(slug, slug, slug, slug))
                pictures.append(drawn.to_pil().convert("RGB"))
                codes.append(leaf.voucher.code)
    return pictures, codes


def jpeg(image: Image.Image, quality: int) -> Image.Image:
    out = io.BytesIO()
    image.save(out, "JPEG", quality=quality)
    return Image.open(io.BytesIO(out.getvalue())).convert("RGB")


def turned(image: Image.Image, degrees: float) -> Image.Image:
    return image.rotate(degrees, Image.Resampling.BICUBIC, fillcolor=(250, 250, 250), expand=True)


def noisy(image: Image.Image, rng: numpy.random.Generator, sigma: float) -> Image.Image:
    values = numpy.asarray(image).astype(numpy.float32) + rng.normal(0, sigma, (image.height, image.width, 1))
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
    shade = numpy.linspace(0.65, 1.0, width)[None, :, None]
    dark = (numpy.asarray(tilted) * shade).astype(numpy.uint8)
    return jpeg(noisy(Image.fromarray(dark).filter(ImageFilter.GaussianBlur(1.5)), rng, 5), 70)


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


def measure(pictures: list[numpy.ndarray], codes: list[str]) -> dict[str, float]:
    keys = samples.public_keys()
    own_times, bare_times = [], []
    read = wrong = bare_read = 0
    for _ in range(RUNS):
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


def files(pictures: list[Image.Image], codes: list[str]) -> dict[str, dict[str, float]]:
    """Whole files, opened and read: a PDF of pictures as scanners write it, a TIFF, A4 sheets of three titles."""
    rng = numpy.random.default_rng(7)
    scanned = [office(picture, rng) for picture in pictures]
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
        for _ in range(RUNS):
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


def main() -> None:
    pictures, codes = titles(TITLES)
    result: dict[str, object] = {
        "titles": len(codes),
        "runs": RUNS,
        "python": platform.python_version(),
        "zxingcpp": version("zxing-cpp"),
    }
    table = Table(
        "dégât", "lus", "taux", "faux acceptés", "titres/s CPU", "décodeur nu : lus", "titres/s CPU"
    )
    for damage in DAMAGES:
        rng = numpy.random.default_rng(2027)
        damaged = [numpy.asarray(damage(picture, rng)) for picture in pictures]
        one = measure(damaged, codes)
        result[damage.__name__] = one
        table.add_row(
            damage.__name__, f"{one['read']:.0f}/{one['titles']:.0f}", f"{one['rate']:.2%}", f"{one['wrong']:.0f}",
            f"{one['titles_per_cpu_second']:.0f}", f"{one['bare_read']:.0f}",
            f"{one['bare_titles_per_cpu_second']:.0f}",
        )  # fmt: skip
    Console().print(table)
    whole = files(pictures, codes)
    result["files"] = whole
    table = Table("fichier", "lus", "Mo", "titres/s CPU")
    for name, one in whole.items():
        table.add_row(
            name, f"{one['read']:.0f}/{one['titles']:.0f}", str(one["megabytes"]),
            f"{one['titles_per_cpu_second']:.0f}",
        )  # fmt: skip
    Console().print(table)
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(json.dumps(result, indent=2) + "\n")


if __name__ == "__main__":
    main()
