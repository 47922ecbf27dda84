"""What `brands.yaml` must say: one own brand, and no name or domain that belongs to two."""

from __future__ import annotations

import re

import yaml

from tracker import domains, weeks
from tracker.catalog.entries import BrandEntry, Keep
from tracker.catalog.nodes import CatalogFile
from tracker.domains import ownership
from tracker.errors import BadUrl, CatalogError, UsageError
from tracker.mentions.names import BrandNames, check_names


def read_brands(file: CatalogFile) -> tuple[str, str, Keep, tuple[BrandEntry, ...]]:
    """The workspace, its time zone, how long what is kept, and its brands."""
    top = file.mapping(file.root, ("workspace", "timezone", "keep", "brands"), "brands.yaml")
    timezone = _timezone(file, top.get("timezone"))
    keep = _keep(file, top.get("keep"))
    workspace = file.text(top.get("workspace"), "workspace", "default") or "default"
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]{0,62}", workspace):
        file.refuse(
            "catalog.workspace",
            top["workspace"],
            f"workspace `{workspace}` has spaces or signs",
            "use letters, digits, - and _",
        )
    brands = [_brand(file, node) for node in file.items(top.get("brands"), "brands")]
    entries = tuple(brand for brand in brands if brand)
    if file.root is not None and not brands:
        file.refuse(
            "catalog.no-brands",
            file.root,
            "no brands",
            "list your brand (with `own: true`) and its rivals under `brands:`",
        )
    _one_own(file, entries)
    _unique_names(file, entries)
    _unique_domains(file, entries)
    return workspace, timezone, keep, entries


def _keep(file: CatalogFile, node: yaml.Node | None) -> Keep:
    names = ("database_weeks", "replies_weeks", "answers_weeks")
    fields = file.mapping(node, names, "keep") if node is not None else {}
    keep = Keep(*(file.number(fields.get(name), name, int, 1, 5_000, None) for name in names))
    for shorter, longer in (("replies_weeks", "answers_weeks"), ("database_weeks", "answers_weeks")):
        low, high = getattr(keep, shorter), getattr(keep, longer)
        if low is not None and high is not None and low > high:
            assert node is not None
            file.refuse(
                "catalog.keep",
                node,
                f"{shorter} is more than {longer}",
                "what is deleted with its answer cannot be kept longer",
            )
    return keep


def _timezone(file: CatalogFile, node: yaml.Node | None) -> str:
    name = file.text(node, "timezone", weeks.UTC) or weeks.UTC
    try:
        weeks.zone(name)
    except UsageError as error:
        assert node is not None
        file.refuse("catalog.timezone", node, error.problem, error.hint or "")
        return weeks.UTC
    return name


def _brand(file: CatalogFile, node: yaml.Node) -> BrandEntry | None:
    known = ("name", "aliases", "domains", "own", "not", "case", "owns", "until")
    fields = file.mapping(node, known, "a brand")
    name = file.text(fields.get("name"), "name")
    if name is None:
        if "name" not in fields:
            file.refuse("catalog.required", node, "a brand without `name`", "add `name:`")
        return None
    line = node.start_mark.line + 1
    aliases = [
        alias for item in file.items(fields.get("aliases"), "alias list") if (alias := _alias(file, item))
    ]
    exact = [
        *([name] if _is_exact(file, fields.get("case")) else []),
        *(text for text, only in aliases if only),
    ]
    hosts = [_host(file, item) for item in file.items(fields.get("domains"), "domains")]
    more, pages = _owns(file, fields.get("owns"))
    entry = BrandEntry(
        name,
        tuple(text for text, _ in aliases),
        tuple(dict.fromkeys(host for host in [*hosts, *more] if host)),
        file.flag(fields.get("own"), "own"),
        file.texts(fields.get("not"), "not phrase"),
        tuple(exact),
        line,
        pages,
        file.day(fields.get("until"), "until"),
    )
    try:
        check_names(BrandNames(0, entry.name, entry.aliases, entry.not_phrases, entry.domains, entry.exact))
    except CatalogError as error:
        file.refuse("catalog.names", node, error.problem, error.hint)
    return entry


def _alias(file: CatalogFile, node: yaml.Node) -> tuple[str, bool] | None:
    """An alias, written as it is or as `{name: dm, case: exact}`, and whether it counts only so."""
    if not isinstance(node, yaml.MappingNode):
        text = file.text(node, "alias")
        return None if text is None else (text, False)
    fields = file.mapping(node, ("name", "case"), "an alias")
    text = file.text(fields.get("name"), "alias")
    if text is None:
        if "name" not in fields:
            file.refuse("catalog.required", node, "an alias without `name`", "write `{name: …, case: exact}`")
        return None
    return text, _is_exact(file, fields.get("case"))


def _is_exact(file: CatalogFile, node: yaml.Node | None) -> bool:
    case = file.text(node, "case")
    if case not in (None, "exact"):
        hint = "`case: exact` counts only this spelling; without it, the rules for names decide"
        file.refuse("catalog.case", node, f"unknown case `{case}`", hint)
    return case == "exact"


def _owns(file: CatalogFile, node: yaml.Node | None) -> tuple[list[str | None], tuple[str, ...]]:
    """The hosts of `owns:`, which are like `domains:`, and its pages and patterns."""
    hosts: list[str | None] = []
    pages: list[str] = []
    for item in file.items(node, "owns"):
        written = file.text(item, "owned address")
        if written is None:
            continue
        try:
            owned = ownership.entry(written)
        except BadUrl as error:
            file.refuse("catalog.owns", item, f"`{written}` is nothing to own: {error.problem}", _OWNS)
            continue
        if ownership.is_host(owned):
            hosts.append(_host(file, item))
        else:
            pages.append(owned)
    return hosts, tuple(dict.fromkeys(pages))


def _host(file: CatalogFile, node: yaml.Node) -> str | None:
    written = file.text(node, "domain")
    if written is None:
        return None
    try:
        address = domains.named(written)
    except BadUrl as error:
        file.refuse(
            "catalog.domain", node, f"`{written}` is not a domain: {error.problem}", "write it as example.com"
        )
        return None
    if domains.is_public_suffix(address.host):
        file.refuse(
            "catalog.public-suffix",
            node,
            f"`{written}` is a public suffix: it belongs to everyone",
            f"write the brand's own name in front of it, like yourbrand.{address.host}",
        )
        return None
    if re.sub(r"^(https?://)?", "", written).rstrip("/").count("/"):
        file.refuse(
            "catalog.domain",
            node,
            f"`{written}` is a page, not a domain",
            f"write {address.host}, or own the page under `owns:`",
        )
        return None
    return address.domain if address.host in {address.domain, f"www.{address.domain}"} else address.host


def _one_own(file: CatalogFile, brands: tuple[BrandEntry, ...]) -> None:
    own = [brand for brand in brands if brand.own]
    if brands and not own:
        file.refuse(
            "catalog.no-own", brands[0].line, "no brand is yours", "add `own: true` to exactly one brand"
        )
    if own and own[0].until:
        file.refuse(
            "catalog.own-ended",
            own[0].line,
            f"`{own[0].name}` is own and cannot end",
            "remove `until:`; a new name goes into `name:`, and the old one under `aliases:`",
        )
    for brand in own[1:]:
        file.refuse(
            "catalog.two-own",
            brand.line,
            f"`{brand.name}` is own, and so is `{own[0].name}` (line {own[0].line})",
            "keep `own: true` on one brand; the rest are rivals",
        )


def _unique_names(file: CatalogFile, brands: tuple[BrandEntry, ...]) -> None:
    seen: dict[str, BrandEntry] = {}
    for brand in brands:
        for name in {brand.name, *brand.aliases}:
            other = seen.setdefault(name.casefold(), brand)
            if other is not brand:
                file.refuse(
                    "catalog.duplicate-brand",
                    brand.line,
                    f"`{name}` also names the brand of line {other.line}",
                    "give each name and alias to one brand",
                )


_OWNS = 'write a host, a page like youtube.com/@yourbrand, or a name under every country like "yourbrand.*"'


def _unique_domains(file: CatalogFile, brands: tuple[BrandEntry, ...]) -> None:
    seen: dict[str, BrandEntry] = {}
    for brand in brands:
        for host in (*brand.domains, *brand.owns):
            other = seen.setdefault(host, brand)
            if other is not brand:
                file.refuse(
                    "catalog.duplicate-domain",
                    brand.line,
                    f"`{host}` also belongs to the brand of line {other.line}",
                    "give each domain to one brand",
                )
