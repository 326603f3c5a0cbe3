// The options of a listener about TLS: certificates, what is asked of clients, pre-shared keys.
// Files are only named here: who opens the listener reads them.

import { ConfigError } from './configuration.ts'
import type { ListenerDraft } from './drafts.ts'
import type { Row } from './option.ts'

/** Those that no default listener is made for. */
export const NEED_A_LISTENER: ReadonlySet<string> = new Set(['cafile', 'disable_client_cert_date_checks', 'tls_version'])

export const TLS_OPTIONS: readonly Row<ListenerDraft>[] = [
  {
    name: 'cafile',
    kind: 'text',
    again: 'last',
    default: '',
    reload: true,
    meaning: 'File of CA certificates that client certificates are checked against.',
    set: (listener, value) => {
      refuseBoth(listener.pskHint)
      listener.cafile = value
    },
  },
  {
    name: 'capath',
    kind: 'text',
    again: 'last',
    default: '',
    reload: true,
    meaning: 'Folder of files of CA certificates that client certificates are checked against.',
    set: (listener, value) => void (listener.capath = value),
  },
  {
    name: 'certfile',
    kind: 'text',
    again: 'last',
    default: '',
    reload: true,
    meaning: "File of the listener's certificate and those between it and the CA; with keyfile this makes it a TLS listener.",
    set: (listener, value) => {
      refuseBoth(listener.pskHint)
      listener.certfile = value
    },
  },
  {
    name: 'ciphers',
    kind: 'text',
    again: 'last',
    default: '',
    reload: false,
    meaning: 'Ciphers of TLS 1.2, in the notation of OpenSSL.',
    set: (listener, value) => void (listener.ciphers = value),
  },
  {
    name: 'ciphers_tls1.3',
    kind: 'text',
    again: 'last',
    default: '',
    reload: false,
    meaning: 'Ciphers of TLS 1.3, separated by colons.',
    set: (listener, value) => void (listener.ciphersTls13 = value),
  },
  {
    name: 'crlfile',
    kind: 'text',
    again: 'last',
    default: '',
    reload: true,
    meaning: 'File of revoked client certificates.',
    set: (listener, value) => void (listener.crlfile = value),
  },
  {
    name: 'dhparamfile',
    kind: 'line',
    default: '',
    reload: false,
    meaning: 'Nothing any more: parameters for Diffie-Hellman are built in.',
    set: (_listener, _value, line) => line.note('warning', 'Warning: dhparamfile is no longer required.'),
  },
  {
    name: 'disable_client_cert_date_checks',
    kind: 'boolean',
    default: 'false',
    reload: false,
    meaning: 'Client certificates that have expired, or are not valid yet, are accepted.',
    set: (listener, value) => void (listener.disableClientCertificateDateChecks = value),
  },
  {
    name: 'keyfile',
    kind: 'text',
    again: 'last',
    default: '',
    reload: true,
    meaning: 'File of the private key that belongs to certfile.',
    set: (listener, value) => void (listener.keyfile = value),
  },
  {
    name: 'psk_hint',
    kind: 'text',
    default: '',
    reload: false,
    meaning: 'TLS with pre-shared keys (psk_file) instead of certificates; the text is sent to clients as a hint.',
    set: (listener, value) => {
      refuseBoth(listener.certfile ?? listener.cafile)
      listener.pskHint = value
    },
  },
  {
    name: 'require_certificate',
    kind: 'boolean',
    default: 'false',
    reload: false,
    meaning: 'Clients need a certificate of a CA in cafile or capath.',
    set: (listener, value) => void (listener.requireCertificate = value),
  },
  {
    name: 'tls_engine',
    kind: 'text',
    default: '',
    reload: false,
    noEffect: "Node does not load OpenSSL's engines; keys come from files",
    meaning: 'Engine of OpenSSL that holds the key.',
    set: () => {},
  },
  {
    name: 'tls_engine_kpass_sha1',
    kind: 'text',
    default: '',
    reload: false,
    secret: true,
    noEffect: "Node does not load OpenSSL's engines; keys come from files",
    meaning: 'SHA-1 of the password of the key in the engine.',
    set: (_listener, value) => {
      if (!/^[0-9a-f]{40}$/i.test(value)) throw new ConfigError("Invalid 'tls_engine_kpass_sha1' value: 40 hexadecimal digits are needed.")
    },
  },
  {
    name: 'tls_keyform',
    kind: 'text',
    default: 'pem',
    reload: false,
    meaning: 'Where the key is: pem = in a file; engine has no effect here.',
    set: (_listener, value, line) => {
      if (value === 'engine')
        line.note('warning', "Warning: The 'tls_keyform engine' option has no effect: Node does not load OpenSSL's engines; keys come from files.")
    },
  },
  {
    name: 'tls_version',
    kind: 'text',
    default: 'tlsv1.2',
    reload: false,
    meaning: 'The lowest version of TLS: tlsv1.2 or tlsv1.3.',
    set: (listener, value, line) => {
      if (value === 'tlsv1.1') line.note('warning', "Warning: 'tls_version tlsv1.1' has no effect: versions before 1.2 are not safe; 1.2 is the lowest.")
      listener.minimumTlsVersion = minimumTlsVersion('tls_version', value)
    },
  },
  {
    name: 'use_identity_as_username',
    kind: 'boolean',
    default: 'false',
    reload: false,
    meaning: 'The Common Name of the client certificate, or the identity of the pre-shared key, is the user name.',
    set: (listener, value) => void (listener.useIdentityAsUsername = value),
  },
  {
    name: 'use_subject_as_username',
    kind: 'boolean',
    default: 'false',
    reload: false,
    meaning: 'The whole subject of the client certificate is the user name.',
    set: (listener, value) => void (listener.useSubjectAsUsername = value),
  },
]

/** Of a listener or a bridge. @throws ConfigError */
export function minimumTlsVersion(name: string, value: string): 'TLSv1.2' | 'TLSv1.3' {
  if (value === 'tlsv1.3') return 'TLSv1.3'
  if (value === 'tlsv1.2' || value === 'tlsv1.1') return 'TLSv1.2'
  throw new ConfigError(`Unsupported ${name} '${value}': use tlsv1.2 or tlsv1.3.`)
}

function refuseBoth(other: string | null): void {
  if (other !== null) throw new ConfigError('Cannot use both certificate and psk encryption in a single listener.')
}
