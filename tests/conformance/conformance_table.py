"""The table of docs/clouds.md, made from the data that the suite checks.

python tests/conformance/conformance_table.py        # writes it into docs/clouds.md
"""

from __future__ import annotations

from pathlib import Path

from conformance_data import CLOUDS, PROMISES, not_kept

PAGE = Path(__file__).parents[2] / "docs" / "clouds.md"
BEGIN, END = "<!-- conformance: begin -->", "<!-- conformance: end -->"


def table() -> str:
    """A row a promise, a column a cloud; what is kept otherwise is told below."""
    clouds = list(CLOUDS)
    lines: list[str] = []
    notes: list[str] = []
    area = ""
    for promise in PROMISES:
        if promise.area != area:
            area = promise.area
            head = [area, *(f"`{cloud}`" for cloud in clouds)]
            lines += ["", _row(head), _row(["---", *(":-:" for _ in clouds)])]
        cells = []
        for cloud in clouds:
            told = not_kept(cloud, promise)
            if told in {"", "NotImplemented"}:
                cells.append("no" if told else "yes")
                continue
            if told not in notes:
                notes.append(told)
            cells.append(f"other [{notes.index(told) + 1}]")
        lines.append(_row([promise.text, *cells]))
    lines += ["", *(f"[{number}] {note}.  " for number, note in enumerate(notes, 1))]
    return "\n".join(lines).strip() + "\n"


def with_table(page: str) -> str:
    """The page with the table as it is now."""
    before, _, rest = page.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}\n\n{table()}\n{END}{after}"


def _row(cells: list[str]) -> str:
    return "| " + " | ".join(cells) + " |"


if __name__ == "__main__":
    PAGE.write_text(with_table(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
