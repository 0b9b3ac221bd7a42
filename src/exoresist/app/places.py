"""Where a command that runs many tasks runs them, from the options that say so."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from exoresist.studies.workers import Workers as StudyWorkers


@dataclass(frozen=True)
class Places:
    """What `--workers`, `--memory`, `--cluster` and `--results` say."""

    count: int | None = None
    memory: str | None = None
    cluster: str = ""
    results: Path | None = None

    def workers(self) -> StudyWorkers:
        """Raises InputError for a memory that cannot be read or with which nothing could run."""
        from exoresist.core.memory import parse_memory
        from exoresist.studies.workers import Workers

        found = Workers(self.count, None if self.memory is None else parse_memory(self.memory, "--memory"), self.cluster)
        found.check()
        return found

    def kept_in(self) -> Path | None:
        """The folder of `--results`, which the first result makes; InputError where nothing could be written to it."""
        from exoresist.app.folders import ready

        return None if self.results is None else ready(self.results, "--results")
