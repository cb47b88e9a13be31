"""What must be true: pure functions over plain values. No database, no screen, no clock."""
