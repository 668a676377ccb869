export {
  createCallbackUri,
  deleteCallbackUri,
  type GivenCallbackUri,
  getCallbackUri,
  updateCallbackUri,
} from "./callback-uris.ts";
export { getProfile } from "./get.ts";
export type { CallbackUri, KeptObject, Profile } from "./profile.ts";
export { resetConnector, type UpdateProfile, updateProfile } from "./update.ts";
