"""Logs tell what happened and never about whom."""

import io
import json
import logging
import sys
from collections.abc import Iterator

import pytest
import structlog

from domain.errors import HoldfastError
from wiring import log


class Lines:
    """What was written to stderr."""

    def __init__(self) -> None:
        self.stream = io.StringIO()

    def read(self) -> list[dict[str, object]]:
        return [json.loads(line) for line in self.stream.getvalue().splitlines()]


@pytest.fixture
def lines(monkeypatch: pytest.MonkeyPatch) -> Iterator[Lines]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    written = Lines()
    with monkeypatch.context() as patched:
        patched.setattr(sys, "stderr", written.stream)
        log.configure("worker")
    yield written
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.reset_defaults()


def test_a_line_is_json_with_time_level_process_and_logger(lines: Lines) -> None:
    structlog.get_logger("wiring.temporal").info("command_waits", command="c-1")
    (line,) = lines.read()
    assert line.pop("timestamp")
    assert line == {
        "event": "command_waits",
        "command": "c-1",
        "level": "info",
        "logger": "wiring.temporal",
        "process": "worker",
    }


def test_an_exception_is_told_by_type_and_place_not_by_its_words(lines: Lines) -> None:
    """Postgres quotes the row, pydantic what was sent."""
    try:
        try:
            raise KeyError("Ada Example")
        except KeyError as error:
            raise ValueError("+447700900123") from error
    except ValueError:
        structlog.get_logger("api").exception("request_failed")
        logging.getLogger("uvicorn.error").exception("Exception in ASGI application\n")
    ours, theirs = lines.read()
    for line in (ours, theirs):
        assert line["exception"]["type"] == "builtins.ValueError"
        assert line["exception"]["cause"]["type"] == "builtins.KeyError"
        assert "test_log.py" in line["exception"]["frames"][-1]
        assert "Ada" not in str(line)
        assert "4477" not in str(line)


def test_our_own_errors_may_speak_because_they_carry_ids_only(lines: Lines) -> None:
    try:
        raise HoldfastError("no referral 42")
    except HoldfastError:
        structlog.get_logger("api").exception("failed")
    assert lines.read()[0]["exception"]["message"] == "no referral 42"


def test_what_others_append_after_the_first_line_is_dropped(lines: Lines) -> None:
    logging.getLogger("asyncio").error(
        "Task exception was never retrieved\nfuture: ValueError('Ada Example')"
    )
    assert lines.read()[0]["event"] == "Task exception was never retrieved"


@pytest.mark.parametrize("name", ["uvicorn.access", "sendgrid", "python_http_client.client", "urllib3"])
def test_libraries_that_name_addresses_are_silent(lines: Lines, name: str) -> None:
    logging.getLogger(name).error("POST /trades/secret-token")
    assert lines.read() == []


def test_other_libraries_only_warn(lines: Lines) -> None:
    logging.getLogger("temporalio.worker").info("started")
    logging.getLogger("temporalio.worker").warning("slow")
    assert [line["event"] for line in lines.read()] == ["slow"]
