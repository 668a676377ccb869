/** Names a record by its type and name, such as `TXT _dmarc.example.com`: as keys of tables, and for people to read. */
export const recordKey = ({ type, name }: { readonly type: string; readonly name: string }): string =>
  `${type} ${name}`;
