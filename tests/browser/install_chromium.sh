#!/bin/sh
# A Chromium for the browser tests: one that is there, Playwright's own, or the distribution's.
set -eu
command -v chromium >/dev/null 2>&1 && exit 0
timeout 180 .venv/bin/python -m playwright install chromium >/dev/null 2>&1 && exit 0
apt-get update -qq
DEBIAN_FRONTEND=noninteractive apt-get install -y -qq chromium >/dev/null
