// Fields of DNS records and options, and the protocols that speak DNS on their own ports: multicast DNS and LLMNR.
// Names, labels, types and value names are Wireshark's.

import { DNS } from './dns-fields.ts'
import { DNS_CLASSES, DNS_TYPES } from './dns-names.ts'
import { DNS_ALGORITHMS, DNS_DIGESTS, DNS_NSEC3_HASHES } from './dns-values.ts'
import { booleanNames, defineProtocol, extendProtocol, type ProtocolFields } from './field.ts'

export const MDNS: ProtocolFields<never> = defineProtocol({ name: 'mdns', label: 'Multicast Domain Name System' }, {})
export const LLMNR: ProtocolFields<never> = defineProtocol({ name: 'llmnr', label: 'Link-local Multicast Name Resolution' }, {})

export const DNS_RECORD: Readonly<
  Record<
    | 'unsolicited'
    | 'flagsConflict'
    | 'flagsTentative'
    | 'qryQu'
    | 'respCacheFlush'
    | 'respExtRcode'
    | 'respEdns0Version'
    | 'respZ'
    | 'respZDo'
    | 'respZReserved'
    | 'countZones'
    | 'countPrerequisites'
    | 'countUpdates'
    | 'ttlHighBitSet'
    | 'undecodedType'
    | 'extraneous'
    | 'dname'
    | 'spfLength'
    | 'spf'
    | 'hinfoCpuLength'
    | 'hinfoCpu'
    | 'hinfoOsLength'
    | 'hinfoOs'
    | 'naptrOrder'
    | 'naptrPreference'
    | 'naptrFlagsLength'
    | 'naptrFlags'
    | 'naptrServiceLength'
    | 'naptrService'
    | 'naptrRegexLength'
    | 'naptrRegex'
    | 'naptrReplacementLength'
    | 'naptrReplacement'
    | 'rrsigTypeCovered'
    | 'rrsigAlgorithm'
    | 'rrsigLabels'
    | 'rrsigOriginalTtl'
    | 'rrsigSignatureExpiration'
    | 'rrsigSignatureInception'
    | 'rrsigKeyTag'
    | 'rrsigSignersName'
    | 'rrsigSignature'
    | 'dnskeyFlags'
    | 'dnskeyFlagsZoneKey'
    | 'dnskeyFlagsKeyRevoked'
    | 'dnskeyFlagsSecureEntryPoint'
    | 'dnskeyFlagsReserved'
    | 'dnskeyProtocol'
    | 'dnskeyAlgorithm'
    | 'dnskeyKeyId'
    | 'dnskeyPublicKey'
    | 'dsKeyId'
    | 'dsAlgorithm'
    | 'dsDigestType'
    | 'dsDigest'
    | 'nsecNextDomainName'
    | 'nsec3Algo'
    | 'nsec3Flags'
    | 'nsec3FlagsOptOut'
    | 'nsec3Iterations'
    | 'nsec3SaltLength'
    | 'nsec3SaltValue'
    | 'nsec3HashLength'
    | 'nsec3HashValue'
    | 'caaFlags'
    | 'caaFlagsIssuerCritical'
    | 'caaIssue'
    | 'caaIssuewild'
    | 'caaIodef'
    | 'caaUnknown'
    | 'caaTagLength'
    | 'caaTag'
    | 'caaValue'
    | 'tlsaCertificateUsage'
    | 'tlsaSelector'
    | 'tlsaMatchingType'
    | 'tlsaCertificateAssociationData'
    | 'sshfpAlgorithm'
    | 'sshfpFingerprintType'
    | 'sshfpFingerprint'
    | 'qryClassMulticast'
    | 'respClassMulticast'
    | 'udpPayloadSize'
    | 'udpPayloadSizeMulticast'
    | 'bitmapType',
    number
  >
> = extendProtocol(DNS.protocol, {
  unsolicited: { name: 'dns.unsolicited', label: 'Unsolicited', type: 'boolean', generated: true },
  flagsConflict: {
    name: 'dns.flags.conflict',
    label: 'Conflict',
    type: 'boolean',
    width: 16,
    mask: 0x400,
    values: booleanNames('The sender received multiple responses', 'None'),
  },
  flagsTentative: {
    name: 'dns.flags.tentative',
    label: 'Tentative',
    type: 'boolean',
    width: 16,
    mask: 0x100,
    values: booleanNames('Tentative', 'Not tentative'),
  },
  qryQu: { name: 'dns.qry.qu', label: '"QU" question', type: 'boolean', width: 16, mask: 0x8000 },
  respCacheFlush: { name: 'dns.resp.cache_flush', label: 'Cache flush', type: 'boolean', width: 16, mask: 0x8000 },
  respExtRcode: { name: 'dns.resp.ext_rcode', label: 'Higher bits in extended RCODE', type: 'uint8', base: 'hex' },
  respEdns0Version: { name: 'dns.resp.edns0_version', label: 'EDNS0 version', type: 'uint8', base: 'dec' },
  respZ: { name: 'dns.resp.z', label: 'Z', type: 'uint16', base: 'hex' },
  respZDo: {
    name: 'dns.resp.z.do',
    label: 'DO bit',
    type: 'boolean',
    width: 16,
    mask: 0x8000,
    values: booleanNames('Accepts DNSSEC security RRs', 'Cannot handle DNSSEC security RRs'),
  },
  respZReserved: { name: 'dns.resp.z.reserved', label: 'Reserved', type: 'uint16', base: 'hex', mask: 0x7fff },
  countZones: { name: 'dns.count.zones', label: 'Zones', type: 'uint16', base: 'dec' },
  countPrerequisites: { name: 'dns.count.prerequisites', label: 'Prerequisites', type: 'uint16', base: 'dec' },
  countUpdates: { name: 'dns.count.updates', label: 'Updates', type: 'uint16', base: 'dec' },
  ttlHighBitSet: { name: 'dns.ttl.high_bit_set', label: 'The uppermost bit of the TTL is set (RFC 2181, section 8)', type: 'none' },
  undecodedType: { name: 'dns.undecoded.type', label: 'Undecoded option', type: 'none' },
  extraneous: { name: 'dns.extraneous', label: 'Extraneous data', type: 'none' },
  dname: { name: 'dns.dname', label: 'Dname', type: 'string' },
  spfLength: { name: 'dns.spf.length', label: 'SPF Length', type: 'uint8', base: 'dec' },
  spf: { name: 'dns.spf', label: 'SPF', type: 'string' },
  hinfoCpuLength: { name: 'dns.hinfo.cpu_length', label: 'CPU Length', type: 'uint8', base: 'dec' },
  hinfoCpu: { name: 'dns.hinfo.cpu', label: 'CPU', type: 'string' },
  hinfoOsLength: { name: 'dns.hinfo.os_length', label: 'OS Length', type: 'uint8', base: 'dec' },
  hinfoOs: { name: 'dns.hinfo.os', label: 'OS', type: 'string' },
  naptrOrder: { name: 'dns.naptr.order', label: 'Order', type: 'uint16', base: 'dec' },
  naptrPreference: { name: 'dns.naptr.preference', label: 'Preference', type: 'uint16', base: 'dec' },
  naptrFlagsLength: { name: 'dns.naptr.flags_length', label: 'Flags Length', type: 'uint8', base: 'dec' },
  naptrFlags: { name: 'dns.naptr.flags', label: 'Flags', type: 'string' },
  naptrServiceLength: { name: 'dns.naptr.service_length', label: 'Service Length', type: 'uint8', base: 'dec' },
  naptrService: { name: 'dns.naptr.service', label: 'Service', type: 'string' },
  naptrRegexLength: { name: 'dns.naptr.regex_length', label: 'Regex Length', type: 'uint8', base: 'dec' },
  naptrRegex: { name: 'dns.naptr.regex', label: 'Regex', type: 'string' },
  naptrReplacementLength: { name: 'dns.naptr.replacement_length', label: 'Replacement Length', type: 'uint8', base: 'dec' },
  naptrReplacement: { name: 'dns.naptr.replacement', label: 'Replacement', type: 'string' },
  rrsigTypeCovered: { name: 'dns.rrsig.type_covered', label: 'Type Covered', type: 'uint16', base: 'dec', values: DNS_TYPES },
  rrsigAlgorithm: { name: 'dns.rrsig.algorithm', label: 'Algorithm', type: 'uint8', base: 'dec', values: DNS_ALGORITHMS },
  rrsigLabels: { name: 'dns.rrsig.labels', label: 'Labels', type: 'uint8', base: 'dec' },
  rrsigOriginalTtl: { name: 'dns.rrsig.original_ttl', label: 'Original TTL', type: 'uint32', base: 'dec' },
  rrsigSignatureExpiration: { name: 'dns.rrsig.signature_expiration', label: 'Signature Expiration', type: 'absolute_time' },
  rrsigSignatureInception: { name: 'dns.rrsig.signature_inception', label: 'Signature Inception', type: 'absolute_time' },
  rrsigKeyTag: { name: 'dns.rrsig.key_tag', label: 'Key Tag', type: 'uint16', base: 'dec' },
  rrsigSignersName: { name: 'dns.rrsig.signers_name', label: "Signer's name", type: 'string' },
  rrsigSignature: { name: 'dns.rrsig.signature', label: 'Signature', type: 'bytes' },
  dnskeyFlags: { name: 'dns.dnskey.flags', label: 'Flags', type: 'uint16', base: 'hex' },
  dnskeyFlagsZoneKey: {
    name: 'dns.dnskey.flags.zone_key',
    label: 'Zone Key',
    type: 'boolean',
    width: 16,
    mask: 0x100,
    values: booleanNames('This is the zone key for specified zone', 'This it not a zone key'),
  },
  dnskeyFlagsKeyRevoked: {
    name: 'dns.dnskey.flags.key_revoked',
    label: 'Key Revoked',
    type: 'boolean',
    width: 16,
    mask: 0x80,
    values: booleanNames('Yes', 'No'),
  },
  dnskeyFlagsSecureEntryPoint: {
    name: 'dns.dnskey.flags.secure_entry_point',
    label: 'Key Signing Key',
    type: 'boolean',
    width: 16,
    mask: 0x1,
    values: booleanNames('Yes', 'No'),
  },
  dnskeyFlagsReserved: { name: 'dns.dnskey.flags.reserved', label: 'Key Signing Key', type: 'uint16', base: 'hex', mask: 0xfe7e },
  dnskeyProtocol: { name: 'dns.dnskey.protocol', label: 'Protocol', type: 'uint8', base: 'dec' },
  dnskeyAlgorithm: { name: 'dns.dnskey.algorithm', label: 'Algorithm', type: 'uint8', base: 'dec', values: DNS_ALGORITHMS },
  dnskeyKeyId: { name: 'dns.dnskey.key_id', label: 'Key id', type: 'uint16', base: 'dec' },
  dnskeyPublicKey: { name: 'dns.dnskey.public_key', label: 'Public Key', type: 'bytes' },
  dsKeyId: { name: 'dns.ds.key_id', label: 'Key id', type: 'uint16', base: 'hex' },
  dsAlgorithm: { name: 'dns.ds.algorithm', label: 'Algorithm', type: 'uint8', base: 'dec', values: DNS_ALGORITHMS },
  dsDigestType: {
    name: 'dns.ds.digest_type',
    label: 'Digest Type',
    type: 'uint8',
    base: 'dec',
    values: DNS_DIGESTS,
  },
  dsDigest: { name: 'dns.ds.digest', label: 'Digest', type: 'bytes' },
  nsecNextDomainName: { name: 'dns.nsec.next_domain_name', label: 'Next Domain Name', type: 'string' },
  nsec3Algo: {
    name: 'dns.nsec3.algo',
    label: 'Hash algorithm',
    type: 'uint8',
    base: 'dec',
    values: DNS_NSEC3_HASHES,
  },
  nsec3Flags: { name: 'dns.nsec3.flags', label: 'NSEC3 flags', type: 'uint8', base: 'dec' },
  nsec3FlagsOptOut: {
    name: 'dns.nsec3.flags.opt_out',
    label: 'NSEC3 Opt-out flag',
    type: 'boolean',
    width: 8,
    mask: 0x1,
    values: booleanNames('Additional insecure delegations allowed', 'Additional insecure delegations forbidden'),
  },
  nsec3Iterations: { name: 'dns.nsec3.iterations', label: 'NSEC3 iterations', type: 'uint16', base: 'dec' },
  nsec3SaltLength: { name: 'dns.nsec3.salt_length', label: 'Salt length', type: 'uint8', base: 'dec' },
  nsec3SaltValue: { name: 'dns.nsec3.salt_value', label: 'Salt value', type: 'bytes' },
  nsec3HashLength: { name: 'dns.nsec3.hash_length', label: 'Hash length', type: 'uint8', base: 'dec' },
  nsec3HashValue: { name: 'dns.nsec3.hash_value', label: 'Next hashed owner', type: 'string' },
  caaFlags: { name: 'dns.caa.flags', label: 'CAA Flags', type: 'uint8', base: 'hex' },
  caaFlagsIssuerCritical: {
    name: 'dns.caa.flags.issuer_critical',
    label: 'Issuer Critical',
    type: 'boolean',
    width: 8,
    mask: 0x80,
    values: booleanNames('Critical', 'Not critical'),
  },
  caaIssue: { name: 'dns.caa.issue', label: 'Issue', type: 'string' },
  caaIssuewild: { name: 'dns.caa.issuewild', label: 'Issue Wildcard', type: 'string' },
  caaIodef: { name: 'dns.caa.iodef', label: 'Report URL', type: 'string' },
  caaUnknown: { name: 'dns.caa.unknown', label: 'Unknown tag', type: 'string' },
  caaTagLength: { name: 'dns.caa.tag_length', label: 'Tag length', type: 'uint8', base: 'dec' },
  caaTag: { name: 'dns.caa.tag', label: 'Tag', type: 'string' },
  caaValue: { name: 'dns.caa.value', label: 'Value', type: 'string' },
  tlsaCertificateUsage: {
    name: 'dns.tlsa.certificate_usage',
    label: 'Certificate Usage',
    type: 'uint8',
    base: 'dec',
    values: new Map([
      [0, 'CA constraint (PKIX-TA)'],
      [1, 'Service certificate constraint (PKIX-EE)'],
      [2, 'Trust anchor assertion (DANE-TA)'],
      [3, 'Domain-issued certificate (DANE-EE)'],
    ]),
  },
  tlsaSelector: {
    name: 'dns.tlsa.selector',
    label: 'Selector',
    type: 'uint8',
    base: 'dec',
    values: new Map([
      [0, 'Full certificate (Cert)'],
      [1, 'SubjectPublicKeyInfo (SPKI)'],
    ]),
  },
  tlsaMatchingType: {
    name: 'dns.tlsa.matching_type',
    label: 'Matching Type',
    type: 'uint8',
    base: 'dec',
    values: new Map([
      [0, 'No Hash Used (Full)'],
      [1, '256 bit hash by SHA2 (SHA2-256)'],
      [2, '512 bit hash by SHA2 (SHA2-512)'],
    ]),
  },
  tlsaCertificateAssociationData: { name: 'dns.tlsa.certificate_association_data', label: 'Certificate Association Data', type: 'bytes' },
  sshfpAlgorithm: {
    name: 'dns.sshfp.algorithm',
    label: 'Algorithm',
    type: 'uint8',
    base: 'dec',
    values: new Map([
      [0, 'Reserved'],
      [1, 'RSA'],
      [2, 'DSA'],
      [3, 'ECDSA'],
      [4, 'Ed25519'],
      [5, 'XMSS'],
    ]),
  },
  sshfpFingerprintType: {
    name: 'dns.sshfp.fingerprint.type',
    label: 'Fingerprint type',
    type: 'uint8',
    base: 'dec',
    values: new Map([
      [0, 'Reserved'],
      [1, 'SHA1'],
      [2, 'SHA256'],
    ]),
  },
  sshfpFingerprint: { name: 'dns.sshfp.fingerprint', label: 'Fingerprint', type: 'bytes' },
  qryClassMulticast: { name: 'dns.qry.class', label: 'Class', type: 'uint16', base: 'hex', mask: 0x7fff, values: DNS_CLASSES },
  respClassMulticast: { name: 'dns.resp.class', label: 'Class', type: 'uint16', base: 'hex', mask: 0x7fff, values: DNS_CLASSES },
  udpPayloadSize: { name: 'dns.rr.udp_payload_size', label: 'UDP payload size', type: 'uint16', base: 'dec' },
  udpPayloadSizeMulticast: { name: 'dns.rr.udp_payload_size', label: 'UDP payload size', type: 'uint16', base: 'hex', mask: 0x7fff },
  bitmapType: { name: 'dns.resp.type', label: 'RR type in bit map', type: 'uint16', base: 'dec', values: DNS_TYPES },
})
