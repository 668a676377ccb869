export {
  canonicalAddress,
  formatAddress,
  isAddressLength,
  isDomainName,
  isHeaderSafe,
  isPattern,
  isUsername,
  MAX_DISPLAY_NAME,
  type MailAddress,
  parseAddress,
  parseReceivedAddress,
  splitSubaddress,
} from "./address.ts";
export { readAddressList } from "./address-list.ts";
