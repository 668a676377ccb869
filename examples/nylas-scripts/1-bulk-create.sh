#!/usr/bin/env bash
set -euo pipefail

# tenants.txt: one tenant slug per line
while IFS= read -r tenant || [ -n "$tenant" ]; do
  [ -z "$tenant" ] && continue
  rookery agent account create "support-${tenant}@yourapp.nylas.email"
done < tenants.txt
