// Fields of TLS: records, hellos, alerts.
// Names, labels, types and value names are Wireshark's.

import { defineProtocol, type ProtocolFields } from './field.ts'
import { CIPHER_SUITES, greaseNames } from './tls-cipher-suites.ts'

/** Names of extensions. */
export const TLS_EXTENSIONS: ReadonlyMap<number, string> = new Map([
  [0, 'server_name'],
  [1, 'max_fragment_length'],
  [2, 'client_certificate_url'],
  [3, 'trusted_ca_keys'],
  [4, 'truncated_hmac'],
  [5, 'status_request'],
  [6, 'user_mapping'],
  [7, 'client_authz'],
  [8, 'server_authz'],
  [9, 'cert_type'],
  [10, 'supported_groups'],
  [11, 'ec_point_formats'],
  [12, 'srp'],
  [13, 'signature_algorithms'],
  [14, 'use_srtp'],
  [15, 'heartbeat'],
  [16, 'application_layer_protocol_negotiation'],
  [17, 'status_request_v2'],
  [18, 'signed_certificate_timestamp'],
  [19, 'client_certificate_type'],
  [20, 'server_certificate_type'],
  [21, 'padding'],
  [22, 'encrypt_then_mac'],
  [23, 'extended_master_secret'],
  [24, 'token_binding'],
  [25, 'cached_info'],
  [27, 'compress_certificate'],
  [28, 'record_size_limit'],
  [34, 'delegated_credentials'],
  [35, 'session_ticket'],
  [40, 'Reserved (key_share)'],
  [41, 'pre_shared_key'],
  [42, 'early_data'],
  [43, 'supported_versions'],
  [44, 'cookie'],
  [45, 'psk_key_exchange_modes'],
  [46, 'Reserved (ticket_early_data_info)'],
  [47, 'certificate_authorities'],
  [48, 'oid_filters'],
  [49, 'post_handshake_auth'],
  [50, 'signature_algorithms_cert'],
  [51, 'key_share'],
  [52, 'transparency_info'],
  [53, 'connection_id (deprecated)'],
  [54, 'connection_id'],
  [55, 'external_id_hash'],
  [56, 'external_session_id'],
  [57, 'quic_transport_parameters'],
  [58, 'ticket_request'],
  [59, 'dnssec_chain'],
  [13172, 'next_protocol_negotiation'],
  [17513, 'application_settings'],
  [30031, 'channel_id_old'],
  [30032, 'channel_id'],
  [65281, 'renegotiation_info'],
  [65445, 'quic_transport_parameters (drafts version)'],
  [65486, 'encrypted_server_name'],
  ...greaseNames(),
])

/** Names of versions. */
export const TLS_VERSIONS: ReadonlyMap<number, string> = new Map([
  [0x0300, 'SSL 3.0'],
  [0x0301, 'TLS 1.0'],
  [0x0302, 'TLS 1.1'],
  [0x0303, 'TLS 1.2'],
  [0x0304, 'TLS 1.3'],
])

export const TLS: ProtocolFields<
  | 'record'
  | 'recordContentType'
  | 'recordOpaqueType'
  | 'recordVersion'
  | 'recordLength'
  | 'ignoredUnknownRecord'
  | 'changeCipherSpec'
  | 'alertMessage'
  | 'alertMessageLevel'
  | 'alertMessageDesc'
  | 'appData'
  | 'appDataProto'
  | 'handshake'
  | 'handshakeType'
  | 'handshakeLength'
  | 'handshakeVersion'
  | 'handshakeRandom'
  | 'handshakeRandomTime'
  | 'handshakeRandomBytes'
  | 'handshakeSessionIdLength'
  | 'handshakeSessionId'
  | 'handshakeCipherSuitesLength'
  | 'handshakeCiphersuites'
  | 'handshakeCiphersuite'
  | 'handshakeCompMethodsLength'
  | 'handshakeCompMethods'
  | 'handshakeCompMethod'
  | 'handshakeExtensionsLength'
  | 'handshakeExtensionType'
  | 'handshakeExtensionLen'
  | 'handshakeExtensionData'
  | 'handshakeExtensionsServerNameListLen'
  | 'handshakeExtensionsServerNameType'
  | 'handshakeExtensionsServerNameLen'
  | 'handshakeExtensionsServerName'
  | 'handshakeExtensionsAlpnLen'
  | 'handshakeExtensionsAlpnList'
  | 'handshakeExtensionsAlpnStrLen'
  | 'handshakeExtensionsAlpnStr'
  | 'handshakeExtensionsSupportedVersionsLen'
  | 'handshakeExtensionsSupportedVersion'
  | 'handshakeCertificatesLength'
  | 'handshakeCertificates'
  | 'handshakeCertificateLength'
  | 'handshakeCertificate'
  | 'handshakeSessionTicketLifetimeHint'
  | 'handshakeVerifyData'
> = defineProtocol(
  { name: 'tls', label: 'Transport Layer Security' },
  {
    record: { name: 'tls.record', label: 'Record Layer', type: 'none' },
    recordContentType: {
      name: 'tls.record.content_type',
      label: 'Content Type',
      type: 'uint8',
      base: 'dec',
      values: new Map([
        [20, 'Change Cipher Spec'],
        [21, 'Alert'],
        [22, 'Handshake'],
        [23, 'Application Data'],
        [24, 'Heartbeat'],
        [25, 'Connection ID'],
      ]),
    },
    recordOpaqueType: {
      name: 'tls.record.opaque_type',
      label: 'Opaque Type',
      type: 'uint8',
      base: 'dec',
      values: new Map([
        [20, 'Change Cipher Spec'],
        [21, 'Alert'],
        [22, 'Handshake'],
        [23, 'Application Data'],
        [24, 'Heartbeat'],
        [25, 'Connection ID'],
      ]),
    },
    recordVersion: { name: 'tls.record.version', label: 'Version', type: 'uint16', base: 'hex', values: TLS_VERSIONS },
    recordLength: { name: 'tls.record.length', label: 'Length', type: 'uint16', base: 'dec' },
    ignoredUnknownRecord: { name: 'tls.ignored_unknown_record', label: 'Ignored Unknown Record', type: 'none' },
    changeCipherSpec: { name: 'tls.change_cipher_spec', label: 'Change Cipher Spec Message', type: 'none' },
    alertMessage: { name: 'tls.alert_message', label: 'Alert Message', type: 'none' },
    alertMessageLevel: {
      name: 'tls.alert_message.level',
      label: 'Level',
      type: 'uint8',
      base: 'dec',
      values: new Map([
        [1, 'Warning'],
        [2, 'Fatal'],
      ]),
    },
    alertMessageDesc: {
      name: 'tls.alert_message.desc',
      label: 'Description',
      type: 'uint8',
      base: 'dec',
      values: new Map([
        [0, 'Close Notify'],
        [1, 'End of Early Data'],
        [10, 'Unexpected Message'],
        [20, 'Bad Record MAC'],
        [21, 'Decryption Failed'],
        [22, 'Record Overflow'],
        [30, 'Decompression Failure'],
        [40, 'Handshake Failure'],
        [41, 'No Certificate'],
        [42, 'Bad Certificate'],
        [43, 'Unsupported Certificate'],
        [44, 'Certificate Revoked'],
        [45, 'Certificate Expired'],
        [46, 'Certificate Unknown'],
        [47, 'Illegal Parameter'],
        [48, 'Unknown CA'],
        [49, 'Access Denied'],
        [50, 'Decode Error'],
        [51, 'Decrypt Error'],
        [60, 'Export Restriction'],
        [70, 'Protocol Version'],
        [71, 'Insufficient Security'],
        [80, 'Internal Error'],
        [86, 'Inappropriate Fallback'],
        [90, 'User Canceled'],
        [100, 'No Renegotiation'],
        [109, 'Missing Extension'],
        [110, 'Unsupported Extension'],
        [111, 'Certificate Unobtainable'],
        [112, 'Unrecognized Name'],
        [113, 'Bad Certificate Status Response'],
        [114, 'Bad Certificate Hash Value'],
        [115, 'Unknown PSK Identity'],
        [116, 'Certificate Required'],
        [120, 'No application Protocol'],
        [121, 'ECH Required'],
      ]),
    },
    appData: { name: 'tls.app_data', label: 'Encrypted Application Data', type: 'bytes' },
    appDataProto: { name: 'tls.app_data_proto', label: 'Application Data Protocol', type: 'string', generated: true },
    handshake: { name: 'tls.handshake', label: 'Handshake Protocol', type: 'none' },
    handshakeType: {
      name: 'tls.handshake.type',
      label: 'Handshake Type',
      type: 'uint8',
      base: 'dec',
      values: new Map([
        [0, 'Hello Request'],
        [1, 'Client Hello'],
        [2, 'Server Hello'],
        [3, 'Hello Verify Request'],
        [4, 'New Session Ticket'],
        [5, 'End of Early Data'],
        [6, 'Hello Retry Request'],
        [8, 'Encrypted Extensions'],
        [11, 'Certificate'],
        [12, 'Server Key Exchange'],
        [13, 'Certificate Request'],
        [14, 'Server Hello Done'],
        [15, 'Certificate Verify'],
        [16, 'Client Key Exchange'],
        [20, 'Finished'],
        [21, 'Certificate URL'],
        [22, 'Certificate Status'],
        [23, 'Supplemental Data'],
        [24, 'Key Update'],
        [25, 'Compressed Certificate'],
      ]),
    },
    handshakeLength: { name: 'tls.handshake.length', label: 'Length', type: 'uint24', base: 'dec' },
    handshakeVersion: { name: 'tls.handshake.version', label: 'Version', type: 'uint16', base: 'hex', values: TLS_VERSIONS },
    handshakeRandom: { name: 'tls.handshake.random', label: 'Random', type: 'bytes' },
    handshakeRandomTime: { name: 'tls.handshake.random_time', label: 'GMT Unix Time', type: 'absolute_time' },
    handshakeRandomBytes: { name: 'tls.handshake.random_bytes', label: 'Random Bytes', type: 'bytes' },
    handshakeSessionIdLength: { name: 'tls.handshake.session_id_length', label: 'Session ID Length', type: 'uint16', base: 'dec' },
    handshakeSessionId: { name: 'tls.handshake.session_id', label: 'Session ID', type: 'bytes' },
    handshakeCipherSuitesLength: { name: 'tls.handshake.cipher_suites_length', label: 'Cipher Suites Length', type: 'uint16', base: 'dec' },
    handshakeCiphersuites: { name: 'tls.handshake.ciphersuites', label: 'Cipher Suites', type: 'none' },
    handshakeCiphersuite: { name: 'tls.handshake.ciphersuite', label: 'Cipher Suite', type: 'uint16', base: 'hex', values: CIPHER_SUITES },
    handshakeCompMethodsLength: { name: 'tls.handshake.comp_methods_length', label: 'Compression Methods Length', type: 'uint8', base: 'dec' },
    handshakeCompMethods: { name: 'tls.handshake.comp_methods', label: 'Compression Methods', type: 'none' },
    handshakeCompMethod: {
      name: 'tls.handshake.comp_method',
      label: 'Compression Method',
      type: 'uint8',
      base: 'dec',
      values: new Map([
        [0, 'null'],
        [1, 'DEFLATE'],
        [64, 'LZS'],
      ]),
    },
    handshakeExtensionsLength: { name: 'tls.handshake.extensions_length', label: 'Extensions Length', type: 'uint16', base: 'dec' },
    handshakeExtensionType: { name: 'tls.handshake.extension.type', label: 'Type', type: 'uint16', base: 'dec', values: TLS_EXTENSIONS },
    handshakeExtensionLen: { name: 'tls.handshake.extension.len', label: 'Length', type: 'uint16', base: 'dec' },
    handshakeExtensionData: { name: 'tls.handshake.extension.data', label: 'Data', type: 'bytes' },
    handshakeExtensionsServerNameListLen: {
      name: 'tls.handshake.extensions_server_name_list_len',
      label: 'Server Name list length',
      type: 'uint16',
      base: 'dec',
    },
    handshakeExtensionsServerNameType: {
      name: 'tls.handshake.extensions_server_name_type',
      label: 'Server Name Type',
      type: 'uint8',
      base: 'dec',
      values: new Map([[0, 'host_name']]),
    },
    handshakeExtensionsServerNameLen: { name: 'tls.handshake.extensions_server_name_len', label: 'Server Name length', type: 'uint16', base: 'dec' },
    handshakeExtensionsServerName: { name: 'tls.handshake.extensions_server_name', label: 'Server Name', type: 'string' },
    handshakeExtensionsAlpnLen: { name: 'tls.handshake.extensions_alpn_len', label: 'ALPN Extension Length', type: 'uint16', base: 'dec' },
    handshakeExtensionsAlpnList: { name: 'tls.handshake.extensions_alpn_list', label: 'ALPN Protocol', type: 'none' },
    handshakeExtensionsAlpnStrLen: { name: 'tls.handshake.extensions_alpn_str_len', label: 'ALPN string length', type: 'uint8', base: 'dec' },
    handshakeExtensionsAlpnStr: { name: 'tls.handshake.extensions_alpn_str', label: 'ALPN Next Protocol', type: 'string' },
    handshakeExtensionsSupportedVersionsLen: {
      name: 'tls.handshake.extensions.supported_versions_len',
      label: 'Supported Versions length',
      type: 'uint8',
      base: 'dec',
    },
    handshakeExtensionsSupportedVersion: {
      name: 'tls.handshake.extensions.supported_version',
      label: 'Supported Version',
      type: 'uint16',
      base: 'hex',
      values: TLS_VERSIONS,
    },
    handshakeCertificatesLength: { name: 'tls.handshake.certificates_length', label: 'Certificates Length', type: 'uint24', base: 'dec' },
    handshakeCertificates: { name: 'tls.handshake.certificates', label: 'Certificates', type: 'none' },
    handshakeCertificateLength: { name: 'tls.handshake.certificate_length', label: 'Certificate Length', type: 'uint24', base: 'dec' },
    handshakeCertificate: { name: 'tls.handshake.certificate', label: 'Certificate', type: 'bytes' },
    handshakeSessionTicketLifetimeHint: {
      name: 'tls.handshake.session_ticket_lifetime_hint',
      label: 'Session Ticket Lifetime Hint',
      type: 'uint32',
      base: 'dec',
    },
    handshakeVerifyData: { name: 'tls.handshake.verify_data', label: 'Verify Data', type: 'none' },
  },
)
