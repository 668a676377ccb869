/**
 * The fleet: its desired state, planned, applied and compared. Routes of this server's own; all are for keys of the organization.
 *
 *   POST /v0/fleet/plan             planFleetBody -> planLine ...      (NDJSON)
 *   GET  /v0/fleet/plans/{plan_id}  -> the same lines, as they were stored
 *   POST /v0/fleet/apply            applyFleetBody -> applyLine ...    (NDJSON)
 *   POST /v0/fleet/receipts         receiptBody -> receiptAnswer       (JSON)
 *   GET  /v0/fleet/status?plan_id   -> statusLine ...                  (NDJSON)
 *   GET  /v0/fleet/document         -> documentLine ...                (NDJSON; for `fleet import`)
 *   POST /v0/fleet/offboard         offboardBody -> applyLine ...      (NDJSON)
 *
 * A line without a `type` is an error (as every error body) and the last; a stream that ends without its summary line was cut.
 */
