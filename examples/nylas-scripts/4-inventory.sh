# Total accounts
rookery agent account list --json | jq length

# Any account not healthy
rookery agent account list --json \
  | jq -r '.[] | select(.grant_status != "valid") | .email'

# Provisioned addresses vs the tenant list (find drift)
rookery agent account list --json | jq -r '.[].email' | sort > provisioned.txt
