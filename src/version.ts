/** The version of this Rookery: that of package.json, which a compiled program may not find beside itself. */
export const VERSION = "0.1.0";
