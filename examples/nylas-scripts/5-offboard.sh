offboard_tenant() {
  local tenant="${1:?usage: offboard_tenant <tenant>}"
  local addr="support-${tenant}@yourapp.nylas.email"
  if ! rookery agent account get "$addr" --quiet >/dev/null 2>&1; then
    echo "not found: $addr"; return 0
  fi
  local id; id=$(rookery agent account get "$addr" --quiet)
  rookery agent account delete "$id" --yes
  echo "deleted: $addr"
}

offboard_tenant acme
