#!/bin/sh
# Puts what a server needs into an empty directory: the build step of the image, and all that it takes without one.
# Usage: packaging/build.sh TARGET [more arguments of npm ci]
set -eu
source=$(cd "$(dirname "$0")/.." && pwd)
target=${1:?"usage: packaging/build.sh TARGET"}
shift
mkdir -p "$target"
if [ -n "$(ls -A "$target")" ]; then
  echo "$target is not empty" >&2
  exit 1
fi
for part in bin migrations openapi docs schema.sql package.json package-lock.json LICENSE; do
  cp -R "$source/$part" "$target/"
done
# Compiled with tools that the target does not get.
[ -e "$source/node_modules/rolldown" ] || (cd "$source" && npm ci --ignore-scripts --no-audit --no-fund "$@")
node=$source/node_modules/.bin/node
[ -x "$node" ] || node=node
"$node" "$source/packaging/bundle.ts" "$target/dist"
cd "$target"
# No package may run code of its own here.
npm ci --omit=dev --ignore-scripts --no-audit --no-fund "$@"
# Links of the built-in PostgreSQL's libraries, which its package makes by a script: the account that runs it may not write here.
"$node" --input-type=module -e '
  const { findBinaries } = await import(`${process.cwd()}/dist/binaries.js`);
  await findBinaries(process.platform, process.arch);
'
