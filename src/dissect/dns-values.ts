// Names of the numbers that stand in more than one place of DNS: in records and options alike, in a field and in the line above it.
// The names are Wireshark's; types and classes of records are dns-names.ts.

/** Of keys and signatures. */
export const DNS_ALGORITHMS: ReadonlyMap<number, string> = new Map([
  [1, 'RSA/MD5'],
  [2, 'Diffie-Hellman'],
  [3, 'DSA'],
  [4, 'Elliptic curve crypto'],
  [5, 'RSA/SHA1'],
  [6, 'DSA + NSEC3/SHA1'],
  [7, 'RSA/SHA1 + NSEC3/SHA1'],
  [8, 'RSA/SHA-256'],
  [10, 'RSA/SHA-512'],
  [12, 'GOST R 34.10-2001'],
  [13, 'ECDSA Curve P-256 with SHA-256'],
  [14, 'ECDSA Curve P-386 with SHA-386'],
  [15, 'Ed25519'],
  [16, 'Ed448'],
  [157, 'HMAC/MD5'],
  [252, 'Indirect key'],
  [253, 'Private, domain name'],
  [254, 'Private, OID'],
])

/** Of DS records. */
export const DNS_DIGESTS: ReadonlyMap<number, string> = new Map([
  [0, 'Reserved digest'],
  [1, 'SHA-1'],
  [2, 'SHA-256'],
  [3, 'GOST R 34.11-94'],
  [4, 'SHA-384'],
])

/** Of the names in NSEC3 records. */
export const DNS_NSEC3_HASHES: ReadonlyMap<number, string> = new Map([
  [0, 'Reserved'],
  [1, 'SHA-1'],
])

/** Of OPT records. */
export const DNS_OPTIONS: ReadonlyMap<number, string> = new Map([
  [0, 'Reserved'],
  [1, 'LLQ - Long-lived query'],
  [2, 'UL - Update lease'],
  [3, 'NSID - Name Server Identifier'],
  [4, 'Owner (reserved)'],
  [5, 'DAU - DNSSEC Algorithm Understood (RFC6975)'],
  [6, 'DHU - DS Hash Understood (RFC6975)'],
  [7, 'N3U - NSEC3 Hash Understood (RFC6975)'],
  [20730, 'Experimental - CSUBNET - Client subnet'],
  [8, 'CSUBNET - Client subnet'],
  [9, 'EDNS EXPIRE (RFC7314)'],
  [10, 'COOKIE'],
  [11, 'EDNS TCP Keepalive'],
  [12, 'PADDING'],
  [13, 'CHAIN'],
  [15, 'Extended DNS Error'],
])

/** Of the parameters of SVCB and HTTPS records; others are named by their number. [RFC 9460] */
export const DNS_SERVICE_KEYS: ReadonlyMap<number, string> = new Map([
  [0, 'mandatory'],
  [1, 'alpn'],
  [2, 'no-default-alpn'],
  [3, 'port'],
  [4, 'ipv4hint'],
  [5, 'echconfig'],
  [6, 'ipv6hint'],
  [32769, 'odohconfig'],
  [65535, 'key65535'],
])
