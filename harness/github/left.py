"""What the journal is told of an artifact that a run leaves: its files, and the words of small JSON ones.

Audit records are such files: what an operation says of itself must be readable when the world is gone.
"""

from __future__ import annotations

import io
import zipfile
from typing import Any

from harness.github.archive import Artifact
from harness.github.outbox import Outbox

#: Bytes of a file whose content is told, and how many of an artifact's files are.
READABLE = 524_288
MOST = 4


def tell(journal: Outbox, artifact: Artifact, archive: bytes) -> None:
    """Write an `artifact` record with the change; an archive that cannot be read has no files."""
    files, contents = _look_into(archive)
    journal.write(
        "artifact",
        run=artifact.run,
        id=artifact.id,
        name=artifact.name,
        size=artifact.size,
        digest=artifact.digest,
        files=files,
        contents=contents,
    )


def _look_into(archive: bytes) -> tuple[list[dict[str, Any]], dict[str, str]]:
    contents: dict[str, str] = {}
    try:
        with zipfile.ZipFile(io.BytesIO(archive)) as opened:
            entries = [entry for entry in opened.infolist() if not entry.is_dir()]
            files = [{"name": entry.filename, "size": entry.file_size} for entry in entries]
            readable = [entry for entry in entries if entry.filename.lower().endswith(".json")]
            for entry in readable[:MOST]:
                with opened.open(entry) as file:
                    # What an archive says of its sizes need not be so.
                    content = file.read(READABLE + 1)
                if len(content) <= READABLE:
                    contents[entry.filename] = content.decode("utf-8", errors="replace")
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, OSError, ValueError):
        return [], {}
    return files, contents
