export {
  formatAddress,
  isAddressLength,
  isDomainName,
  isHeaderSafe,
  isUsername,
  type MailAddress,
  parseAddress,
  splitSubaddress,
} from "./address.ts";
