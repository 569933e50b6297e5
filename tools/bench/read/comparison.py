"""The fast path beside other servers that serve the same bytes."""

from __future__ import annotations

import gzip

from tools.bench.read import load
from tools.bench.read.servers import ReadBench, Server
from tools.sandbox.http_client import Client
from tools.sandbox.ports import any_free_port
from tools.sandbox.terminal import step

PACK, TIPS = "/v1/packs/IN/hi", "/v1/tips?country=IN&locale=hi&audience=teen"
FEED = "/v1/alerts?country=GB&locale=en&audience=parent"
PARLER = "django-parler==2.4"
#: wrk's script for POST /v1/help with the same query every time.
SAME_QUERY = """wrk.method = "POST"
wrk.headers["Content-Type"] = "application/json"
wrk.body = '{"country": "GB", "region": "GB-WLS", "audience": "teen", "age": 15, "situation": "blackmail", "site": "snapchat"}'
"""
#: wrk's script for POST /v1/help with another age and another site every time.
VARIED_QUERIES = """local n = 0
request = function()
  n = n + 1
  local body = string.format('{"country": "GB", "audience": "teen", "age": %d, "age_in_image": %d, "situation": "blackmail", ' ..
    '"site": "site-%d"}', 20 + n % 60, n % 20, n)
  return wrk.format("POST", nil, {["Content-Type"] = "application/json"}, body)
end
"""


def compare_servers(bench: ReadBench) -> None:
    """Load the fast path, nginx and others for the same bytes: a pack, the list of tips, the feed and help."""
    paths, fast_path, client = bench.sandbox.paths, bench.fast_path, bench.client
    tree = paths.run / "tree"
    bench.sandbox.json_command("export_release", str(tree))
    tips = client.get(TIPS).data
    (tree / "v1/packs/ZZ/xx.json").write_bytes(tips)
    (tree / "v1/packs/ZZ/xx.json.gz").write_bytes(gzip.compress(tips, 9))
    port = any_free_port()
    origin = fast_path.url.removeprefix("http://")
    command = load.nginx_command(paths.temporary, tree, paths.root / "docker" / "nginx.conf", port, origin)
    nginx = bench.serve("nginx", command, port, PACK)
    bench.notes["pack"], bench.notes["list of tips"] = f"{len(client.get(PACK).data)} bytes", f"{len(tips)} bytes"
    bare = bench.granian("bare", "tools.bench.read.bare:application", "/", BARE_FILE=str(tree / f"{PACK[1:]}.json"))
    servers = {"fast path": fast_path, "nginx, the exported file": nginx, "a bare WSGI callable": bare}
    for group, headers in (("pack", {}), ("pack, gzip", {"Accept-Encoding": "gzip"})):
        bench.in_turns(group, {name: (server, PACK, headers) for name, server in servers.items()})
    revalidations = {name: (server, PACK, {"If-None-Match": _etag(server)}) for name, server in servers.items()}
    bench.in_turns("pack, 304", revalidations)
    _compare_lists(bench, nginx)
    bench.in_turns("feed", {"fast path": (fast_path, FEED, {})})
    for name, lua in (("the same query", SAME_QUERY), ("varied queries", VARIED_QUERIES)):
        script = paths.temporary / "help.lua"
        script.write_text(lua, encoding="utf-8")
        bench.in_turns(f"help, {name}", {"fast path": (fast_path, "/v1/help", {})}, script)


def _compare_lists(bench: ReadBench, nginx: Server) -> None:
    """Load all servers for the list of tips; django-parler's serves a list of the same length."""
    slow = bench.granian("django", "config.rsgi:django", "/healthz", EDITION_DIR="")
    lists: dict[str, tuple[Server, str, dict[str, str]]] = {
        "fast path": (bench.fast_path, TIPS, {}),
        "nginx, the same bytes": (nginx, "/v1/packs/ZZ/xx", {}),
        "our own view (DRF), no fast path": (slow, TIPS, {}),
    }
    if not bench.quick:
        parler = _parler(bench)
        lists["DRF + parler"] = (parler, "/plain", {"Accept-Language": "hi"})
        lists["DRF + parler, cache_page"] = (parler, "/cached", {"Accept-Language": "hi"})
    bench.in_turns("list of tips", lists)
    # As apps request it. django-parler's server has no compression, like most.
    coded = {name: (server, path, {**headers, "Accept-Encoding": "gzip"}) for name, (server, path, headers) in lists.items()}
    bench.in_turns("list of tips, gzip", coded)


def _parler(bench: ReadBench) -> Server:
    """Install django-parler into a folder of its own, fill its tables and serve them."""
    sandbox = bench.sandbox
    folder = sandbox.paths.run / "peer"
    with step(f"Installing {PARLER} for comparison"):
        sandbox.run_python("-m", "pip", "install", "-q", "--no-deps", "--only-binary", ":all:", "--target", str(folder), PARLER)
    settings = {"PYTHONPATH": str(folder), "DJANGO_SETTINGS_MODULE": ""}
    sandbox.run_python("-m", "tools.bench.read.parler_peer", **settings)
    return bench.granian("parler", "tools.bench.read.parler_peer:application", "/plain", **settings)


def _etag(server: Server) -> str:
    return str(Client(server.url).get(PACK).headers["ETag"])
