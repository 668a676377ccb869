# Define the shared policy once (daily send cap, attachment limits)
rookery agent policy create --data '{
  "name": "Tenant agent baseline",
  "limits": {
    "limit_count_daily_message_per_grant": 500,
    "limit_attachment_count_limit": 10
  }
}'
