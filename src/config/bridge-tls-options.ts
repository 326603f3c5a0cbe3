// The options of a bridge about TLS: certificates or a pre-shared key, not both.
// Files are only named here: who connects the bridge reads them.

import { ConfigError } from './configuration.ts'
import type { BridgeDraft } from './drafts.ts'
import type { LineContext, Row } from './option.ts'
import { minimumTlsVersion } from './tls-options.ts'

export const BRIDGE_TLS_OPTIONS: readonly Row<BridgeDraft>[] = [
  {
    name: 'bridge_alpn',
    kind: 'text',
    default: '',
    reload: true,
    meaning: 'Protocol to ask for in the TLS handshake (ALPN).',
    set: (bridge, value) => void (bridge.alpn = value),
  },
  {
    name: 'bridge_cafile',
    kind: 'text',
    default: '',
    reload: true,
    meaning: 'File of CA certificates that the other broker is checked against; makes the bridge use TLS.',
    set: (bridge, value, line) => {
      refusePsk(bridge, line)
      bridge.cafile = value
    },
  },
  {
    name: 'bridge_capath',
    kind: 'text',
    default: '',
    reload: true,
    meaning: 'Folder of files of CA certificates that the other broker is checked against; makes the bridge use TLS.',
    set: (bridge, value, line) => {
      refusePsk(bridge, line)
      bridge.capath = value
    },
  },
  {
    name: 'bridge_certfile',
    kind: 'text',
    default: '',
    reload: true,
    meaning: 'File of the certificate that the bridge shows.',
    set: (bridge, value, line) => {
      refusePsk(bridge, line)
      bridge.certfile = value
    },
  },
  {
    name: 'bridge_ciphers',
    kind: 'text',
    default: '',
    reload: true,
    meaning: 'Ciphers of TLS 1.2, in the notation of OpenSSL.',
    set: (bridge, value) => void (bridge.ciphers = value),
  },
  {
    name: 'bridge_ciphers_tls1.3',
    kind: 'text',
    default: '',
    reload: true,
    meaning: 'Ciphers of TLS 1.3, separated by colons.',
    set: (bridge, value) => void (bridge.ciphersTls13 = value),
  },
  {
    name: 'bridge_identity',
    kind: 'text',
    default: '',
    reload: true,
    meaning: 'Identity of the pre-shared key; needs bridge_psk.',
    set: (bridge, value, line) => {
      refuseCertificate(bridge, line)
      bridge.pskIdentity = value
    },
  },
  {
    name: 'bridge_insecure',
    kind: 'boolean',
    default: 'false',
    reload: true,
    meaning: "Do not check that the other broker's certificate bears its name.",
    set: (bridge, value, line) => {
      bridge.insecure = value
      if (value) line.note('warning', `Warning: Bridge '${bridge.name}' using insecure mode.`)
    },
  },
  {
    name: 'bridge_keyfile',
    kind: 'text',
    again: 'last',
    default: '',
    reload: true,
    meaning: 'File of the private key that belongs to bridge_certfile.',
    set: (bridge, value, line) => {
      refusePsk(bridge, line)
      bridge.keyfile = value
    },
  },
  {
    name: 'bridge_psk',
    secret: true,
    kind: 'text',
    default: '',
    reload: true,
    meaning: 'Pre-shared key in hexadecimal; needs bridge_identity.',
    set: (bridge, value, line) => {
      refuseCertificate(bridge, line)
      bridge.psk = value
    },
  },
  {
    name: 'bridge_require_ocsp',
    kind: 'boolean',
    default: 'false',
    reload: true,
    noEffect: 'Node does not check OCSP; the certificate itself is checked',
    meaning: "Ask whether the other broker's certificate was revoked.",
    set: () => {},
  },
  {
    name: 'bridge_tls_use_os_certs',
    kind: 'boolean',
    default: 'false',
    reload: true,
    meaning: "Check the other broker against this system's CA certificates; makes the bridge use TLS.",
    set: (bridge, value) => void (bridge.useOsCertificates = value),
  },
  {
    name: 'bridge_tls_version',
    kind: 'text',
    default: '',
    reload: true,
    meaning: 'Least version of TLS: tlsv1.2 or tlsv1.3; tlsv1.2 unless given.',
    set: (bridge, value, line) => {
      if (value === 'tlsv1.1') line.note('warning', "Warning: 'bridge_tls_version tlsv1.1' has no effect: versions before 1.2 are not safe; 1.2 is the lowest.")
      bridge.tlsVersion = minimumTlsVersion('bridge_tls_version', value)
    },
  },
]

function refusePsk(bridge: BridgeDraft, { name }: LineContext): void {
  if (bridge.psk !== null || bridge.pskIdentity !== null) throw new ConfigError(`'${name}': Cannot use both certificate and psk encryption in a single bridge.`)
}

function refuseCertificate(bridge: BridgeDraft, { name }: LineContext): void {
  if ([bridge.cafile, bridge.capath, bridge.certfile, bridge.keyfile].some((file) => file !== null))
    throw new ConfigError(`'${name}': Cannot use both certificate and identity encryption in a single bridge.`)
}
