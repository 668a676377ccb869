export { releasingStorage } from "./rows.ts";
