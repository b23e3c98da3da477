#!/usr/bin/env bash
# Writes both lock files from pyproject.toml: every version with its hashes, no index address.
# `deploy/lock.sh` keeps what is locked and adds what is new; `deploy/lock.sh --upgrade` takes the newest of everything.
set -euo pipefail
cd "$(dirname "$0")/.."

compile=(.venv/bin/uv pip compile --quiet pyproject.toml --universal --python-version 3.11 --generate-hashes
    --no-header --no-emit-index-url --no-emit-find-links)
"${compile[@]}" --extra dev --output-file requirements-dev.lock "$@"
grep -oE '^[A-Za-z0-9._-]+==[^ ]+( ;[^\\]*)?' requirements-dev.lock >.lock-constraints
trap 'rm -f .lock-constraints' EXIT
"${compile[@]}" --constraint .lock-constraints --no-annotate --output-file requirements.lock
