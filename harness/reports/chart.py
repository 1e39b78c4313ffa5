"""The timeline of a drill as SVG: latency above, availability below, a line for each thing that happened.

Drawn by Matplotlib without markers, patterns or clips, so that nothing in it needs an id, and with
placeholders for colours, which the page's own colours replace: one drawing serves light, dark and print.
Up and down differ by place, not by colour alone.
"""

from __future__ import annotations

import io
import re

from harness.reports.journals import DrillJournal
from harness.reports.results import seconds_of
from harness.reports.strip import Strip

#: Samples of latency drawn; of more in one place the slowest is.
_MOST = 90
#: Placeholders, and what the page calls them.
_INK, _SOFT, _UP, _DOWN, _LINE = "#000a01", "#000a02", "#000a03", "#000a04", "#000a05"
_COLOURS = {_INK: "--ink", _SOFT: "--soft", _UP: "--met", _DOWN: "--unmet", _LINE: "--link"}
_SIZE = (8.0, 2.4)
_NOISE = re.compile(
    r"<\?xml.*?\?>|<!DOCTYPE.*?>|<!--.*?-->|<metadata>.*?</metadata>|<defs>.*?</defs>"
    r"|\s(?:id|xmlns|xmlns:xlink|version|width|height|clip-path)=\"[^\"]*\"",
    re.DOTALL,
)
_NUMBER = re.compile(r"\d+\.\d{2,}")


def chart_of(journal: DrillJournal, strip: Strip) -> str:
    """The drawing, as markup to be put into a page as it is.

    Args:
        journal: the drill's.
        strip: made from it; there only where the site was probed.
    """
    from matplotlib import rc_context  # noqa: PLC0415 - half a second, for whoever draws
    from matplotlib.backends.backend_svg import FigureCanvasSVG  # noqa: PLC0415
    from matplotlib.figure import Figure  # noqa: PLC0415

    with rc_context({"svg.fonttype": "none", "font.family": "sans-serif", "font.size": 8}):
        figure = Figure(figsize=_SIZE)
        rows = {"height_ratios": (3, 1.3), "hspace": 0.12}
        above, below = figure.subplots(2, 1, sharex=True, gridspec_kw=rows)
        figure.subplots_adjust(left=0.1, right=0.985, top=0.68, bottom=0.12)
        times, slow = _latency(journal)
        top = max(slow, default=1.0) or 1.0
        above.plot(times, slow, color=_LINE, linewidth=1.1, clip_on=False)
        above.set(xlim=(strip.start, strip.end), ylim=(0, top * 1.08))
        above.text(
            -0.01,
            1.0,
            f"{top:.0f} ms",
            transform=above.transAxes,
            ha="right",
            va="top",
            color=_SOFT,
        )
        above.text(
            -0.01, 0.5, "latency", transform=above.transAxes, ha="right", va="center", color=_INK
        )
        above.text(-0.01, 0.0, "0", transform=above.transAxes, ha="right", va="bottom", color=_SOFT)
        below.set(ylim=(0, 2))
        for span in strip.spans:
            low, tone = (1.1, _UP) if span.healthy else (0.1, _DOWN)
            width = max(span.end - span.start, (strip.end - strip.start) / 400)
            end = span.start + width
            below.fill(
                [span.start, end, end, span.start],
                [low, low, low + 0.8, low + 0.8],
                facecolor=tone,
                linewidth=0,
                clip_on=False,
            )
        below.text(
            -0.01, 0.75, "up", transform=below.transAxes, ha="right", va="center", color=_INK
        )
        below.text(
            -0.01, 0.25, "down", transform=below.transAxes, ha="right", va="center", color=_INK
        )
        _marks(above, below, strip)
        for number in range(5):
            t = strip.start + (strip.end - strip.start) * number / 4
            side = {0: "left", 4: "right"}.get(number, "center")
            below.text(t, -0.25, f"{t:.0f} s", ha=side, va="top", color=_SOFT)
        for axes in (above, below):
            axes.set_axis_off()
            axes.plot(
                [0, 1], [0, 0], transform=axes.transAxes, color=_SOFT, linewidth=0.6, clip_on=False
            )
        figure.patch.set_visible(False)
        out = io.StringIO()
        figure.set_canvas(FigureCanvasSVG(figure))
        figure.savefig(out, format="svg")
    return _tidy(out.getvalue())


def _marks(above: object, below: object, strip: Strip) -> None:
    length = strip.end - strip.start
    for number, mark in enumerate(strip.marks):
        t = min(max(mark.at, strip.start), strip.end)
        late = (t - strip.start) / length > 0.8
        for axes, reach in ((above, 1.14 + 0.14 * (len(strip.marks) - 1 - number)), (below, 1.0)):
            axes.plot(  # type: ignore[attr-defined]
                [t, t], [0, reach], transform=axes.get_xaxis_transform(),  # type: ignore[attr-defined]
                color=_INK, linewidth=0.8, linestyle=(0, (3, 2)), clip_on=False,
            )  # fmt: skip
        above.text(  # type: ignore[attr-defined]
            t - length / 200 if late else t + length / 200,
            1.05 + 0.14 * (len(strip.marks) - 1 - number),
            f"{mark.label} {mark.at:.1f} s",
            transform=above.get_xaxis_transform(),  # type: ignore[attr-defined]
            ha="right" if late else "left",
            va="bottom",
            color=_INK,
        )


def _latency(journal: DrillJournal) -> tuple[list[float], list[float]]:
    """Times, and milliseconds; of many neighbours the slowest."""
    samples = [
        (record.t, seconds * 1000)
        for record in journal.all("probe")
        if (seconds := seconds_of(record.data.get("seconds"))) is not None
    ]
    each = max(1, -(-len(samples) // _MOST))
    chosen = [max(samples[i : i + each], key=lambda s: s[1]) for i in range(0, len(samples), each)]
    return [t for t, _ in chosen], [round(ms, 1) for _, ms in chosen]


def _tidy(svg: str) -> str:
    text = _NUMBER.sub(lambda found: f"{float(found.group()):.1f}", _NOISE.sub("", svg))
    for placeholder, name in _COLOURS.items():
        text = text.replace(placeholder, f"var({name})")
    text = re.sub(r"\s*font-family: [^;\"]*;", "", text)
    text = re.sub(r" transform=\"rotate\(-0 [^\"]*\"", "", text)
    text = re.sub(
        r"; stroke-(?:linecap|linejoin|dashoffset): \w+|stroke-linejoin: miter; ", "", text
    )
    text = re.sub(r"</?g>", "", text)
    text = re.sub(r"\s*\n\s*", " ", text).replace("> <", "><").replace(' "', '"')
    # Commands of a path need no blanks around them, nor a name when they repeat.
    text = re.sub(r" ?([MLz]) ", r"\1", text)
    return text.strip()
