"""The modules of the companion in Chromium keep every published vector."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page

from api.pages.companion import companion
from content.resolver.vectors import read_cases, read_packs

pytestmark = [pytest.mark.browser, pytest.mark.django_db]

DOCS = Path(__file__).resolve().parents[3] / "docs"


def test_the_modules_keep_the_published_vectors(visit: Callable[..., Page]) -> None:
    page = visit()
    base = f"/companion/{companion().version}"
    documents = {name: json.loads((DOCS / f"{name}.json").read_text()) for name in ("manifest-vectors", "language-vectors")}

    found = page.evaluate(
        """async ([base, manifests, languages]) => {
          const { Refused, decode, verifyCountryManifest, verifyPack } = await import(`${base}/companion/verify.js`);
          const { verify, verifyInScript } = await import(`${base}/companion/ed25519.js`);
          const { chooseLocale } = await import(`${base}/companion/locales.js`);
          const root = decode(manifests.root);
          const wrong = [];
          for (const {name, jws, country, now, last, expect} of manifests.country_manifests) {
            const before = last && {release: last.release, keysVersion: last.keys_version, issued: new Date(last.issued)};
            let got;
            try {
              const m = await verifyCountryManifest(jws, root, {country, now: new Date(now), last: before});
              const withdrawn = Object.fromEntries(m.withdrawn.map(one => [one.service, one.successor]));
              got = {release: m.release, keys_version: m.keysVersion, old: m.old, withdrawn};
            } catch (error) {
              if (!(error instanceof Refused)) throw error;
              got = {refused: error.code};
            }
            const order = value => JSON.stringify(Object.entries(value).sort());
            if (order(got) !== order(expect)) wrong.push([name, got]);
          }
          for (const {name, jws} of manifests.manifests) {
            const [first, second, third] = jws.split(".");
            let signature;
            try { signature = decode(third ?? ""); } catch { continue; }
            const signed = new TextEncoder().encode(`${first}.${second}`);
            for (const document of [root, crypto.getRandomValues(new Uint8Array(32))]) {
              const both = [await verify(document, signature, signed)];
              both.push(signature.length === 64 && await verifyInScript(document, signature, signed));
              if (both[0] !== both[1]) wrong.push([name, "two answers", both]);
            }
          }
          const document = manifests.manifests[0].jws.split(".")[0];
          const keys = JSON.parse(atob(document.replaceAll("-", "+").replaceAll("_", "/"))).keys.split(".");
          const bytes = new TextEncoder().encode(keys.slice(0, 2).join("."));
          if (!(await verifyInScript(root, decode(keys[2]), bytes))) wrong.push("a good signature in plain JavaScript");
          for (const {name, languages: given, served} of languages.cases) {
            const got = chooseLocale(languages.available, given);
            if (got !== served) wrong.push([name, got]);
          }
          return wrong;
        }""",
        [base, documents["manifest-vectors"], documents["language-vectors"]],
    )

    assert found == []


def test_the_resolver_in_the_browser_keeps_every_vector(visit: Callable[..., Page]) -> None:
    page = visit()
    packs, cases = read_packs(), read_cases()

    plans = page.evaluate(
        """async ([path, packs, cases]) => {
          const { resolve } = await import(path);
          return cases.map(({pack, query, at}) => {
            const { steps, tips, more_tips } = resolve(packs[pack], query, at);
            return { steps, tips, more_tips };
          });
        }""",
        [f"/companion/{companion().version}/resolver/index.js", packs, cases],
    )

    # A resolver without a parser of opening hours reads the tables of the week.
    wanted = [case.get("expect_by_week", case.get("expect")) for case in cases]
    assert [case["name"] for case, plan, want in zip(cases, plans, wanted, strict=True) if plan != want] == []
