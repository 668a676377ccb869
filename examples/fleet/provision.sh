#!/usr/bin/env bash
# What examples/nylas-scripts/ does account by account, for the whole list at once: create what is missing, the same guardrails for
# all, and nothing the second time.
set -euo pipefail

rookery fleet apply --yes --file account-per-tenant.yaml
