export {
  canonicalAddress,
  formatAddress,
  isAddressLength,
  isDomainName,
  isHeaderSafe,
  isUsername,
  MAX_DISPLAY_NAME,
  type MailAddress,
  parseAddress,
  splitSubaddress,
} from "./address.ts";
export { type PathCommand, readPathCommand } from "./path-command.ts";
