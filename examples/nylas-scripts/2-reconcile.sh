while IFS= read -r tenant || [ -n "$tenant" ]; do
  [ -z "$tenant" ] && continue
  addr="support-${tenant}@yourapp.nylas.email"
  if rookery agent account get "$addr" --quiet >/dev/null 2>&1; then
    echo "skip: $addr already exists"
  else
    rookery agent account create "$addr"
    echo "created: $addr"
  fi
done < tenants.txt
