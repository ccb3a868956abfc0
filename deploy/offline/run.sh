#!/bin/sh
# Serves Youju from this folder. The first start installs it from wheels/, without a network.
set -eu
cd "$(dirname "$0")"
if [ ! -e .venv/installed ]; then
  version=$(cat python-version)
  for name in ${PYTHON:-"python$version" python3 python}; do
    if "$name" -c "import ensurepip, sys; sys.exit(not sys.version.startswith('$version.'))" \
      2>/dev/null; then
      python=$name
      break
    fi
  done
  if [ -z "${python:-}" ]; then
    echo "没有找到带 venv 的 Python $version：请先安装，再运行一次；装在别处的，请写 PYTHON=路径 sh run.sh。" \
      "/ No Python $version with venv was found: install it and run this again; if it is elsewhere: PYTHON=PATH sh run.sh" >&2
    exit 1
  fi
  echo "首次启动，正在安装，需要几分钟…… / First start: installing, which takes some minutes ..."
  "$python" -m venv .venv
  .venv/bin/python -m pip install --quiet --no-index --find-links wheels --requirement requirements.txt
  touch .venv/installed
fi
# not .venv/bin/rag, which would not survive that the folder is moved
exec .venv/bin/python -m rag.cli serve "$@"
