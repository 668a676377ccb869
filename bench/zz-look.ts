import pg from "pg";

const dir = process.argv[2]!;
const c = new pg.Client({
  host: `${dir}/socket`,
  port: Number(process.argv[3] ?? 5432),
  user: "postgres",
  database: "rookery",
});
await c.connect();
console.log(
  (
    await c.query(
      "select pid, now() - query_start as t, left(query, 300) q from pg_stat_activity where state = 'active' and pid <> pg_backend_pid()",
    )
  ).rows,
);
await c.end();
