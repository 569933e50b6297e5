"""Safe settings for every test, loaded by pytest before Django reads them; DATABASE_URL comes from `./run test`."""

from __future__ import annotations

import base64
import os

for name, value in {
    "FINGERPOST_SANDBOX": "1",
    "FCM_ENDPOINT": "http://127.0.0.1:9",
    "SECRET_KEY": "only-for-tests",
    "SERVE_UNREVIEWED": "1",
    "ADDRESS_KEYS": "t1:" + base64.b64encode(b"t" * 32).decode(),
}.items():
    os.environ.setdefault(name, value)
