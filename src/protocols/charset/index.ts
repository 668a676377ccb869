export { type CharsetGuess, decodeText, isCharset } from "./charset.ts";
export { guessCharset } from "./guess.ts";
