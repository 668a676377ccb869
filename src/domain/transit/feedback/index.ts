export { createReturns, type Returns } from "./returns.ts";
