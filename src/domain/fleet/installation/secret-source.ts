/** Where a secret of the installation comes from: a setting, or a file that is made when missing. */
export interface SecretSource {
  /** The secret; null when there is none yet. */
  read(): Promise<string | null>;
  /** Makes one and keeps it. @returns what is kept now, and whether this call made it */
  make(): Promise<{ readonly secret: string; readonly made: boolean }>;
}
