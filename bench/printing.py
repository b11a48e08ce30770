"""How fast booklets are made and proof-read, beside other engines that make the same page.

    uv sync --group bench
    python bench/printing.py [--booklets 30] [--rounds 3]

Titles per second of processor, medians of interleaved rounds, each engine warm, in a process of its own so
that its memory is its own too. Written to bench/results/printing.json. Ratios are the claim: seconds depend
on the machine.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import resource
import statistics
import sys
import time
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from io import BytesIO
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "src"))

from titulaire.vouchers.issuing import datamatrix  # noqa: E402
from titulaire.vouchers.issuing.codes import CodeContent  # noqa: E402
from titulaire.vouchers.issuing.printing import art, layout, production, typesetting  # noqa: E402
from titulaire.vouchers.issuing.printing.art import Medium  # noqa: E402
from titulaire.vouchers.issuing.printing.press import press_file  # noqa: E402
from titulaire.vouchers.issuing.printing.spec import JobSpec, VoucherSpec  # noqa: E402
from titulaire.vouchers.issuing.proofreading import proofread, required_texts  # noqa: E402
from titulaire.vouchers.issuing.rules import numbers  # noqa: E402
from titulaire.vouchers.issuing.tests import samples  # noqa: E402

FONTS = Path(typesetting.__file__).parent / "fonts"
PER_BOOKLET = 10


def sign(count: int) -> None:
    """Numbers and signatures alone."""
    signer = samples.signer()
    for number in numbers(2027, 47, 1, count):
        signer.sign(CodeContent(number, Decimal(10), date(2028, 1, 31)))


def draw(job: JobSpec) -> None:
    """Symbols alone."""
    for voucher in vouchers(job):
        art.code(datamatrix.symbol(voucher.code), Medium.PRESS)


def chain(booklets: int) -> bytes:
    """The whole way: numbers, signatures, symbols, pages, press file."""
    job = samples.job((PER_BOOKLET,) * booklets)
    words = (typesetting.typeset(job, booklet, Medium.PRESS) for booklet in job.booklets)
    return press_file(job, typesetting.typeset_face(job, Medium.PRESS), words)


def reportlab_pages(job: JobSpec) -> bytes:
    """The same vouchers on the reportlab canvas, background as a form, code as a one-bit mask."""
    from PIL import Image
    from reportlab.lib.units import mm
    from reportlab.lib.utils import ImageReader
    from reportlab.pdfbase import pdfmetrics
    from reportlab.pdfbase.ttfonts import TTFont
    from reportlab.pdfgen.canvas import Canvas

    pdfmetrics.registerFont(TTFont("Inter", FONTS / "Inter_400Regular.ttf"))
    out = BytesIO()
    canvas = Canvas(out, pagesize=(180 * mm, 100 * mm), invariant=1)
    canvas.beginForm("background")
    for step in range(len(background_lines())):
        canvas.setStrokeColorCMYK(0.26, 0.04, 0.13, 0)
        path = canvas.beginPath()
        points = background_lines()[step]
        path.moveTo(*points[0])
        for first, second, third in zip(points[1::3], points[2::3], points[3::3], strict=True):
            path.curveTo(*first, *second, *third)
        canvas.drawPath(path)
    canvas.endForm()
    texts = required_texts(job)
    for voucher in vouchers(job):
        canvas.doForm("background")
        for line, text in enumerate(texts):
            canvas.setFont("Inter", 43 if line == 3 else 6)
            canvas.drawString(18 * mm, (82 - 4 * line) * mm, text)
        canvas.setFont("Inter", 10.5)
        canvas.drawString(110 * mm, 57 * mm, voucher.number.grouped)
        rows = datamatrix.symbol(voucher.code)
        symbol = Image.frombytes("L", (36, 36), bytes(255 * (1 - dark) for row in rows for dark in row))
        canvas.drawImage(ImageReader(symbol.convert("1")), 145 * mm, 65 * mm, 18 * mm, 18 * mm)
        canvas.showPage()
    canvas.save()
    return out.getvalue()


def background_lines() -> list[list[tuple[float, float]]]:
    """The curves of our background, in points, for an engine that has its own way to draw them."""
    scale = layout.POINTS / 100
    lines: list[list[tuple[float, float]]] = []
    for row in art.background(Medium.PRESS).decode().splitlines():
        *figures, operator = row.replace(" S Q", "").removesuffix(" S").split() or [""]
        if operator == "m" and len(figures) == 2:
            lines.append([])
        if operator in "mc" and lines and all(part.lstrip("-").isdigit() for part in figures):
            pairs = zip(figures[::2], figures[1::2], strict=True)
            lines[-1] += [(int(x) * scale, 86 * layout.POINTS - int(y) * scale) for x, y in pairs]
    return [line for line in lines if len(line) % 3 == 1 and len(line) > 1]


def weasyprint_pages(job: JobSpec) -> bytes:
    """The same vouchers as HTML, background as SVG, code as PNG."""
    from base64 import b64encode

    from PIL import Image
    from weasyprint import HTML

    curves = "".join(
        f"M{line[0][0]:.2f} {line[0][1]:.2f}C" + " ".join(f"{x:.2f} {y:.2f}" for x, y in line[1:])
        for line in background_lines()
    )
    svg = (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 470 244">'
        f'<path d="{curves}" fill="none" stroke="#c9e2df" stroke-width=".35"/></svg>'
    )
    address = "data:image/svg+xml;base64," + b64encode(svg.encode()).decode()
    texts = "".join(f"<p>{text}</p>" for text in required_texts(job))
    pages = []
    for voucher in vouchers(job):
        rows = datamatrix.symbol(voucher.code)
        out = BytesIO()
        Image.frombytes("L", (36, 36), bytes(255 * (1 - dark) for row in rows for dark in row)).save(
            out, "PNG"
        )
        symbol = "data:image/png;base64," + b64encode(out.getvalue()).decode()
        pages.append(
            f"<section>{texts}<b>{voucher.number.grouped}</b>"
            f'<img src="{symbol}" style="width:18mm"></section>'
        )
    style = (
        f"@font-face{{font-family:Inter;src:url({(FONTS / 'Inter_400Regular.ttf').as_uri()})}}"
        "@page{size:160mm 80mm;margin:0;bleed:3mm;marks:crop}"
        f"section{{break-after:page;width:160mm;height:80mm;background:url({address});font:6pt Inter}}"
    )
    document = HTML(string=f"<html><style>{style}</style>{''.join(pages)}</html>")
    return bytes(document.write_pdf())


def vouchers(job: JobSpec) -> list[VoucherSpec]:
    return [voucher for booklet in job.booklets for voucher in booklet.vouchers]


def measures(booklets: int) -> dict[str, tuple[int, Callable[[], object]]]:
    """Name, number of titles, what to time."""
    job = samples.job((PER_BOOKLET,) * booklets)
    few = samples.job((PER_BOOKLET,) * 2)
    count = PER_BOOKLET * booklets
    press = chain(booklets)

    def proof() -> None:
        report = proofread(press, job, samples.public_keys())
        if not report.passed or report.codes_verified != count:
            raise SystemExit(f"the proof-reading failed: {report.findings[:3]}")

    return {
        "numbers and signatures": (count, lambda: sign(count)),
        "symbols": (count, lambda: draw(job)),
        "chain, press file": (count, lambda: chain(booklets)),
        "chain, press file and archive": (count, lambda: production.Workshop(0).print_job(job)),
        "proof-reading": (count, proof),
        "reportlab, one page per voucher": (count, lambda: reportlab_pages(job)),
        "weasyprint, one page per voucher": (PER_BOOKLET * 2, lambda: weasyprint_pages(few)),
    }


def timed(name: str, booklets: int, rounds: int) -> tuple[list[float], float]:
    """Titles per CPU second of each round, and the peak memory of the process in MB."""
    try:
        count, act = measures(booklets)[name]
        act()
    except ImportError as missing:
        print(f"{name}: {missing}", file=sys.stderr)
        return [], 0.0
    rates = []
    for _ in range(rounds):
        start = time.process_time()
        act()
        rates.append(count / (time.process_time() - start))
    return rates, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def worker_memory(booklets: int) -> float:
    """Peak memory in MB of a worker that typesets the words of a job, booklet after booklet."""
    job = samples.job((PER_BOOKLET,) * 5)
    for index in range(booklets):
        typesetting.typeset(job, job.booklets[index % 5], Medium.PRESS)
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    arguments.add_argument("--booklets", type=int, default=30)
    arguments.add_argument("--rounds", type=int, default=3)
    asked = arguments.parse_args()
    names = list(measures(1))
    context = multiprocessing.get_context("spawn")
    results: dict[str, dict[str, float]] = {}
    gathered: dict[str, list[float]] = {name: [] for name in names}
    memory: dict[str, float] = {}
    for _ in range(asked.rounds):  # interleaved: a noisy minute falls on every engine
        for name in names:
            with context.Pool(1) as pool:
                rates, memory[name] = pool.apply(timed, (name, asked.booklets, 2))
            gathered[name] += rates
    for name, rates in gathered.items():
        if rates:
            results[name] = {
                "titles_per_cpu_second": round(statistics.median(rates), 1),
                "peak_mb": round(memory[name]),
            }
    with context.Pool(1) as pool:
        results["a worker after 1,000 booklets"] = {"peak_mb": round(pool.apply(worker_memory, (1000,)))}
    peer = results.get("weasyprint, one page per voucher", {}).get("titles_per_cpu_second")
    print(f"{'':36}{'titles/CPU-s':>14}{'× weasyprint':>14}{'peak MB':>10}")
    for name, row in results.items():
        speed = row.get("titles_per_cpu_second")
        ratio = f"{speed / peer:.1f}" if speed and peer else ""
        print(f"{name:36}{f'{speed:,.0f}' if speed else '':>14}{ratio:>14}{row['peak_mb']:>10,}")
    path = ROOT / "bench" / "results" / "printing.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(
        json.dumps({"booklets": asked.booklets, "rounds": asked.rounds, **results}, indent=2) + "\n"
    )


if __name__ == "__main__":
    main()
