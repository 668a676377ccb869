/** Settings of ports that contradict each other. */
import type { ServiceName } from "./setting-schemas.ts";

interface Ports {
  readonly ROOKERY_SERVICES: ReadonlySet<ServiceName>;
  readonly ROOKERY_HTTP_PORT: number;
  readonly ROOKERY_SMTP_PORT: number;
  readonly ROOKERY_SUBMISSION_PORT: number;
}

/** Two services on one port; 0 is a free one for each. */
export function portConflicts(values: Ports): string[] {
  const listening = (
    [
      ["http", "ROOKERY_HTTP_PORT"],
      ["smtp", "ROOKERY_SMTP_PORT"],
      ["submission", "ROOKERY_SUBMISSION_PORT"],
    ] as const
  ).filter(([service, key]) => values.ROOKERY_SERVICES.has(service) && values[key] !== 0);
  return listening.flatMap(([, key], index) => {
    const other = listening.slice(0, index).find(([, before]) => values[before] === values[key]);
    return other === undefined ? [] : [`${key} is "${values[key]}": it takes another port than ${other[1]}`];
  });
}
