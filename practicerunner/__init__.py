"""PracticeRunner: one workflow for seven kinds of case."""
