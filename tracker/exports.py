"""Every table of a workspace as Parquet or CSV, row by row, all at one moment of the database.

Parquet holds what is stored. CSV is for spreadsheets: its cells are neutralised (`tracker.spreadsheet`),
bytes are base64, and it does not tell null from blank.
"""

from __future__ import annotations

import base64
import csv
import hashlib
import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Literal

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Connection,
    Date,
    DateTime,
    Engine,
    Float,
    Integer,
    LargeBinary,
    Table,
    exists,
    select,
    union,
)
from sqlmodel import SQLModel

from tracker import models, spreadsheet, store
from tracker.errors import UsageError

if TYPE_CHECKING:
    import pyarrow as pa

Format = Literal["parquet", "csv"]
SECRET = frozenset({"accesstoken", "person", "signedin", "signinfailure", "sharelink"})
"""What lets somebody in, and who that is, is no data."""
OF_THE_MACHINE = frozenset({"lease", "enginepace", "setting"})
HERE_ALONE = frozenset({"archivedweek"})
"""Where an archive's files lie. An export has their rows among the others."""
SHARED_NAMES = {"domain": "domain_id", "page": "page_id"}
"""Tables of names that all workspaces share → how columns end that point at them."""
ROWS, ROWS_WITH_BYTES = 5_000, 200
MANIFEST = "export.json"


@dataclass(frozen=True)
class ExportedTable:
    table: str
    file: str
    rows: int
    sha256: str


def tables() -> list[Table]:
    """Parents before children."""
    every = models.Workspace.metadata.sorted_tables
    return [each for each in every if each.name not in SECRET | HERE_ALONE]


def export(
    database: Engine,
    folder: Path,
    *,
    workspace_id: int | None,
    format: Format = "parquet",
    only: Sequence[str] = (),
) -> list[ExportedTable]:
    """Write one file a table, and `export.json` with their rows and hashes. Without a workspace: of all."""
    wanted = [each for each in tables() if workspace_id is None or each.name not in OF_THE_MACHINE]
    unknown = sorted(set(only) - {each.name for each in wanted})
    if unknown:
        names = ", ".join(each.name for each in wanted)
        raise UsageError(f"there is no table {unknown[0]!r} to export", f"one of {names}")
    if folder.exists() and any(folder.iterdir()):
        raise UsageError(f"{folder} is not empty", "name a new folder: an export replaces nothing")
    folder.mkdir(parents=True, exist_ok=True)
    made = []
    with one_moment(database) as connection:
        _lay_out(connection, wanted)
        for table in wanted:
            if not only or table.name in only:
                file = folder / f"{table.name}.{format}"
                rows = _write(connection, table, workspace_id, file, WRITERS[format])
                made.append(ExportedTable(table.name, file.name, rows, sha256_of(file)))
    told = {
        "schema": store.VERSIONS[-1],
        "workspace": workspace_id,
        "tables": [asdict(each) for each in made],
    }
    (folder / MANIFEST).write_text(json.dumps(told, indent=1) + "\n", "utf-8")
    return made


def _lay_out(connection: Connection, wanted: Sequence[Table]) -> None:
    """Archived rows of all tables are laid beside the others at the beginning: that begins another moment."""
    connection.execute(select(*(exists().select_from(table) for table in wanted))).all()


@contextmanager
def one_moment(database: Engine) -> Iterator[Connection]:
    options: dict[str, Any] = {"stream_results": True}
    if database.dialect.name == "postgresql":
        options["isolation_level"] = "REPEATABLE READ"
    with database.connect().execution_options(**options) as connection, connection.begin():
        yield connection


def rows_of(table: Table, workspace_id: int | None) -> Any:
    """What of a table is a workspace's own: by its column, by the row it belongs to, or by being named."""
    chosen = select(table).order_by(*table.primary_key.columns)
    if workspace_id is None:
        return chosen
    if table.name in SHARED_NAMES:
        return chosen.where(table.c.id.in_(named_by(SHARED_NAMES[table.name], workspace_id)))
    if table.name == "redirect":
        cited = SQLModel.metadata.tables["citation"]
        return chosen.where(table.c.url.in_(select(cited.c.url).where(cited.c.workspace_id == workspace_id)))
    mine = owned(table, workspace_id)
    return chosen if mine is None else chosen.where(mine)


def owned(table: Table, workspace_id: int) -> Any:
    """Which rows are a workspace's; None for a table of facts about the web, which are nobody's."""
    if table.name == "workspace":
        return table.c.id == workspace_id
    if "workspace_id" in table.c:
        return table.c.workspace_id == workspace_id
    for key in table.foreign_keys:
        parent = key.column.table
        above = owned(parent, workspace_id)
        if above is not None:
            return key.parent.in_(select(key.column).where(above))
    return None


def named_by(ending: str, workspace_id: int) -> Any:
    """The ids that a workspace's rows point at by columns of this ending."""
    parts = []
    for table in tables():
        mine = owned(table, workspace_id)
        if mine is not None:
            named = [column for column in table.c if column.name.endswith(ending)]
            parts += [select(column).where(mine, column.is_not(None)) for column in named]
    if ending == "domain_id":
        page = SQLModel.metadata.tables["page"]
        parts.append(select(page.c.domain_id).where(page.c.id.in_(named_by("page_id", workspace_id))))
    return union(*parts)


def _write(
    connection: Connection, table: Table, workspace_id: int | None, file: Path, writer: Callable[..., Any]
) -> int:
    columns = list(table.c)
    held = rows_held(table)
    result = connection.execution_options(yield_per=held).execute(rows_of(table, workspace_id))
    count = 0
    with writer(file, columns) as write:
        for part in result.partitions(held):
            write(part)
            count += len(part)
    return count


def rows_held(table: Table) -> int:
    """At a time."""
    return ROWS_WITH_BYTES if any(isinstance(c.type, LargeBinary) for c in table.c) else ROWS


def arrow_type(column: Column[Any]) -> pa.DataType:
    import pyarrow as pa

    kind = column.type
    known: tuple[tuple[Any, pa.DataType], ...] = (
        (Boolean, pa.bool_()),
        ((Integer, BigInteger), pa.int64()),
        (Float, pa.float64()),
        (LargeBinary, pa.binary()),
        (Date, pa.date32()),
        (JSON, pa.string()),
    )
    if isinstance(getattr(kind, "impl", kind), DateTime):
        return pa.timestamp("us", tz="UTC")
    return next((arrow for type_, arrow in known if isinstance(kind, type_)), pa.string())


def arrow_schema(columns: Sequence[Column[Any]]) -> pa.Schema:
    import pyarrow as pa

    return pa.schema([(c.name, arrow_type(c)) for c in columns])


def arrow_batch(columns: Sequence[Column[Any]], schema: pa.Schema, rows: Sequence[Any]) -> pa.RecordBatch:
    """Rows as Parquet has them."""
    import pyarrow as pa

    turned = zip(map(_stored, columns), zip(*rows, strict=True), schema, strict=True)
    arrays = [pa.array([turn(v) for v in column], field.type) for turn, column, field in turned]
    return pa.record_batch(arrays, schema=schema)


def _stored(column: Column[Any]) -> Callable[[Any], Any]:
    if isinstance(column.type, JSON):
        return lambda value: None if value is None else json.dumps(value, ensure_ascii=False)
    return lambda value: value


@contextmanager
def parquet_writer(file: Path, columns: Sequence[Column[Any]]) -> Iterator[Callable[[Sequence[Any]], None]]:
    """Takes rows some at a time; each time makes a row group."""
    import pyarrow.parquet as pq

    schema = arrow_schema(columns)
    with pq.ParquetWriter(file, schema, compression="zstd") as writer:
        yield lambda rows: writer.write_batch(arrow_batch(columns, schema, rows))


def rows_in(table: Table, file: Path) -> Iterator[list[dict[str, Any]]]:
    """A file's rows as the table takes them."""
    import pyarrow.parquet as pq

    written = {column.name for column in table.c if isinstance(column.type, JSON)}
    with pq.ParquetFile(file) as opened:
        for batch in opened.iter_batches(batch_size=rows_held(table)):
            rows = batch.to_pylist()
            for row in rows:
                row |= {name: json.loads(row[name]) for name in written if row[name] is not None}
            yield rows


@contextmanager
def _csv(file: Path, columns: Sequence[Column[Any]]) -> Iterator[Callable[[Sequence[Any]], None]]:
    out: IO[str]
    turns = [_stored(c) for c in columns]
    with file.open("w", encoding=spreadsheet.ENCODING, newline="") as out:
        writer = csv.writer(out, lineterminator="\r\n")
        writer.writerow([spreadsheet.neutral(c.name) for c in columns])

        def write(rows: Sequence[Any]) -> None:
            writer.writerows(
                [spreadsheet.neutral(as_text(turn(v))) for turn, v in zip(turns, row, strict=True)]
                for row in rows
            )

        yield write


def as_text(value: Any) -> Any:
    """As a cell of CSV says it, before it is neutralised."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    return value.isoformat() if isinstance(value, date) else value


WRITERS: dict[Format, Callable[..., Any]] = {"parquet": parquet_writer, "csv": _csv}


def sha256_of(file: Path) -> str:
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()
