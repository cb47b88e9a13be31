"""Reading a file of clients from elsewhere."""

from datetime import date

import pytest

from practicerunner.errors import BadInput
from practicerunner.rules import csv_files, importing
from practicerunner.rules.csv_files import read_table
from practicerunner.rules.importing import DateOrder, Field, Party, Register
from practicerunner.vocabulary import CaseStatus, CaseType, RowOutcome, TwoPersonLabel

HEADER = "First name,Last name,Date of birth\n"


def table(text: str) -> csv_files.Table:
    return importing.read_clients(text.encode())


def said(text: str, order: DateOrder | None = None) -> importing.Candidate:
    """What the first row of a file says, under the proposed mapping."""
    read = table(text)
    return importing.read_line(read, read.lines[0], importing.propose_mapping(read), order)


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_comma_semicolon_and_tab_part_the_cells(delimiter: str) -> None:
    text = 'First name,Last name,Note\nAna,Lima,"a;b\tc"\n'.replace(",", delimiter)
    read = read_table(text.encode())
    assert read.columns == ("First name", "Last name", "Note")
    assert read.lines[0].cells == ("Ana", "Lima", "a;b\tc")


def test_a_comma_inside_quotes_and_a_line_break_inside_quotes_stay_in_their_cell() -> None:
    read = table('First name,Address\nAna,"12 Elm St\nFlat 2, Albany"\nBo,"x"\n')
    assert [(line.number, line.cells[1]) for line in read.lines] == [(2, "12 Elm St\nFlat 2, Albany"), (4, "x")]


def test_surrounding_blanks_go_and_blanks_inside_stay() -> None:
    assert table("First name,Last name\n  Ana  Maria ,Lima\n").lines[0].cells == ("Ana  Maria", "Lima")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
def test_utf_8_is_read_with_and_without_its_mark(encoding: str) -> None:
    read = read_table("First name,Last name\nZoë,Łuka 山田\n".encode(encoding))
    assert read.columns[0] == "First name"
    assert read.lines[0].cells == ("Zoë", "Łuka 山田")
    assert not read.remark


def test_windows_1252_is_read_and_said_so() -> None:
    read = read_table("First name,Last name\nZoë,O’Neil\n".encode("cp1252"))
    assert read.lines[0].cells == ("Zoë", "O’Neil")
    assert "Windows-1252" in read.remark


@pytest.mark.parametrize(("data", "refusal"), [
    (b"PK\x03\x04rest of a workbook", csv_files.NotATable),
    (b"%PDF-1.7 and so on", csv_files.NotATable),
    ("First name\tLast name\n".encode("utf-16"), csv_files.NotATable),
    (bytes(range(1, 32)) * 10, csv_files.NotATable),
    (b"First name,Last name\nZo\x81,X\n", csv_files.UnknownEncoding),
    (b"", csv_files.NoHeader),
    (b"\n\n,,\n", csv_files.NoHeader),
    (b"Ana,Lima,1985-03-01\nBo,Lima,1986-03-01\n", csv_files.NoHeader),
    (b"1,2,3\n4,5,6\n", csv_files.NoHeader),
    (HEADER.encode(), csv_files.NoRows),
    (b"lorem\nipsum\ndolor\n", csv_files.NotATable),
    (b'First name,Last name\n"Ana,Lima\nBo,Lima\n', csv_files.BrokenQuotation),
    (b"First name\n" + b"a" * csv_files.LARGEST_FILE, csv_files.FileTooLarge),
    (b"First name\n" + b"a\n" * (csv_files.MOST_ROWS + 1), csv_files.TooManyRows),
])
def test_what_is_no_table_of_clients_is_refused_with_its_sentence(data: bytes, refusal: type[Exception]) -> None:
    with pytest.raises(refusal) as refused:
        importing.read_clients(data)
    assert str(refused.value).endswith((".", '".'))


def test_twenty_thousand_rows_are_still_read() -> None:
    assert table("First name\n" + "a\n" * csv_files.MOST_ROWS).row_count == 20_000


def test_a_row_with_a_wrong_number_of_cells_is_told_by_line_and_blank_lines_are_no_rows() -> None:
    read = table(HEADER + "\nAna,Lima,1985-03-01\nBo,Lima\n,,\nCy,Lima,1985-03-01,extra\nDi,Lima,1985-03-01\n")
    assert [line.number for line in read.lines] == [3, 7]
    assert read.broken == (
        (4, "This line has 2 cells, and the header has 3."), (6, "This line has 4 cells, and the header has 3.")
    )


def test_nameless_and_repeated_columns_get_names_of_their_own() -> None:
    assert table("First name,Phone,,Phone\na,b,c,d\n").columns == ("First name", "Phone", "Column 3", "Phone (2)")


@pytest.mark.parametrize(("header", "meant"), [
    ("BIRTHDATE", Field.BIRTH_DATE), ("DOB", Field.BIRTH_DATE), ("Date of Birth", Field.BIRTH_DATE),
    ("birth_date", Field.BIRTH_DATE), ("Surname", Field.LAST_NAME), ("LAST", Field.LAST_NAME),
    ("FIRST", Field.FIRST_NAME), ("FirstName", Field.FIRST_NAME), ("ZIP", Field.POSTCODE), ("STATE", Field.REGION),
    ("E-mail", Field.EMAIL), ("Mobile phone", Field.PHONE), ("Balance due", Field.BALANCE),
    ("DEATHDATE", Field.DIED_ON), ("Partner's first name", Field.PARTNER_FIRST_NAME), ("Case type", Field.CASE_TYPE),
    ("MAIDEN", None), ("MIDDLE", None), ("BIRTHPLACE", None), ("Id", None), ("RACE", None),
    ("HEALTHCARE_EXPENSES", None),
])
def test_a_column_is_proposed_by_its_words(header: str, meant: Field | None) -> None:
    read = table(f"{header},Something else\nx,y\n")
    assert importing.propose_mapping(read)[header] is meant


def test_a_full_name_is_proposed_only_where_there_is_no_first_name() -> None:
    assert importing.propose_mapping(table("Name,City\na,b\n"))["Name"] is Field.FULL_NAME
    assert importing.propose_mapping(table("Name,First name\na,b\n"))["Name"] is None


@pytest.mark.parametrize(("header", "cell", "kind"), [
    ("SSN", "", "social security"), ("Social Security No", "1", "social security"),
    ("DRIVERS", "S99928026", "driver"), ("Driver's license", "x", "driver"), ("PASSPORT", "X1", "passport"),
    ("Card number", "x", "card"), ("Reference", "999-10-4053", "social security"),
    ("Reference", "4111 1111 1111 1111", "card"),
])
def test_a_column_of_numbers_that_are_nobody_s_business_is_seen_and_never_mapped(
    header: str, cell: str, kind: str
) -> None:
    read = table(f"First name,{header}\nAna,{cell}\n")
    assert kind in importing.forbidden_columns(read)[header]
    assert importing.propose_mapping(read)[header] is None
    with pytest.raises(BadInput, match="never imported"):
        importing.check_mapping(read, {"First name": Field.FIRST_NAME, header: Field.POSTCODE})


@pytest.mark.parametrize(
    "cell", ["518-555-0100", "+46 8 123 456 78", "12207-1234", "4111 1111 1111 1112", "1985-03-01"]
)
def test_phones_postcodes_and_dates_are_no_such_numbers(cell: str) -> None:
    assert not importing.forbidden_columns(table(f"First name,Reference\nAna,{cell}\n"))


@pytest.mark.parametrize(("mapping", "sentence"), [
    ({}, "first name"),
    ({"A": Field.LAST_NAME}, "first name"),
    ({"A": Field.FIRST_NAME, "B": Field.FIRST_NAME}, "Two columns"),
    ({"A": Field.FIRST_NAME, "B": Field.FULL_NAME}, "not both"),
    ({"A": Field.FIRST_NAME, "Z": Field.CITY}, "no column"),
])
def test_a_mapping_that_cannot_be_carried_out_is_refused(mapping: dict[str, Field | None], sentence: str) -> None:
    with pytest.raises(BadInput, match=sentence) as refused:
        importing.check_mapping(table("A,B\n x,y\n"), mapping)
    assert refused.value.field == "mapping"


@pytest.mark.parametrize(("text", "order", "expected"), [
    ("1985-09-01", None, date(1985, 9, 1)), ("1985/9/1", None, date(1985, 9, 1)),
    ("1985-09-01T00:00:00Z", None, date(1985, 9, 1)), ("1985-09-01 00:00", None, date(1985, 9, 1)),
    ("03/04/1985", DateOrder.DAY_FIRST, date(1985, 4, 3)), ("03/04/1985", DateOrder.MONTH_FIRST, date(1985, 3, 4)),
    ("3.4.1985", DateOrder.DAY_FIRST, date(1985, 4, 3)),
    ("3/4/1985 12:00:00 AM", DateOrder.MONTH_FIRST, date(1985, 3, 4)),
    ("1 Sep 1985", None, date(1985, 9, 1)), ("September 1, 1985", None, date(1985, 9, 1)),
    ("01-Sep-1985", None, date(1985, 9, 1)),
])
def test_dates_are_read_as_files_write_them(text: str, order: DateOrder | None, expected: date) -> None:
    assert importing.parse_date(text, order) == expected


@pytest.mark.parametrize(("text", "order", "problem"), [
    ("2025-02-30", None, importing.ImpossibleDate), ("13/13/1985", DateOrder.DAY_FIRST, importing.ImpossibleDate),
    ("31/12/1985", DateOrder.MONTH_FIRST, importing.ImpossibleDate), ("0000-01-01", None, importing.ImpossibleDate),
    ("03/04/85", DateOrder.DAY_FIRST, importing.UnreadableDate), ("soon", None, importing.UnreadableDate),
    ("03/04/1985", None, importing.UnreadableDate), ("1985", None, importing.UnreadableDate),
])
def test_days_that_do_not_exist_differ_from_what_is_no_date(
    text: str, order: DateOrder | None, problem: type[Exception]
) -> None:
    with pytest.raises(problem):
        importing.parse_date(text, order)


@pytest.mark.parametrize(("dates", "asks", "proposed"), [
    (["1985-03-01"], False, None), (["03/04/1985"], True, None),
    (["31/12/1985", "03/04/1985"], True, DateOrder.DAY_FIRST),
    (["12/31/1985"], True, DateOrder.MONTH_FIRST), (["12/31/1985", "31/12/1985"], True, None),
])
def test_the_order_of_day_and_month_is_asked_only_where_it_matters(
    dates: list[str], asks: bool, proposed: DateOrder | None
) -> None:
    read = table("First name,DOB\n" + "".join(f"a,{d}\n" for d in dates))
    mapping = importing.propose_mapping(read)
    assert importing.has_numeric_dates(read, mapping) is asks
    assert importing.propose_order(read, mapping) is proposed


@pytest.mark.parametrize(("full", "parted"), [
    ("Ana Maria Lima", ("Ana Maria", "Lima")), ("Lima, Ana Maria", ("Ana Maria", "Lima")), ("Ana", ("Ana", "")),
    ("Lima,", ("Lima", "")),
])
def test_a_full_name_is_parted(full: str, parted: tuple[str, str]) -> None:
    assert importing.split_name(full) == parted


def test_an_address_is_put_together_as_on_an_envelope_and_postcodes_are_text() -> None:
    row = said("First name,Address 1,Address 2,City,State,ZIP,Country\nAna,12 Elm St,Flat 2,Albany,NY,01207,USA\n")
    assert row.address == "12 Elm St\nFlat 2\nAlbany, NY 01207\nUSA"
    assert said("First name,City\nAna,Albany\n").address == "Albany"


@pytest.mark.parametrize(("text", "expected"), [
    ("8,412.50", 841250), ("$312.50", 31250), ("-12.50", -1250), ("(12.50)", -1250), ("-$12.50", -1250), ("0", 0),
])
def test_balances_are_cents_and_credits_are_negative(text: str, expected: int) -> None:
    assert importing.signed_cents(text) == expected


@pytest.mark.parametrize(("row", "case_type", "label"), [
    (",,", CaseType.INDIVIDUAL, None), ("couple,,Bo", CaseType.TWO_PERSON, TwoPersonLabel.PARTNERS),
    ("Couple / two-person,Co-parents,Bo", CaseType.TWO_PERSON, TwoPersonLabel.CO_PARENTS),
    ("two_person,siblings,Bo", CaseType.TWO_PERSON, TwoPersonLabel.SIBLINGS),
    (",,Bo", CaseType.TWO_PERSON, TwoPersonLabel.PARTNERS),
    ("Family,,Bo", CaseType.FAMILY, None), ("individual consultation,,", CaseType.INDIVIDUAL_CONSULTATION, None),
])
def test_the_kind_of_case_is_read_or_follows_from_the_partner(
    row: str, case_type: CaseType, label: TwoPersonLabel | None
) -> None:
    candidate = said(f"First name,Case type,Label,Partner first name\nAna,{row}\n")
    assert (candidate.case_type, candidate.label, candidate.problems) == (case_type, label, [])


@pytest.mark.parametrize(("row", "outcome"), [
    ("couple,,,", RowOutcome.INCOMPLETE_COUPLE), ("couple,,,Lima", RowOutcome.INCOMPLETE_COUPLE),
    (",,,Lima", RowOutcome.INCOMPLETE_COUPLE), ("individual,,Bo,", RowOutcome.INVALID),
    ("family,,,", RowOutcome.INVALID),
    ("workshop,,,", RowOutcome.INVALID), ("therapy group,,,", RowOutcome.INVALID), ("castle,,,", RowOutcome.INVALID),
    ("couple,enemies,Bo,", RowOutcome.INVALID),
])
def test_a_row_whose_people_do_not_fit_its_kind_is_refused(row: str, outcome: RowOutcome) -> None:
    candidate = said(f"First name,Case type,Label,Partner first name,Partner last name\nAna,{row}\n")
    assert candidate.outcome(None)[0] is outcome


def test_the_outcomes_come_in_their_order() -> None:
    header = "First name,DOB,Case type,Balance\n"
    everything = said(header + "Ana,2025-02-30,couple,lots\n")
    assert everything.outcome("Same as line 2.") == (RowOutcome.DUPLICATE, "Same as line 2.")
    assert everything.outcome(None)[0] is RowOutcome.IMPOSSIBLE_DATE
    assert said(header + "Ana,1985-02-03,couple,lots\n").outcome(None)[0] is RowOutcome.INCOMPLETE_COUPLE
    assert said(header + "Ana,1985-02-03,,lots\n").outcome(None)[0] is RowOutcome.INVALID
    assert said(header + "Ana,1985-02-03,,12.50\n").outcome(None) == (RowOutcome.NEW, "")


def test_who_has_died_is_archived_and_other_statuses_are_kept() -> None:
    header = "First name,Status,Death date\n"
    assert said(header + "Ana,Active,2021-08-21\n").status is CaseStatus.ARCHIVED
    assert said(header + "Ana,waitlist,\n").status is CaseStatus.WAITLIST
    assert said(header + "Ana,,\n").status is CaseStatus.ACTIVE
    assert said(header + "Ana,sleeping,\n").outcome(None)[0] is RowOutcome.INVALID


def test_a_reason_never_quotes_the_cell() -> None:
    rows = ["999-10-4053,1985-03-01,", "Ana,999-10-4053,", "Ana,1985-03-01,secret"]
    for row in rows:
        filler = "Bo,1985-03-01,\n" * 3
        candidate = said("First name,DOB,Balance\n" + row + "\n" + filler)
        outcome, reason = candidate.outcome(None)
        assert outcome is RowOutcome.INVALID
        assert not any(cell and cell in reason for cell in row.split(","))


BORN = date(1985, 3, 1)


@pytest.mark.parametrize(("here", "there", "same"), [
    ((("José", "Lima", BORN), ()), (("jose", "LIMA", BORN), ()), True),
    ((("Ana", "Lima", BORN), ()), (("Ana", "Lima", date(1985, 3, 2)), ()), False),
    ((("Ana", "Lima", None), ("a@x.example",)), (("Ana", "Lima", None), ("A@x.example",)), True),
    ((("Ana", "Lima", None), ("(518) 555-0100",)), (("Ana", "Lima", None), ("+1 518 555 0100",)), True),
    ((("Ana", "Lima", BORN), ("a@x.example",)), (("Ana", "Lima", None), ("a@x.example",)), True),
    ((("Ana", "Lima", BORN), ()), (("Ana", "Lima", None), ()), False),
    ((("Ana", "Lima", BORN), ("a@x.example",)), (("Ana", "Lima", date(1950, 1, 1)), ("a@x.example",)), False),
    ((("Ana", "Lima", None), ("a@x.example",)), (("Bo", "Lima", None), ("a@x.example",)), False),
    ((("Ana", "Lima", None), ("a@x.example",)), (("Ana", "Lima", None), ("b@x.example",)), False),
    ((("Ana", "Lima", None), ()), (("Ana", "Lima", None), ()), True),
])
def test_who_is_the_same_person(here, there, same) -> None:
    register = Register()
    register.add(Party(*here[0]), here[1], "line 2")
    assert (register.find(Party(*there[0]), there[1]) is not None) is same
