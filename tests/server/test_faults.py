"""Errors in the log say what and where, and never whom they met."""

import logging

import pytest

from practicerunner.money import cents
from practicerunner.server import faults


def failing() -> BaseException:
    try:
        cents("Nora Lindqvist")
    except Exception as error:
        return error
    raise AssertionError


def test_an_error_is_described_by_its_kind_and_our_own_frames() -> None:
    said = faults.describe(failing())
    assert said.startswith("BadInput at tests/server/test_faults.py:") and "practicerunner/money.py:" in said
    assert faults.describe(ValueError("Nora")) == "ValueError at a place outside the program"


@pytest.mark.parametrize("name", faults.LOGGERS)
def test_no_logger_prints_the_text_of_an_error(name: str, caplog: pytest.LogCaptureFixture) -> None:
    faults.keep_text_out_of_logs()
    faults.keep_text_out_of_logs()
    logger = logging.getLogger(name)
    try:
        raise ValueError("Nora Lindqvist") from failing()
    except ValueError as error:
        caplog.handler.setFormatter(logging.Formatter())
        logger.addHandler(caplog.handler)
        logger.error("Uncaught app execution", exc_info=error)
        logger.removeHandler(caplog.handler)
    assert "Uncaught app execution: ValueError at tests/server/test_faults.py:" in caplog.text
    assert "Nora" not in caplog.text and "Traceback" not in caplog.text
    assert sum(isinstance(found, faults.WithoutText) for found in logger.filters) == 1
