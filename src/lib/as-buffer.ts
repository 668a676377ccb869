/** The same bytes as a Buffer, which comes out of a message between threads as the plain view that it is. */
export const asBuffer = ({ buffer, byteOffset, byteLength }: Uint8Array): Buffer =>
  Buffer.from(buffer, byteOffset, byteLength);
