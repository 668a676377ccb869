export { attachHuman } from "./attach-human.ts";
export { type CodeToMail, codeMailed, makeCode, type Verified, verifySignUp } from "./code.ts";
export { type SignedUp, signUp } from "./create.ts";
export { holdUnverified } from "./hold-sends.ts";
export { createNewcomers, type Newcomer, type Newcomers } from "./newcomers.ts";
