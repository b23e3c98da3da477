#!/usr/bin/env bash
# Makes .venv from the lock file: `setup.sh run` what the product needs, `setup.sh dev` also what tests and tools need.
set -euo pipefail
cd "$(dirname "$0")/.."

case "${1:-}" in
    run) lock=requirements.lock ;;
    dev) lock=requirements-dev.lock ;;
    *) echo "usage: deploy/setup.sh run|dev" >&2; exit 2 ;;
esac

suitable() { "$1" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null; }

find_python() {
    local name
    for name in ${PYTHON:-python3 python3.13 python3.12 python3.11}; do
        if suitable "$name"; then echo "$name"; return; fi
    done
    local found
    found=$("${PYTHON:-python3}" -V 2>/dev/null || echo "none")
    echo "Yiping needs Python 3.11, 3.12 or 3.13 and found: $found. Install one, or name it: make PYTHON=/path/to/python3.12 …" >&2
    exit 1
}

if ! suitable .venv/bin/python; then
    python=$(find_python)
    if ! "$python" -c 'import ensurepip, venv' 2>/dev/null; then
        version=$("$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])')
        echo "This Python cannot make virtual environments: install the Debian package python$version-venv (apt-get install python$version-venv) and try again." >&2
        exit 1
    fi
    echo "making .venv with $("$python" -V) …"
    "$python" -m venv --clear .venv
fi

echo "installing what $lock names …"
pip=(.venv/bin/python -m pip --disable-pip-version-check --quiet)
"${pip[@]}" install --no-compile --require-hashes --requirement "$lock"
"${pip[@]}" install --no-deps --no-build-isolation --editable .
# Compiled once, on all cores, and also where Python keeps no compiled code by itself (PYTHONDONTWRITEBYTECODE): or each
# process would compile all of it anew. Some libraries carry files for other versions of Python.
.venv/bin/python -m compileall -qq -j 0 .venv/lib/python*/site-packages || true
.venv/bin/python -m compileall -q -j 0 app.py bench components data_access deploy pages
