// Further fields of TLS: what the extensions of hellos say, key exchanges, tickets, and the fingerprints of hellos.
// Names, labels, types and value names are Wireshark's.

import { extendProtocol } from './field.ts'
import { greaseNames } from './tls-cipher-suites.ts'
import { TLS } from './tls-fields.ts'

/** Groups for the exchange of keys. */
export const TLS_GROUPS: ReadonlyMap<number, string> = new Map([
  [1, 'sect163k1'],
  [2, 'sect163r1'],
  [3, 'sect163r2'],
  [4, 'sect193r1'],
  [5, 'sect193r2'],
  [6, 'sect233k1'],
  [7, 'sect233r1'],
  [8, 'sect239k1'],
  [9, 'sect283k1'],
  [10, 'sect283r1'],
  [11, 'sect409k1'],
  [12, 'sect409r1'],
  [13, 'sect571k1'],
  [14, 'sect571r1'],
  [15, 'secp160k1'],
  [16, 'secp160r1'],
  [17, 'secp160r2'],
  [18, 'secp192k1'],
  [19, 'secp192r1'],
  [20, 'secp224k1'],
  [21, 'secp224r1'],
  [22, 'secp256k1'],
  [23, 'secp256r1'],
  [24, 'secp384r1'],
  [25, 'secp521r1'],
  [26, 'brainpoolP256r1'],
  [27, 'brainpoolP384r1'],
  [28, 'brainpoolP512r1'],
  [29, 'x25519'],
  [30, 'x448'],
  [41, 'curveSM2'],
  [256, 'ffdhe2048'],
  [257, 'ffdhe3072'],
  [258, 'ffdhe4096'],
  [259, 'ffdhe6144'],
  [260, 'ffdhe8192'],
  [65281, 'arbitrary_explicit_prime_curves'],
  [65282, 'arbitrary_explicit_char2_curves'],
  ...greaseNames(),
])

/** How signatures are made. */
export const SIGNATURES: ReadonlyMap<number, string> = new Map([
  [0x201, 'rsa_pkcs1_sha1'],
  [0x203, 'ecdsa_sha1'],
  [0x401, 'rsa_pkcs1_sha256'],
  [0x403, 'ecdsa_secp256r1_sha256'],
  [0x501, 'rsa_pkcs1_sha384'],
  [0x503, 'ecdsa_secp384r1_sha384'],
  [0x601, 'rsa_pkcs1_sha512'],
  [0x603, 'ecdsa_secp521r1_sha512'],
  [0x708, 'sm2sig_sm3'],
  [0x804, 'rsa_pss_rsae_sha256'],
  [0x805, 'rsa_pss_rsae_sha384'],
  [0x806, 'rsa_pss_rsae_sha512'],
  [0x807, 'ed25519'],
  [0x808, 'ed448'],
  [0x809, 'rsa_pss_pss_sha256'],
  [0x80a, 'rsa_pss_pss_sha384'],
  [0x80b, 'rsa_pss_pss_sha512'],
])

export const TLS_HANDSHAKE: Readonly<
  Record<
    | 'supportedGroupsLength'
    | 'supportedGroups'
    | 'supportedGroup'
    | 'ecPointFormatsLength'
    | 'ecPointFormats'
    | 'ecPointFormat'
    | 'renegInfoLen'
    | 'renegInfo'
    | 'keyShareClientLength'
    | 'keyShareGroup'
    | 'keyShareKeyExchangeLength'
    | 'keyShareKeyExchange'
    | 'keyShareSelectedGroup'
    | 'pskIdentitiesLength'
    | 'pskIdentityIdentityLength'
    | 'pskIdentityIdentity'
    | 'pskIdentityObfuscatedTicketAge'
    | 'pskBindersLen'
    | 'pskBinders'
    | 'pskIdentitySelected'
    | 'cookieLen'
    | 'cookie'
    | 'maxFragmentLength'
    | 'paddingData'
    | 'statusRequestType'
    | 'statusRequestResponderIdsLen'
    | 'statusRequestExtsLen'
    | 'ocspResponseLen'
    | 'sigHashAlgLen'
    | 'sigHashAlgs'
    | 'sigHashAlg'
    | 'sigHashHash'
    | 'sigHashSig'
    | 'epmsLen'
    | 'epms'
    | 'sigLen'
    | 'sig'
    | 'pLen'
    | 'p'
    | 'gLen'
    | 'g'
    | 'ysLen'
    | 'ys'
    | 'ycLen'
    | 'yc'
    | 'serverCurveType'
    | 'serverNamedCurve'
    | 'serverPointLen'
    | 'serverPoint'
    | 'clientPointLen'
    | 'clientPoint'
    | 'hintLen'
    | 'hint'
    | 'identityLen'
    | 'identity'
    | 'heartbeatMode'
    | 'certTypesCount'
    | 'certTypes'
    | 'certType'
    | 'dnamesLen'
    | 'dnames'
    | 'dnameLen'
    | 'dname'
    | 'sessionTicketAgeAdd'
    | 'sessionTicketNonceLength'
    | 'sessionTicketNonce'
    | 'sessionTicketLength'
    | 'sessionTicket'
    | 'clientCertVrfySigLen'
    | 'clientCertVrfySig'
    | 'ja3Full'
    | 'ja3'
    | 'ja3sFull'
    | 'ja3s'
    | 'extensionPskKeModesLength'
    | 'extensionPskKeMode'
    | 'certificateRequestContextLength'
    | 'certificateRequestContext'
    | 'keyUpdateRequestUpdate'
    | 'earlyDataMaxEarlyDataSize'
    | 'recordSizeLimit'
    | 'compressCertificateAlgorithmsLength'
    | 'compressCertificateAlgorithm'
    | 'resumed',
    number
  >
> = extendProtocol(TLS.protocol, {
  supportedGroupsLength: { name: 'tls.handshake.extensions_supported_groups_length', label: 'Supported Groups List Length', type: 'uint16', base: 'dec' },
  supportedGroups: { name: 'tls.handshake.extensions_supported_groups', label: 'Supported Groups List', type: 'none' },
  supportedGroup: { name: 'tls.handshake.extensions_supported_group', label: 'Supported Group', type: 'uint16', base: 'hex', values: TLS_GROUPS },
  ecPointFormatsLength: { name: 'tls.handshake.extensions_ec_point_formats_length', label: 'EC point formats Length', type: 'uint8', base: 'dec' },
  ecPointFormats: { name: 'tls.handshake.extensions_ec_point_formats', label: 'EC point formats', type: 'none' },
  ecPointFormat: {
    name: 'tls.handshake.extensions_ec_point_format',
    label: 'EC point format',
    type: 'uint8',
    base: 'dec',
    values: new Map([
      [0, 'uncompressed'],
      [1, 'ansiX962_compressed_prime'],
      [2, 'ansiX962_compressed_char2'],
    ]),
  },
  renegInfoLen: { name: 'tls.handshake.extensions_reneg_info_len', label: 'Renegotiation info extension length', type: 'uint8', base: 'dec' },
  renegInfo: { name: 'tls.handshake.extensions_reneg_info', label: 'Renegotiation info', type: 'bytes' },
  keyShareClientLength: { name: 'tls.handshake.extensions_key_share_client_length', label: 'Client Key Share Length', type: 'uint16', base: 'dec' },
  keyShareGroup: { name: 'tls.handshake.extensions_key_share_group', label: 'Group', type: 'uint16', base: 'dec', values: TLS_GROUPS },
  keyShareKeyExchangeLength: { name: 'tls.handshake.extensions_key_share_key_exchange_length', label: 'Key Exchange Length', type: 'uint16', base: 'dec' },
  keyShareKeyExchange: { name: 'tls.handshake.extensions_key_share_key_exchange', label: 'Key Exchange', type: 'bytes' },
  keyShareSelectedGroup: {
    name: 'tls.handshake.extensions_key_share_selected_group',
    label: 'Selected Group',
    type: 'uint16',
    base: 'dec',
    values: TLS_GROUPS,
  },
  pskIdentitiesLength: { name: 'tls.handshake.extensions.psk.identities.length', label: 'Identities Length', type: 'uint16', base: 'dec' },
  pskIdentityIdentityLength: { name: 'tls.handshake.extensions.psk.identity.identity_length', label: 'Identity Length', type: 'uint16', base: 'dec' },
  pskIdentityIdentity: { name: 'tls.handshake.extensions.psk.identity.identity', label: 'Identity', type: 'bytes' },
  pskIdentityObfuscatedTicketAge: {
    name: 'tls.handshake.extensions.psk.identity.obfuscated_ticket_age',
    label: 'Obfuscated Ticket Age',
    type: 'uint32',
    base: 'dec',
  },
  pskBindersLen: { name: 'tls.handshake.extensions.psk.binders_len', label: 'PSK Binders length', type: 'uint16', base: 'dec' },
  pskBinders: { name: 'tls.handshake.extensions.psk.binders', label: 'PSK Binders', type: 'none' },
  pskIdentitySelected: { name: 'tls.handshake.extensions.psk.identity.selected', label: 'Selected Identity', type: 'uint16', base: 'dec' },
  cookieLen: { name: 'tls.handshake.extensions.cookie_len', label: 'Cookie length', type: 'uint16', base: 'dec' },
  cookie: { name: 'tls.handshake.extensions.cookie', label: 'Cookie', type: 'bytes' },
  maxFragmentLength: {
    name: 'tls.handshake.max_fragment_length',
    label: 'Maximum Fragment Length',
    type: 'uint8',
    base: 'dec',
    values: new Map([
      [1, '512'],
      [2, '1024'],
      [3, '2048'],
      [4, '4096'],
    ]),
  },
  paddingData: { name: 'tls.handshake.extensions_padding_data', label: 'Padding Data', type: 'bytes' },
  statusRequestType: {
    name: 'tls.handshake.extensions_status_request_type',
    label: 'Certificate Status Type',
    type: 'uint8',
    base: 'dec',
    values: new Map([
      [1, 'OCSP'],
      [2, 'OCSP Multi'],
    ]),
  },
  statusRequestResponderIdsLen: {
    name: 'tls.handshake.extensions_status_request_responder_ids_len',
    label: 'Responder ID list Length',
    type: 'uint16',
    base: 'dec',
  },
  statusRequestExtsLen: { name: 'tls.handshake.extensions_status_request_exts_len', label: 'Request Extensions Length', type: 'uint16', base: 'dec' },
  ocspResponseLen: { name: 'tls.handshake.ocsp_response_len', label: 'OCSP Response Length', type: 'uint24', base: 'dec' },
  sigHashAlgLen: { name: 'tls.handshake.sig_hash_alg_len', label: 'Signature Hash Algorithms Length', type: 'uint16', base: 'dec' },
  sigHashAlgs: { name: 'tls.handshake.sig_hash_algs', label: 'Signature Algorithms', type: 'none' },
  sigHashAlg: { name: 'tls.handshake.sig_hash_alg', label: 'Signature Algorithm', type: 'uint16', base: 'hex', values: SIGNATURES },
  sigHashHash: {
    name: 'tls.handshake.sig_hash_hash',
    label: 'Signature Hash Algorithm Hash',
    type: 'uint8',
    base: 'dec',
    values: new Map([
      [0, 'None'],
      [1, 'MD5'],
      [2, 'SHA1'],
      [3, 'SHA224'],
      [4, 'SHA256'],
      [5, 'SHA384'],
      [6, 'SHA512'],
      [7, 'SM3'],
    ]),
  },
  sigHashSig: {
    name: 'tls.handshake.sig_hash_sig',
    label: 'Signature Hash Algorithm Signature',
    type: 'uint8',
    base: 'dec',
    values: new Map([
      [0, 'Anonymous'],
      [1, 'RSA'],
      [2, 'DSA'],
      [3, 'ECDSA'],
      [4, 'SM2'],
    ]),
  },
  epmsLen: { name: 'tls.handshake.epms_len', label: 'Encrypted PreMaster length', type: 'uint16', base: 'dec' },
  epms: { name: 'tls.handshake.epms', label: 'Encrypted PreMaster', type: 'bytes' },
  sigLen: { name: 'tls.handshake.sig_len', label: 'Signature Length', type: 'uint16', base: 'dec' },
  sig: { name: 'tls.handshake.sig', label: 'Signature', type: 'bytes' },
  pLen: { name: 'tls.handshake.p_len', label: 'p Length', type: 'uint16', base: 'dec' },
  p: { name: 'tls.handshake.p', label: 'p', type: 'bytes' },
  gLen: { name: 'tls.handshake.g_len', label: 'g Length', type: 'uint16', base: 'dec' },
  g: { name: 'tls.handshake.g', label: 'g', type: 'bytes' },
  ysLen: { name: 'tls.handshake.ys_len', label: 'Pubkey Length', type: 'uint16', base: 'dec' },
  ys: { name: 'tls.handshake.ys', label: 'Pubkey', type: 'bytes' },
  ycLen: { name: 'tls.handshake.yc_len', label: 'Pubkey Length', type: 'uint16', base: 'dec' },
  yc: { name: 'tls.handshake.yc', label: 'Pubkey', type: 'bytes' },
  serverCurveType: {
    name: 'tls.handshake.server_curve_type',
    label: 'Curve Type',
    type: 'uint8',
    base: 'hex',
    values: new Map([
      [1, 'explicit_prime'],
      [2, 'explicit_char2'],
      [3, 'named_curve'],
    ]),
  },
  serverNamedCurve: { name: 'tls.handshake.server_named_curve', label: 'Named Curve', type: 'uint16', base: 'hex', values: TLS_GROUPS },
  serverPointLen: { name: 'tls.handshake.server_point_len', label: 'Pubkey Length', type: 'uint8', base: 'dec' },
  serverPoint: { name: 'tls.handshake.server_point', label: 'Pubkey', type: 'bytes' },
  clientPointLen: { name: 'tls.handshake.client_point_len', label: 'Pubkey Length', type: 'uint8', base: 'dec' },
  clientPoint: { name: 'tls.handshake.client_point', label: 'Pubkey', type: 'bytes' },
  hintLen: { name: 'tls.handshake.hint_len', label: 'Hint Length', type: 'uint16', base: 'dec' },
  hint: { name: 'tls.handshake.hint', label: 'Hint', type: 'bytes' },
  identityLen: { name: 'tls.handshake.identity_len', label: 'Identity Length', type: 'uint16', base: 'dec' },
  identity: { name: 'tls.handshake.identity', label: 'Identity', type: 'bytes' },
  heartbeatMode: {
    name: 'tls.handshake.extension.heartbeat.mode',
    label: 'Mode',
    type: 'uint8',
    base: 'dec',
    values: new Map([
      [1, 'Peer allowed to send requests'],
      [2, 'Peer not allowed to send requests'],
    ]),
  },
  certTypesCount: { name: 'tls.handshake.cert_types_count', label: 'Certificate types count', type: 'uint8', base: 'dec' },
  certTypes: { name: 'tls.handshake.cert_types', label: 'Certificate types', type: 'none' },
  certType: {
    name: 'tls.handshake.cert_type',
    label: 'Certificate type',
    type: 'uint8',
    base: 'dec',
    values: new Map([
      [0, 'N/A'],
      [1, 'X.509 Certificate'],
      [1, 'RSA Sign'],
      [2, 'DSS Sign'],
      [3, 'RSA Fixed DH'],
      [4, 'DSS Fixed DH'],
      [21, 'GOST R 34.10-94'],
      [22, 'GOST R 34.10-2001'],
      [64, 'ECDSA Sign'],
      [65, 'RSA Fixed ECDH'],
      [66, 'ECDSA Fixed ECDH'],
      [80, 'IBC Params'],
    ]),
  },
  dnamesLen: { name: 'tls.handshake.dnames_len', label: 'Distinguished Names Length', type: 'uint16', base: 'dec' },
  dnames: { name: 'tls.handshake.dnames', label: 'Distinguished Names', type: 'none' },
  dnameLen: { name: 'tls.handshake.dname_len', label: 'Distinguished Name Length', type: 'uint16', base: 'dec' },
  dname: { name: 'tls.handshake.dname', label: 'Distinguished Name', type: 'none' },
  sessionTicketAgeAdd: { name: 'tls.handshake.session_ticket_age_add', label: 'Session Ticket Age Add', type: 'uint32', base: 'dec' },
  sessionTicketNonceLength: { name: 'tls.handshake.session_ticket_nonce_length', label: 'Session Ticket Nonce Length', type: 'uint8', base: 'dec' },
  sessionTicketNonce: { name: 'tls.handshake.session_ticket_nonce', label: 'Session Ticket Nonce', type: 'bytes' },
  sessionTicketLength: { name: 'tls.handshake.session_ticket_length', label: 'Session Ticket Length', type: 'uint16', base: 'dec' },
  sessionTicket: { name: 'tls.handshake.session_ticket', label: 'Session Ticket', type: 'bytes' },
  clientCertVrfySigLen: { name: 'tls.handshake.client_cert_vrfy.sig_len', label: 'Signature length', type: 'uint16', base: 'dec' },
  clientCertVrfySig: { name: 'tls.handshake.client_cert_vrfy.sig', label: 'Signature', type: 'bytes' },
  ja3Full: { name: 'tls.handshake.ja3_full', label: 'JA3 Fullstring', type: 'string', generated: true },
  ja3: { name: 'tls.handshake.ja3', label: 'JA3', type: 'string', generated: true },
  ja3sFull: { name: 'tls.handshake.ja3s_full', label: 'JA3S Fullstring', type: 'string', generated: true },
  ja3s: { name: 'tls.handshake.ja3s', label: 'JA3S', type: 'string', generated: true },
  extensionPskKeModesLength: { name: 'tls.extension.psk_ke_modes_length', label: 'PSK Key Exchange Modes Length', type: 'uint8', base: 'dec' },
  extensionPskKeMode: {
    name: 'tls.extension.psk_ke_mode',
    label: 'PSK Key Exchange Mode',
    type: 'uint8',
    base: 'dec',
    values: new Map([
      [0, 'PSK-only key establishment (psk_ke)'],
      [1, 'PSK with (EC)DHE key establishment (psk_dhe_ke)'],
    ]),
  },
  certificateRequestContextLength: {
    name: 'tls.handshake.certificate_request_context_length',
    label: 'Certificate Request Context Length',
    type: 'uint8',
    base: 'dec',
  },
  certificateRequestContext: { name: 'tls.handshake.certificate_request_context', label: 'Certificate Request Context', type: 'bytes' },
  keyUpdateRequestUpdate: {
    name: 'tls.handshake.key_update.request_update',
    label: 'Key Update Request',
    type: 'uint8',
    base: 'dec',
    values: new Map([
      [0, 'update_not_requested'],
      [1, 'update_requested'],
    ]),
  },
  earlyDataMaxEarlyDataSize: { name: 'tls.early_data.max_early_data_size', label: 'Maximum Early Data Size', type: 'uint32', base: 'dec' },
  recordSizeLimit: { name: 'tls.record_size_limit', label: 'Record Size Limit', type: 'uint16', base: 'dec' },
  compressCertificateAlgorithmsLength: { name: 'tls.compress_certificate.algorithms_length', label: 'Algorithms Length', type: 'uint8', base: 'dec' },
  compressCertificateAlgorithm: {
    name: 'tls.compress_certificate.algorithm',
    label: 'Algorithm',
    type: 'uint16',
    base: 'dec',
    values: new Map([
      [1, 'zlib'],
      [2, 'brotli'],
      [3, 'zstd'],
    ]),
  },
  resumed: { name: 'tls.resumed', label: 'This session reuses previously negotiated keys (Session resumption)', type: 'none' },
})
