"""Common Crawl's web graph by domain: ranks and in-edges of the domains that somebody asked for.

Three files belong to a release (`cc-main-2026-jul-aug-sep-domain-…`), tab-separated and usually gz:

- vertices: `id  reversed name  number of hosts`, ids counting up from 0;
- edges: `id of the linking domain  id of the linked domain`;
- ranks: `#harmonicc_pos #harmonicc_val #pr_pos #pr_val #host_rev #n_hosts`, positions from 1.

DuckDB scans them once, as a stream, so memory depends on what is kept and not on the file. Positions of two
releases are not comparable, since every release has another number of domains: compare percentiles and
shares.

Which vertex is a domain of ours: the one with exactly its name. Common Crawl cuts names by the public part of
the suffix list, we also by the private part, so `github.io` is one vertex there and no domain here: it stands
under its own name and is never taken for `someone.github.io`, whose rank is unknown.
"""
