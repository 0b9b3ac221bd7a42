"""The resolved scenario: every default written out, so that a result replays from its own file."""

from __future__ import annotations

import contextlib
import io
import os
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from exoresist.assembly.plain_data import plain
from exoresist.assembly.scenario import Scenario
from exoresist.core.errors import InputError


def resolved_dict(scenario: Scenario) -> dict[str, Any]:
    """The scenario in the form of a file, all defaults included; optional parts that are absent stay absent."""
    data: dict[str, Any] = scenario.model_dump(mode="json", by_alias=True, exclude_none=True)
    for written, arm in zip(data["arms"], scenario.arms, strict=True):
        # pydantic drops nulls inside the difference too, but there `until: null` means something.
        written["change"] = _bare(arm.change)
    return data


def resolved_text(scenario: Scenario, extra: Mapping[str, Any] | None = None) -> str:
    """The resolved scenario as YAML; `extra` stands under `provenance`, which readers skip."""
    from ruamel.yaml import YAML

    data = resolved_dict(scenario)
    if extra:
        data["provenance"] = _bare(plain(extra, "provenance"))
    yaml: Any = YAML(typ="safe", pure=True)
    yaml.default_flow_style = False
    yaml.allow_unicode = True
    yaml.width = 120
    yaml.sort_base_mapping_type_on_output = False
    stream = io.StringIO()
    yaml.dump(data, stream)
    return stream.getvalue()


def write_resolved(scenario: Scenario, path: str | Path, extra: Mapping[str, Any] | None = None) -> None:
    """Writes the resolved scenario to `path`, whole or not at all.

    extra  what a reader of the result should know besides (versions, catalogue hash, sources of defaults)
    """
    target = Path(path)
    text = resolved_text(scenario, extra)
    temporary = ""
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name[:40]}.", suffix=".part")
        with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        # mkstemp makes the file private; a result is read by others.
        os.chmod(temporary, 0o644)
        os.replace(temporary, target)
    except (OSError, ValueError) as error:
        with contextlib.suppress(OSError):
            if temporary:
                os.unlink(temporary)
        reason = getattr(error, "strerror", None) or str(error)
        raise InputError(f"cannot write '{path}': {reason}", "a folder that can be written", "Choose another") from None


def _bare(data: Any) -> Any:
    """The data as ordinary dicts and lists, which the YAML writer and callers expect."""
    if isinstance(data, Mapping):
        return {key: _bare(value) for key, value in data.items()}
    if isinstance(data, list):
        return [_bare(value) for value in data]
    return data
