#!/usr/bin/env bash
# Builds the grader's image, once: Python and the locked packages in an environment of their own.
# Nothing here touches the system's Python, which Gradescope's own harness uses. A step that fails
# fails the build, so that a broken image meets staff and no student.
#
# On Gradescope nothing has to be set. Where not all of the network can be reached:
#   TORCH_BACKEND  whose torch is taken: "cpu" (the default), from PyTorch's own index; empty: the
#                  locked one of the package index, which on Linux is the CUDA build, 5 GB larger
#   GRADER_PYTHON  the interpreter, as a path or version; by default uv's own build of 3.12, and
#                  where that cannot be downloaded, the newest from 3.11 on that the system has
#   PIP_*, UV_*    as pip and uv read them: UV_PYTHON_INSTALL_MIRROR, UV_DEFAULT_INDEX,
#                  UV_CACHE_DIR (kept then; else there is no cache), ...
set -euo pipefail

fail() {
    echo "setup.sh: $*" >&2
    exit 1
}
step() {
    echo "setup.sh: after $SECONDS s: $*"
}
trap 'echo "setup.sh: line $LINENO failed; what it says stands above." >&2' ERR

torch_backend=${TORCH_BACKEND-cpu}
staff='/opt/content/@STAFF@'
python=/opt/grader/bin/python
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
[ "$(id -u)" = 0 ] || fail "this has to run as root, as Gradescope and Docker do it."
cd /autograder/source

step "uv"
if ! python3 -c 'import ensurepip, venv' 2>/dev/null; then
    export DEBIAN_FRONTEND=noninteractive
    { apt-get update -qq && apt-get install -y -qq --no-install-recommends python3-venv; } ||
        fail "apt-get could not install python3-venv; is the network on, and its mirror reachable?"
    rm -rf /var/lib/apt/lists/*
fi
python3 -m venv "$scratch/uv"
"$scratch/uv/bin/pip" install -q --no-cache-dir --disable-pip-version-check 'uv>=0.9' ||
    fail "pip could not install uv; is the package index reachable?"
uv=$scratch/uv/bin/uv
[ -n "${UV_CACHE_DIR:-}" ] || export UV_NO_CACHE=1

step "Python"
# Outside any home folder: the sandbox's user has to be able to read the interpreter.
export UV_PYTHON_INSTALL_DIR=/opt/python
wanted=${GRADER_PYTHON:-}
if [ -z "$wanted" ]; then
    wanted=3.12
    if ! "$uv" python install -q "$wanted"; then
        echo "setup.sh: uv's own Python $wanted cannot be downloaded; looking for the system's" >&2
        wanted='>=3.11'
        export UV_PYTHON_DOWNLOADS=never
    fi
fi
"$uv" venv -q --clear --python "$wanted" /opt/grader || fail \
    "no Python $wanted here. uv downloads its own from GitHub; where that is closed, set" \
    "UV_PYTHON_INSTALL_MIRROR, or install one of 3.11 or newer and set GRADER_PYTHON to its path."

step "packages"
# The versions of the lock, and its hashes; of torch's builds for one backend it holds none.
lock=requirements.lock
backend=()
if [ -n "$torch_backend" ]; then
    lock=$scratch/requirements.lock
    awk '/^[^ ]/ { torch = /^torch(vision)?==/ } !(torch && /--hash=/) { print }' \
        requirements.lock | sed -E '/^torch(vision)?==/ s/ *\\$//' > "$lock"
    backend=(--torch-backend "$torch_backend")
fi
# What the assignment asks for beside the harness; the lock holds it too.
asked=()
[ ! -f requirements.txt ] || asked=(-r requirements.txt)
"$uv" pip install -q --python "$python" "${backend[@]}" -r pyproject.toml "${asked[@]}" \
    -c "$lock" || fail \
    "the packages could not be installed; torch's builds for \"$torch_backend\" come from" \
    "PyTorch's own index: where that is closed, set TORCH_BACKEND to nothing."

site=$("$python" -c 'import sysconfig; print(sysconfig.get_path("purelib"))')
stdlib=$("$python" -c 'import sysconfig; print(sysconfig.get_path("stdlib"))')
# For compiling against torch, and the packages' own tests: nothing that grading reads.
rm -rf "$site"/torch/{include,share,test} "$site"/torch/bin/protoc*
find "$site" -type d -name tests -prune -exec rm -rf {} +
cp -r autograder "$site/"
step "bytecode"
# A container starts anew for each submission: what is not compiled now is compiled each time.
if [ "${UV_COMPILE_BYTECODE:-1}" = 1 ]; then
    compiled=("$site")
    case $stdlib in /opt/python/*) compiled+=("$stdlib") ;; esac
    # It fails where one file is written for another Python; those are not imported.
    "$python" -m compileall -q -j 0 -x '/(test|lib2to3|idlelib)/' "${compiled[@]}" > /dev/null || true
fi

# Source, checks and templates are for root alone; the sandbox's user reads the public package.
rm -rf /opt/content
cp -r content /opt/content
chmod -R go= /autograder/source "$staff"

step "does it grade?"
mkdir -p "$scratch/check"
cp -r "$staff/templates" "$scratch/check/submission"
XDG_CACHE_HOME=$scratch "$python" -I -m autograder.cli gradescope \
    --assignment "$staff" --root "$scratch/check" || fail \
    "the grader does not start in this image; what it says stands above."
"$python" -I - "$scratch/check/results/results.json" <<'END'
import json, sys
found = json.load(open(sys.argv[1]))
print("setup.sh: yes, with the sandbox's", ", ".join(found["extra_data"]["sandbox"]))
END
step "done; $(du -csm /opt/grader /opt/python /opt/content 2> /dev/null | tail -n 1 | cut -f 1) MB"
