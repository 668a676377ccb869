/** PDF files as tests want them. */
import { deflateSync } from "node:zlib";

/** One page that says `text`; its content is deflated. @param extra its filter @param lineEnd what is behind the word that begins it */
export function pdfOf(
  text: string,
  content = deflateSync(`BT /F1 24 Tf 72 700 Td (${text}) Tj ET`),
  extra = "",
  lineEnd = "\n",
): Buffer {
  const objects = [
    "<< /Type /Catalog /Pages 2 0 R >>",
    "<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
    "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >> >>",
    null,
    "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
  ];
  const parts: Buffer[] = [Buffer.from("%PDF-1.4\n")];
  const offsets: number[] = [];
  const length = (): number => parts.reduce((sum, { byteLength }) => sum + byteLength, 0);
  for (const [index, object] of objects.entries()) {
    offsets.push(length());
    if (object !== null) parts.push(Buffer.from(`${index + 1} 0 obj\n${object}\nendobj\n`));
    else
      parts.push(
        Buffer.from(
          `${index + 1} 0 obj\n<< /Length ${content.byteLength} /Filter ${extra || "/FlateDecode"} >>\nstream${lineEnd}`,
        ),
        content,
        Buffer.from("\nendstream\nendobj\n"),
      );
  }
  const start = length();
  const table = offsets.map((offset) => `${String(offset).padStart(10, "0")} 00000 n \n`).join("");
  parts.push(
    Buffer.from(
      `xref\n0 6\n0000000000 65535 f \n${table}trailer\n<< /Size 6 /Root 1 0 R >>\nstartxref\n${start}\n%%EOF\n`,
    ),
  );
  return Buffer.concat(parts);
}
