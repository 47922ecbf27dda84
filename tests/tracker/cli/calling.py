"""Verbs in this process, as a shell would call them; their parameters are read once."""

from __future__ import annotations

from click.testing import CliRunner, Result

from dashboard import command


def invoke(*words: object) -> Result:
    return CliRunner().invoke(command.group(), [str(word) for word in words])
