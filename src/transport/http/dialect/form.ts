/** multipart/form-data (RFC 7578), read whole: it has been bounded before. */

export interface UploadedFile {
  /** Name of the form's field. */
  readonly field: string;
  readonly filename: string;
  readonly contentType: string | null;
  readonly content: Buffer;
}

export interface Form {
  /** Text fields; of one that is repeated, the last. */
  readonly fields: Readonly<Record<string, string>>;
  readonly files: readonly UploadedFile[];
}

/** @returns null when the bytes are no form of that content type */
export async function readForm(bytes: Buffer, contentType: string): Promise<Form | null> {
  const received = new Response(new Uint8Array(bytes), { headers: { "content-type": contentType } });
  const data = await received.formData().catch(() => null);
  if (data === null) return null;
  const fields: [string, string][] = [];
  const files: UploadedFile[] = [];
  for (const [field, value] of data) {
    if (typeof value === "string") fields.push([field, value]);
    else
      files.push({
        field,
        filename: value.name,
        contentType: value.type === "" ? null : value.type,
        content: Buffer.from(await value.arrayBuffer()),
      });
  }
  return { fields: Object.fromEntries(fields), files };
}
