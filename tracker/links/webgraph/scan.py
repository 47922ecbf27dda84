"""One stream through files of a web graph, in DuckDB: what is kept decides the memory, not the file."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
from numpy.typing import NDArray

from tracker.errors import DataError, UsageError
from tracker.links.infrastructure import infrastructure
from tracker.links.webgraph.heads import NEEDED, TYPES, RanksLayout, first_lines
from tracker.links.webgraph.names import domain_of_vertex, reversed_name

BATCH = 50_000
# DuckDB's own 32 MB buffers leave one core idle on a gz; measured on 12M edges.
_BUFFER = "buffer_size=8388608, max_line_size=1048576"
_PLAIN = "header=false, auto_detect=false, quote='', escape='', comment='', strict_mode=true"


@dataclass(frozen=True, slots=True)
class Edge:
    source: str
    target: str
    hosts: int
    """Hosts of the linking domain in the release."""


@dataclass(frozen=True, slots=True)
class InEdges:
    domain: str
    linking: int
    """Domains that link to it, infrastructure among them, itself not."""
    share: float
    """linking ÷ domains of the release: the figure to compare across releases."""
    infrastructure: int
    """How many of them the list leaves out of the edges."""


@dataclass(frozen=True, slots=True)
class FoundRanks:
    number: int
    highest: int
    blanks: int
    rows: list[tuple[Any, ...]]


@dataclass(frozen=True, slots=True)
class Nodes:
    number: int
    wanted: dict[int, str]
    """id → reversed name."""


class Scan:
    """A throw-away database on disk, for files that are linked under names without wildcards.

    `spill` is the folder it stands in, by default the system's for what is temporary.
    """

    def __init__(
        self, paths: Mapping[str, Path | Sequence[Path]], *, memory: str = "2GB", spill: Path | None = None
    ) -> None:
        self.paths = {
            kind: (given,) if isinstance(given, Path) else tuple(given) for kind, given in paths.items()
        }
        self.memory, self.spill = memory, spill

    def __enter__(self) -> Scan:
        self.folder = tempfile.TemporaryDirectory(prefix="citelift-webgraph-", dir=self.spill)
        base = Path(self.folder.name)
        for kind, paths in self.paths.items():
            for number, path in enumerate(paths):
                (base / f"{kind}-{number}").symlink_to(path.resolve())
        self.base = base
        self.con = duckdb.connect(
            str(base / "scan.duckdb"),
            config={"memory_limit": self.memory, "temp_directory": str(base / "spill")},
        )
        return self

    def __exit__(self, *_: object) -> None:
        self.con.close()
        self.folder.cleanup()

    def head(self, kind: str) -> list[str]:
        return first_lines(self.paths[kind][0])

    def _reader(self, kind: str, columns: dict[str, str], delimiter: str = "\t", skip: int = 0) -> str:
        linked = [str(self.base / f"{kind}-{number}") for number in range(len(self.paths[kind]))]
        path = ", ".join("'" + each.replace("'", "''") + "'" for each in linked)
        if self.paths[kind][0].name.endswith((".parquet", ".parquet.new")):
            return f"read_parquet([{path}])"
        packing = self._packing(kind)
        types = ", ".join(f"'{name}': '{kind}'" for name, kind in columns.items())
        never = ", ".join(f"'{name}'" for name in columns)
        return (
            f"read_csv([{path}], columns={{{types}}}, delim='{delimiter}', skip={skip}, "
            f"force_not_null=[{never}], compression='{packing}', {_PLAIN}, {_BUFFER})"
        )

    def _packing(self, kind: str) -> str:
        packed = set()
        for path in self.paths[kind]:
            with path.open("rb") as raw:
                packed.add("gzip" if raw.read(2) == b"\x1f\x8b" else "none")
        if len(packed) > 1:
            raise UsageError(f"some parts of the {kind} are gz and some are not", "pack all or none")
        return str(packed.pop())

    @contextmanager
    def _clear_errors(self, kind: str) -> Iterator[None]:
        try:
            yield
        except duckdb.Error as error:
            text = str(error)
            if "no space left" in text.lower():
                raise
            part = re.search(rf"{re.escape(str(self.base))}/{kind}-(\d+)", text)
            raise _explained(text, kind, self.paths[kind][int(part[1]) if part else 0]) from error

    def _load_wanted(self, names: Sequence[str]) -> None:
        self.con.execute("CREATE TABLE wanted AS SELECT unnest($1::VARCHAR[]) AS name", [list(names)])

    def ranks(self, layout: RanksLayout, names: Sequence[str]) -> FoundRanks:
        self._load_wanted(names)
        columns = {name: TYPES.get(name, "VARCHAR") for name in layout.columns}
        picked = [*NEEDED, *(["hosts"] if "hosts" in columns else [])]
        row = ", ".join(picked)
        with self._clear_errors("ranks"):
            counts = self.con.execute(
                f"""SELECT count(*), max(greatest(harmonic_position, pagerank_position)),
                           count(*) FILTER (name = '' OR harmonic_position = 0 OR pagerank_position = 0),
                           list(row({row})) FILTER (hit)
                    FROM (SELECT {row}, coalesce(name IN (SELECT name FROM wanted), false) AS hit
                          FROM {self._reader("ranks", columns, layout.delimiter, 1)})"""  # noqa: S608
            ).fetchone()
        assert counts is not None
        number, highest, blanks, rows = counts
        if blanks or not number:
            raise DataError(
                f"{self.paths['ranks'][0].name}: {blanks} of {number} rows have no name or no position",
                "a blank is not a rank: download the file again",
            )
        return FoundRanks(number, highest, blanks, [tuple(each) for each in rows or []])

    def _vertices(self) -> str:
        return self._reader("vertices", {"id": "UINTEGER", "name": "VARCHAR", "hosts": "UINTEGER"})

    def save_vertices(self, path: Path) -> None:
        """As Parquet, in the order of the file."""
        target = str(path).replace("'", "''")
        with self._clear_errors("vertices"):
            self.con.execute(f"COPY (FROM {self._vertices()}) TO '{target}' (FORMAT parquet)")

    def repeated(self) -> int:
        """Rows whose name stands in a row before them too. Sorted names show it without being gathered."""
        behind, same = self._one(
            f"""SELECT count(*) FILTER (name < before), count(*) FILTER (name = before)
                FROM (SELECT name, lag(name) OVER () AS before FROM {self._vertices()})"""  # noqa: S608
        )
        if not behind:
            return int(same)
        (number,) = self._one(f"SELECT count(*) - count(DISTINCT name) FROM {self._vertices()}")  # noqa: S608
        return int(number)

    def _one(self, statement: str) -> tuple[Any, ...]:
        row = self.con.execute(statement).fetchone()
        assert row is not None
        return tuple(row)

    def vertices(self, names: Sequence[str], called: str = "") -> Nodes:
        self._load_wanted(names)
        source = self._vertices()
        with self._clear_errors("vertices"):
            counts = self.con.execute(
                f"""SELECT count(*), min(line) FILTER (id <> line - 1), min(line) FILTER (name = ''),
                           list(row(id, name)) FILTER (hit)
                    FROM (SELECT id, name, row_number() OVER () AS line,
                                 coalesce(name IN (SELECT name FROM wanted), false) AS hit FROM {source})"""  # noqa: S608
            ).fetchone()
        assert counts is not None
        number, unsorted, blank, rows = counts
        file = called or self.paths["vertices"][0].name
        if blank is not None:
            raise DataError(f"{file}, line {blank}: the domain has no name", "download the file again")
        if unsorted is not None:
            raise DataError(
                (
                    f"{file}, line {unsorted}: ids do not count up from 0, so the file is sorted anew, "
                    "cut or joined"
                ),
                "use the vertices as Common Crawl publishes them",
            )
        return Nodes(number, {int(row[0]): str(row[1]) for row in rows or []})

    def _load_targets(self, nodes: Nodes) -> None:
        self.con.execute(
            "CREATE TABLE target AS SELECT unnest($1::UINTEGER[]) AS id, unnest($2::VARCHAR[]) AS name",
            [list(nodes.wanted), list(nodes.wanted.values())],
        )

    def edges(self, nodes: Nodes) -> None:
        self._load_targets(nodes)
        source = self._reader("edges", {"source": "UINTEGER", "target": "UINTEGER"})
        self.con.execute("SET preserve_insertion_order = false")
        with self._clear_errors("edges"):
            # `IS NOT FALSE` keeps the small table on the side that is hashed; a plain semi join hashes the
            # file.
            self.con.execute(
                f"""CREATE TABLE kept AS SELECT source, target FROM {source}
                    WHERE (target IN (SELECT id FROM target)) IS NOT FALSE"""  # noqa: S608
            )

    def take(self, nodes: Nodes, source: NDArray[np.uint32], target: NDArray[np.uint32]) -> None:
        """Edges that somebody else has read, in the place of `edges`."""
        self._load_targets(nodes)
        self.con.register("pairs", {"source": source, "target": target})
        self.con.execute("CREATE TABLE kept AS SELECT source, target FROM pairs")
        self.con.unregister("pairs")

    def sources(self, nodes: Nodes) -> None:
        source = self._vertices()
        with self._clear_errors("vertices"):
            self.con.execute(
                f"""CREATE TABLE source AS SELECT id, name, hosts FROM {source}
                    WHERE (id IN (SELECT DISTINCT source FROM kept)) IS NOT FALSE"""  # noqa: S608
            )
        self._unify()
        beyond = self.con.execute("SELECT max(source) FROM kept").fetchone()
        if beyond and beyond[0] is not None and beyond[0] >= nodes.number:
            raise DataError(
                f"the edges name domain {beyond[0]}, but the vertices end at {nodes.number - 1}",
                "vertices and edges are of two releases, or the vertices are cut",
            )

    def _unify(self) -> None:
        """Two vertices may be one domain of ours, where the two suffix lists differ: they get its name."""
        odd: list[tuple[int, str]] = []
        self.con.execute("SELECT id, name FROM source")
        while rows := self.con.fetchmany(BATCH):
            odd += [(id_, name) for id_, was in rows if (name := reversed_name(domain_of_vertex(was))) != was]
        if odd:
            self.con.execute(
                """UPDATE source SET name = odd.name FROM
                   (SELECT unnest($1::UINTEGER[]) AS id, unnest($2::VARCHAR[]) AS name) AS odd
                   WHERE odd.id = source.id""",
                [[id_ for id_, _ in odd], [name for _, name in odd]],
            )

    def counts(
        self, names: dict[str, str], nodes: Nodes, listed: Collection[str] | None
    ) -> tuple[InEdges, ...]:
        self._mark_infrastructure(listed)
        rows = self.con.execute(
            """SELECT target.name, count(DISTINCT source.name),
                      count(DISTINCT source.name) FILTER (plumbing.id IS NOT NULL)
               FROM target LEFT JOIN kept ON kept.target = target.id
               LEFT JOIN source ON source.id = kept.source AND source.name <> target.name
               LEFT JOIN plumbing ON plumbing.id = source.id
               GROUP BY target.name ORDER BY target.name"""
        ).fetchall()
        return tuple(
            InEdges(names[name], linking, linking / nodes.number, plumbing)
            for name, linking, plumbing in rows
        )

    def _mark_infrastructure(self, listed: Collection[str] | None) -> None:
        """In SQL, since a giant's linking domains are millions: the name or one of its parents is on the
        list.
        """
        roots = [reversed_name(name) for name in (infrastructure() if listed is None else listed)]
        self.con.execute(
            """CREATE TABLE plumbing AS SELECT DISTINCT id FROM (
                   SELECT id, unnest(list_transform(range(2, len(labels) + 1),
                                                    lambda n: array_to_string(labels[1:n], '.'))) AS root
                   FROM (SELECT id, string_split(name, '.') AS labels FROM source))
               WHERE root IN (SELECT unnest($1::VARCHAR[]))""",
            [roots],
        )

    def edge_batches(
        self, names: dict[str, str], listed: Collection[str] | None, filtered: Collection[str]
    ) -> Iterator[list[Edge]]:
        skipped = [reversed_name(name) for name in filtered]
        self.con.execute(
            """SELECT source, target, sum(hosts)::BIGINT FROM (
                   SELECT DISTINCT source.id, source.name AS source, target.name AS target,
                                   source.hosts AS hosts
                   FROM kept JOIN source ON source.id = kept.source JOIN target ON target.id = kept.target
                   WHERE source.name <> target.name AND NOT list_contains($1::VARCHAR[], target.name)
                     AND source.id NOT IN (SELECT id FROM plumbing))
               GROUP BY source, target ORDER BY target, source""",
            [skipped],
        )
        while rows := self.con.fetchmany(BATCH):
            yield [Edge(reversed_name(source), names[target], hosts) for source, target, hosts in rows]

    def without_links_to(self, own: Sequence[str]) -> None:
        """Forget whoever links to one of these, and themselves."""
        self.con.execute(
            """CREATE TABLE ours AS SELECT DISTINCT source.name FROM kept
               JOIN source ON source.id = kept.source JOIN target ON target.id = kept.target
               WHERE list_contains($1::VARCHAR[], target.name)
               UNION SELECT unnest($1::VARCHAR[])""",
            [list(own)],
        )
        self.con.execute(
            "DELETE FROM kept WHERE source IN (SELECT id FROM source SEMI JOIN ours USING (name))"
        )

    def linking(self, ranks: Path | None, most: int) -> list[tuple[str, int, int | None]]:
        """reversed name, hosts and position of who links to any of the targets, the best first. Row i of
        `ranks` is node i.
        """
        quoted = str(ranks).replace("'", "''")
        places = (
            f"read_parquet('{quoted}', file_row_number = true)"
            if ranks
            else "(SELECT 0 AS file_row_number, NULL AS position)"
        )
        return self.con.execute(
            f"""SELECT linked.name, sum(hosts)::BIGINT, min(position) AS place FROM (
                    SELECT DISTINCT source.id, source.name, source.hosts
                    FROM kept JOIN source ON source.id = kept.source JOIN target ON target.id = kept.target
                    WHERE source.name <> target.name AND source.id NOT IN (SELECT id FROM plumbing)) AS linked
                LEFT JOIN {places} AS ranked ON ranked.file_row_number = linked.id
                GROUP BY linked.name ORDER BY place NULLS LAST, sum(hosts) DESC, linked.name
                LIMIT {int(most)}"""  # noqa: S608
        ).fetchall()


def _explained(text: str, kind: str, path: Path) -> DataError:
    """DuckDB's message in the words of the file; it names the line and what stands there."""
    line = re.search(r"Line: (\d+)", text)
    where = f"{path.name}, line {line[1]}" if line else path.name
    original = re.search(r"Original Line: (.*)", text)
    shown = f" {original[1][:120]!r}" if original else ""
    if "GZIP" in text.upper():
        return DataError(
            f"{path.name} ends or breaks in the middle of its compressed data", "download it again"
        )
    if "Number of Columns" in text:
        return DataError(f"{where}:{shown} has the wrong number of columns", f"is this the {kind} file?")
    if "convert" in text:
        return DataError(
            f"{where}:{shown} has a blank or something else where a number belongs", "download it again"
        )
    return DataError(f"{where}: {text.splitlines()[0][:300]}", "download it again")
