#!/usr/bin/env bash
# Builds the grader's image, once: Python and the locked packages in an environment of their own.
# Nothing here touches the system's Python, which Gradescope's own harness uses.
set -euo pipefail

cd /autograder/source
apt-get update -q
apt-get install -y -q --no-install-recommends ca-certificates python3-venv
python3 -m venv /opt/uv
/opt/uv/bin/pip install -q uv

# Outside any home folder: the sandbox's user has to be able to read the interpreter.
export UV_PYTHON_INSTALL_DIR=/opt/python
/opt/uv/bin/uv venv -q --python 3.12 /opt/grader
# Gradescope has no GPU: torch's CPU build, whose hashes the lock does not hold.
/opt/uv/bin/uv pip install -q --python /opt/grader/bin/python --torch-backend cpu \
    --no-verify-hashes --compile-bytecode -r pyproject.toml -c requirements.lock
site=$(/opt/grader/bin/python -c 'import sysconfig; print(sysconfig.get_path("purelib"))')
echo /autograder/source > "$site/dl_autograder.pth"

# Checks and templates are for root alone; the sandbox's user reads the public package.
chmod -R go= '/autograder/source/content/@STAFF@'
rm -rf ~/.cache /var/lib/apt/lists/*
