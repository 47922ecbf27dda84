"""Authority lists: a domain and a number a row."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import Engine
from sqlmodel import Session, select

from tests.shared import shared
from tests.tracker.links.exports import NOW, count, write
from tracker import domains, store
from tracker.errors import DataError, UsageError
from tracker.links.authority_lists import import_authority
from tracker.models import (
    AuthorityList,
    AuthorityValue,
    Domain,
)


def test_an_authority_list_takes_domains_once_and_leaves_hosts_out(lone: Engine, tmp_path: Path) -> None:
    text = (
        "Rank;Domain;Links\n1;A.com;1.240,5\n2;en.wikipedia.org;9\n3;www.b.co.uk;7\n4;a.com;3\n5;not a "
        "domain;3\n6;c.com;many\n7;x.github.io;2\n"
    )
    result = import_authority(
        lone,
        write(tmp_path / "list.csv", text),
        metric="links",
        as_of=date(2026, 3, 1),
        now=NOW,
        domain_column="domain",
        value_column="Links",
    )
    assert (result.read, result.stored, result.left_out, result.rejected) == (7, 2, 2, 3)
    assert [reject.line for reject in result.rejects] == [5, 6, 7]
    with store.reading(lone) as session:
        found = session.exec(
            select(Domain.name, AuthorityValue.value).join(
                AuthorityValue, AuthorityValue.domain_id == Domain.id
            )
        ).all()  # type: ignore[arg-type]
    assert dict(found) == {"a.com": 1240.5, "x.github.io": 2.0}


def test_an_authority_list_is_stored_once_per_metric_and_date(database: Engine, tmp_path: Path) -> None:
    path = write(tmp_path / "list.csv", "domain,value\na.com,1\n")

    def again(metric: str, as_of: date) -> tuple[int, int]:
        result = import_authority(
            database, path, metric=metric, as_of=as_of, now=NOW, domain_column="domain", value_column="value"
        )
        return result.stored, result.already_there

    assert again("m", date(2026, 1, 1)) == (1, 0)
    assert again("m", date(2026, 1, 1)) == (0, 1)
    assert again("m", date(2026, 2, 1)) == (1, 0)
    with store.reading(database) as session:
        assert count(session, AuthorityList) == 2


def test_a_domain_that_openpagerank_does_not_know_has_no_value(lone: Engine, tmp_path: Path) -> None:
    one = {
        "status_code": 200,
        "error": "",
        "page_rank_integer": 3,
        "page_rank_decimal": 3.21,
        "rank": "88210",
    }
    none = {"status_code": 404, "error": "Domain not found", "page_rank_integer": 0, "page_rank_decimal": 0}
    rows = [{**one, "domain": "norvane.com"}, {**none, "rank": None, "domain": "nowhere.test"}]
    path = tmp_path / "openpagerank.json"
    path.write_text(json.dumps({"status_code": 200, "response": rows, "last_updated": "1st Mar 2026"}))
    body = import_authority(lone, path, metric="openpagerank", as_of=date(2026, 3, 1), now=NOW)
    with store.reading(lone) as session:
        names = ("norvane.com", "nowhere.test")
        known, unknown = (session.get(AuthorityValue, (body.list_id, domains.domain_id(n))) for n in names)
    assert known is not None
    assert known.value == 3.21
    assert unknown is None
    assert [(reject.line, reject.reason) for reject in body.rejects] == [(2, "no value: Domain not found")]


def test_open_page_ranks_download_needs_no_names_of_columns(lone: Engine, tmp_path: Path) -> None:
    path = write(
        tmp_path / "top10milliondomains.csv", '"Rank","Domain","Open Page Rank"\n"1","one.test","9.81"\n'
    )
    made = import_authority(lone, path, metric="openpagerank", as_of=date(2026, 1, 1), now=NOW)
    assert (made.stored, made.rejected) == (1, 0)
    with Session(lone) as session:
        assert session.exec(select(AuthorityValue.value)).all() == [9.81]
    other = write(tmp_path / "other.csv", "name,score\none.test,3\n")
    with pytest.raises(UsageError, match="have no names"):
        import_authority(lone, other, metric="m", as_of=date(2026, 1, 1), now=NOW)


def test_the_same_list_again_says_again_what_of_it_was_rejected(lone: Engine, tmp_path: Path) -> None:
    path = write(tmp_path / "list.csv", "domain,value\na.com,1\nb.com,x\nblog.c.com,2\n")
    first, again = (
        import_authority(
            lone,
            path,
            metric="m",
            as_of=date(2026, 1, 1),
            now=NOW,
            domain_column="domain",
            value_column="value",
        )
        for _ in range(2)
    )
    assert (first.stored, first.already_there, again.stored, again.already_there) == (1, 0, 0, 1)
    assert (again.read, again.rejected, again.left_out) == (3, 1, 1)
    assert again.rejects == first.rejects


def test_majestics_list_and_openpageranks_body_are_read(lone: Engine) -> None:
    result = import_authority(
        lone,
        shared("data/authority/majestic_million_top15000.csv"),
        metric="referring_subnets",
        as_of=date(2026, 3, 1),
        now=NOW,
        domain_column="Domain",
        value_column="RefSubNets",
    )
    assert (result.read, [reject.line for reject in result.rejects]) == (14_995, [115, 526, 6416, 10464])
    assert result.stored + result.left_out == 14_991
    body = import_authority(
        lone,
        shared("data/link_exports/openpagerank_getPageRank.json"),
        metric="openpagerank",
        as_of=date(2026, 11, 1),
        now=NOW,
    )
    assert (body.stored, body.rejected) == (1, 0)
    with store.reading(lone) as session:
        google = session.get(AuthorityValue, (result.list_id, domains.domain_id("google.com")))
        review = session.get(AuthorityValue, (body.list_id, domains.domain_id("review-site.test")))
    assert google is not None
    assert review is not None
    assert (google.value, review.value) == (501331, 4.12)


def test_a_column_that_is_not_there_is_refused_with_those_that_are(
    sqlite_database: Engine, tmp_path: Path
) -> None:
    with pytest.raises(DataError, match=r"no column 'links'; it has domain, value"):
        import_authority(
            sqlite_database,
            write(tmp_path / "list.csv", "domain,value\na.com,1\n"),
            metric="m",
            as_of=date(2026, 1, 1),
            now=NOW,
            domain_column="domain",
            value_column="links",
        )
