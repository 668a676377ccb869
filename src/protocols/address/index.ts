export {
  formatAddress,
  isDomainName,
  isHeaderSafe,
  isUsername,
  type MailAddress,
  parseAddress,
  splitSubaddress,
} from "./address.ts";
