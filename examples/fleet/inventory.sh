#!/usr/bin/env bash
# How many tenants there are, those that are not healthy, and those that the list and the server do not have in common.
set -euo pipefail

status=$(rookery fleet status --json --file account-per-tenant.yaml)
jq length <<<"$status"
jq -r '.[] | select(.health == "invalid") | .addresses[]' <<<"$status"
jq -r '.[] | select(.state == "orphan" or .state == "gap") | "\(.state): \(.tenant // .pod_id)"' <<<"$status"
