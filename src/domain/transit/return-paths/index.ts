export { deliveryOfReturnPath, returnPathFor } from "./token.ts";
