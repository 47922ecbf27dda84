"""The pages of the simulated web as HTML: what a look at a cited or linking page finds.

A page names the brands that it links to, and some that it does not; a link whose day has come stands in the
text with its rel, one that was lost is gone.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from functools import cached_property
from html import escape
from random import Random
from urllib.parse import unquote, urlsplit

from tracker.sandbox.answers import brand_page
from tracker.sandbox.linkgraph import brand_links
from tracker.sandbox.prose import Phrases
from tracker.sandbox.web import WebLink, WebPage, fraction, number
from tracker.sandbox.world import SimulatedWorld

_NAMED = 0.2
"""Chance that a page names a brand that it does not link to."""


class SimulatedPages:
    """Which address has which page, and what stands on it on a day."""

    def __init__(self, world: SimulatedWorld) -> None:
        self.world = world

    @cached_property
    def _pages(self) -> dict[str, WebPage]:
        world = self.world
        every = [p for s in range(len(world.sources)) for t in world.topics for p in world.pages(s, t)]
        every += [brand_page(b, n) for b in world.brands if b.domains for n in range(4 * len(b.domains))]
        linking = {link.source_url: link for link in brand_links(world)}
        pages = {_key(url): WebPage(url, x.source_title, x.source, "") for url, x in linking.items()}
        return pages | {_key(page.url): page for page in every}

    @cached_property
    def _links(self) -> dict[str, list[WebLink]]:
        links: dict[str, list[WebLink]] = {}
        for link in brand_links(self.world):
            links.setdefault(_key(link.source_url), []).append(link)
        return links

    @cached_property
    def _phrases(self) -> Phrases:
        return Phrases(name for b in self.world.brands for name in (b.name, *b.aliases))

    @cached_property
    def _at(self) -> dict[str, int]:
        return {source.domain: i for i, source in enumerate(self.world.sources)}

    def html(self, host: str, target: str, day: date) -> str | None:
        """The page at an address of a host, or None where there is none."""
        page = self._pages.get(_key(f"https://{host}{target}"))
        if page is None:
            return None
        links = {x.brand: x for x in self._links.get(_key(page.url), ()) if x.live_on(day)}
        rng = Random(number(self.world.seed, "page", page.url))
        known = self._phrases.general
        body = [f"<p>{escape(sentence)}</p>" for sentence in rng.sample(known, len(known))]
        for brand in self._named(page, links):
            text = rng.choice(self._phrases.about).format(b=brand)
            body.insert(rng.randint(1, len(body)), f"<p>{escape(text)}{_see(brand, links.get(brand))}</p>")
        title = escape(page.title)
        return (
            f'<!doctype html><html lang="en"><head><title>{title}</title></head><body>'
            f'<nav><a href="/">Home</a> <a href="/about">About us</a></nav>'
            f"<main><article><h1>{title}</h1>{''.join(body)}</article></main>"
            f"<footer>{escape(page.domain)}, a page of a simulated web</footer></body></html>"
        )

    def _named(self, page: WebPage, links: dict[str, WebLink]) -> Iterator[str]:
        s = self._at.get(page.domain)
        only = self.world.listed.get(s) if s is not None else None
        for b, brand in enumerate(self.world.brands):
            if brand.name in links:
                yield brand.name
            elif only is not None:
                if b in only:
                    yield brand.name
            elif s is None:
                if page.domain in brand.domains:
                    yield brand.name
            elif fraction(self.world.seed, "names", page.url, brand.name) < _NAMED:
                yield brand.name


def _see(brand: str, link: WebLink | None) -> str:
    if link is None:
        return ""
    rel = f' rel="{escape(link.rel)}"' if link.rel else ""
    return f' See <a href="{escape(link.target_url)}"{rel}>{escape(link.anchor or brand)}</a>.'


def _key(url: str) -> str:
    """One spelling of an address, whatever its bytes were escaped to."""
    parts = urlsplit(url)
    host = (parts.hostname or "").encode("idna").decode()
    return f"{host}{unquote(parts.path) or '/'}?{unquote(parts.query)}"
