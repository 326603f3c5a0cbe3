// Names in DNS messages, and the names of record types and classes. [RFC 1035, section 4.1.4]
// Names are followed through compression pointers, backwards only.

import { textAt } from './value.ts'

const LONGEST_NAME = 255

/** A name and where it ends in the message; end -1 = broken. */
export interface Name {
  readonly text: string
  readonly end: number
}

const BROKEN: Name = { text: '', end: -1 }

/** Follows a name; pointers must lead backwards, so that it ends. */
export function readName(bytes: Uint8Array, start: number, at: number, end: number): Name {
  const labels: string[] = []
  let [place, after, limit, size] = [at, -1, end, 0]
  for (;;) {
    if (place >= limit) return BROKEN
    const length = bytes[place]!
    if (length === 0) break
    if ((length & 0xc0) === 0xc0) {
      if (place + 1 >= limit) return BROKEN
      const target = start + (((length & 0x3f) << 8) | bytes[place + 1]!)
      if (after < 0) after = place + 2
      if (target >= place) return BROKEN
      limit = Math.min(bytes.length, place)
      place = target
      continue
    }
    if ((length & 0xc0) !== 0 || place + 1 + length > limit) return BROKEN
    size += length + 1
    if (size > LONGEST_NAME) return BROKEN
    labels.push(textAt(bytes, place + 1, length))
    place += 1 + length
  }
  return { text: labels.length === 0 ? '<Root>' : labels.join('.'), end: after < 0 ? place + 1 : after }
}

/** Names and descriptions of record types. */
export const DNS_TYPES: ReadonlyMap<number, string> = new Map([
  [0, 'Unused'],
  [1, 'A (Host Address)'],
  [2, 'NS (authoritative Name Server)'],
  [3, 'MD (Mail Destination)'],
  [4, 'MF (Mail Forwarder)'],
  [5, 'CNAME (Canonical NAME for an alias)'],
  [6, 'SOA (Start Of a zone of Authority)'],
  [7, 'MB (MailBox domain name)'],
  [8, 'MG (Mail Group member)'],
  [9, 'MR (Mail Rename domain)'],
  [10, 'NULL RR'],
  [11, 'WKS (Well Known Service)'],
  [12, 'PTR (domain name PoinTeR)'],
  [13, 'HINFO (host information)'],
  [14, 'MINFO (Mailbox or mail list information)'],
  [15, 'MX (Mail eXchange)'],
  [16, 'TXT (Text strings)'],
  [17, 'RP (Responsible Person)'],
  [18, 'AFSDB (AFS Data Base location)'],
  [19, 'X25 (XX.25 PSDN address)'],
  [20, 'ISDN (ISDN address)'],
  [21, 'RT (Route Through)'],
  [22, 'NSAP (NSAP address)'],
  [23, 'NSAP-PTR (NSAP domain name pointer)'],
  [24, 'SIG (security signature)'],
  [25, 'KEY (security key)'],
  [26, 'PX (X.400 mail mapping information)'],
  [27, 'GPOS (Geographical Position)'],
  [28, 'AAAA (IPv6 Address)'],
  [29, 'LOC (Location Information)'],
  [30, 'NXT (Next Domain)'],
  [31, 'EID (Endpoint Identifier)'],
  [32, 'NIMLOC (Nimrod Locator)'],
  [33, 'SRV (Server Selection)'],
  [34, 'ATMA (ATM Address)'],
  [35, 'NAPTR (Naming Authority Pointer)'],
  [36, 'KX (Key Exchanger)'],
  [37, 'CERT'],
  [38, 'A6 (OBSOLETE - use AAAA)'],
  [39, 'DNAME'],
  [40, 'SINK'],
  [41, 'OPT'],
  [42, 'APL'],
  [43, 'DS (Delegation Signer)'],
  [44, 'SSHFP (SSH Key Fingerprint)'],
  [45, 'IPSECKEY'],
  [46, 'RRSIG (Resource Record Signature)'],
  [47, 'NSEC (Next Secure)'],
  [48, 'DNSKEY (DNS Public Key)'],
  [49, 'DHCID'],
  [50, 'NSEC3'],
  [51, 'NSEC3PARAM'],
  [52, 'TLSA'],
  [55, 'HIP (Host Identity Protocol)'],
  [57, 'RKEY'],
  [58, 'TALINK (Trust Anchor LINK)'],
  [59, 'CDS (Child DS)'],
  [60, 'CDNSKEY (DNSKEY(s) the Child wants reflected in DS)'],
  [61, 'OPENPGPKEY (OpenPGP Key)'],
  [62, 'CSYNC (Child-to-Parent Synchronization)'],
  [63, 'ZONEMD'],
  [64, 'SVCB (General Purpose Service Endpoints)'],
  [65, 'HTTPS (HTTPS Specific Service Endpoints)'],
  [99, 'SPF'],
  [100, 'UINFO'],
  [101, 'UID'],
  [102, 'GID'],
  [103, 'UNSPEC'],
  [104, 'NID (NodeID)'],
  [105, 'L32 (Locator32)'],
  [106, 'L64 (Locator64)'],
  [107, 'LP (Locator FQDN)'],
  [108, 'EUI48'],
  [109, 'EUI64'],
  [249, 'TKEY (Transaction Key)'],
  [250, 'TSIG (Transaction Signature)'],
  [251, 'IXFR (incremental transfer)'],
  [252, 'AXFR (transfer of an entire zone)'],
  [253, 'MAILB (mailbox-related RRs)'],
  [254, 'MAILA (mail agent RRs)'],
  [255, '* (A request for all records the server/cache has available)'],
  [256, 'URI'],
  [257, 'CAA (Certification Authority Restriction)'],
  [32768, 'TA (DNSSEC Trust Authorities)'],
  [32769, 'DLV (DNSSEC Lookaside Validation)'],
  [65281, 'WINS'],
  [65282, 'WINS-R'],
  [65422, 'XPF'],
])

/** What a type is called where its description has another name in front. */
const SHORT_TYPES: ReadonlyMap<number, string> = new Map([[255, 'ANY']])

export function typeName(type: number): string {
  const name = SHORT_TYPES.get(type) ?? DNS_TYPES.get(type)
  return name === undefined ? `Unknown (${type})` : name.split(' ')[0]!
}

export const DNS_CLASSES: ReadonlyMap<number, string> = new Map([
  [1, 'IN'],
  [2, 'CS'],
  [3, 'CH'],
  [4, 'HS'],
  [254, 'NONE'],
  [255, 'ANY'],
])

export function className(number: number): string {
  return DNS_CLASSES.get(number) ?? 'Unknown'
}
