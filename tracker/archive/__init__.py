"""Closed weeks as Parquet, in a folder beside the database.

`workspace=1/week=2026-01-05/answer.parquet` and so on: one file a table of `tables.ARCHIVED`, with the
columns and ids that the table has, so that DuckDB, Spark and pandas read them as they are. `ArchivedWeek`
names what counts; a folder that it does not name is what an interrupted move left, and is written over.
"""
