declare module "pg/lib/utils.js" {
  /** As the driver writes a parameter. @throws Error for what cannot be written */
  export function prepareValue(value: unknown): string | Buffer | null;
}
