export { type DkimKeyPair, dkimRecordValue, generateDkimKeyPair } from "./key-pair.ts";
export { type DkimAlgorithm, type DkimSigner, dkimAlgorithms, dkimSigned } from "./sign.ts";
