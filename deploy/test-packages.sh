#!/usr/bin/env bash
# The system's packages that tests and benchmarks need: a browser, Chinese fonts, a broker. Installs what is missing
# when it may, else says what to install and fails: a test is never skipped because its tool is not there.
set -euo pipefail

missing=()
has() { PATH="$PATH:/usr/sbin:/usr/local/sbin" command -v "$1" >/dev/null; }
has chromium || missing+=(chromium)
has mosquitto || missing+=(mosquitto)
has openssl || missing+=(openssl)
if has fc-list; then
    [[ -n $(fc-list :lang=zh-cn) ]] || missing+=(fonts-noto-cjk)
else
    missing+=(fontconfig fonts-noto-cjk)
fi
python3 -c 'import ensurepip, venv' 2>/dev/null || missing+=(python3-venv)
[[ ${#missing[@]} -eq 0 ]] && exit 0

as_root=()
if [[ $EUID -ne 0 ]]; then
    if has sudo && sudo -n true 2>/dev/null; then as_root=(sudo -n); else as_root=(false); fi
fi
if ! has apt-get || [[ ${as_root[0]:-} == false ]]; then
    echo "The tests need these packages of the system; install them and try again: apt-get install ${missing[*]}" >&2
    exit 1
fi

echo "installing for the tests: ${missing[*]} …"
# Tests start their own broker: the package must not start one on 1883, where the product listens.
policy=/usr/sbin/policy-rc.d
if [[ ! -e $policy ]]; then
    printf '#!/bin/sh\nexit 101\n' | "${as_root[@]}" tee "$policy" >/dev/null
    "${as_root[@]}" chmod 755 "$policy"
    trap '"${as_root[@]}" rm -f "$policy"' EXIT
fi
log=$(mktemp)
apt() { "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -q -y "$@" >>"$log" 2>&1; }
if ! { apt update && apt install --no-install-recommends "${missing[@]}"; }; then
    tail -n 20 "$log" >&2
    echo "apt-get could not install: ${missing[*]}" >&2
    exit 1
fi
rm -f "$log"
if [[ " ${missing[*]} " == *" mosquitto "* ]] && has systemctl; then
    "${as_root[@]}" systemctl --quiet disable mosquitto 2>/dev/null || true
fi
