// TLS flags to what net/ needs to dial: reads and checks the files that they name, before anything is connected.
// Which connection is encrypted at all is decided in client-settings.ts.

import { createPrivateKey, X509Certificate } from 'node:crypto'
import { appendFileSync, existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { devAuthorityFile } from '../certs/dev-folder.ts'
import type { TlsDialOptions } from '../net/dial.ts'
import { ArgumentError, errorCode, systemErrorText } from './client-errors.ts'
import type { ClientSettings } from './client-settings.ts'

/** Where systems keep the authorities that they trust. */
const OS_BUNDLES: readonly string[] = [
  '/etc/ssl/certs/ca-certificates.crt',
  '/etc/pki/tls/certs/ca-bundle.crt',
  '/etc/ssl/ca-bundle.pem',
  '/etc/ssl/cert.pem',
  '/usr/local/etc/ssl/cert.pem',
]

const VERSIONS: Readonly<Record<string, 'TLSv1.2' | 'TLSv1.3'>> = { 'tlsv1.2': 'TLSv1.2', 'tlsv1.3': 'TLSv1.3' }

/** Bytes of the longest key that OpenSSL takes. */
const LONGEST_PSK = 256

/** A key that both sides know, instead of certificates. */
export interface PreSharedKey {
  readonly identity: string
  readonly key: Buffer
}

/** What `dial` takes for TLS. */
export interface ClientTlsOptions extends TlsDialOptions {
  readonly psk?: PreSharedKey
}

/** The options for the connection; empty when there is no TLS. Throws ArgumentError when a file cannot be read, or holds something else. */
export function tlsOptions(settings: ClientSettings, env: Readonly<Record<string, string | undefined>>): ClientTlsOptions {
  checkForms(settings)
  if (!settings.usesTls) return {}
  const { cert, key, ciphers, alpn, version, insecure, keylog } = settings.tls
  const minVersion = version === null ? undefined : VERSIONS[version]!
  return {
    rejectUnauthorized: !insecure,
    ...trust(settings, env),
    ...(cert === null || key === null ? {} : ownCertificate(cert, key)),
    ...(ciphers === null ? {} : { ciphers }),
    ...(alpn === null ? {} : { alpn: [alpn] }),
    ...(minVersion === undefined ? {} : { minVersion }), // Mosquitto's clients take a newer one, too
    ...(keylog === null ? {} : { keylog: keyLog(keylog) }),
  }
}

/** What is wrong whether there is TLS or not, in the order in which Mosquitto looks. */
function checkForms({ tls }: ClientSettings): void {
  if (tls.psk !== null) sharedKey(tls.psk)
  if (tls.keyform !== null && tls.keyform !== 'pem') {
    const remedy = 'Keys are read from PEM files only.'
    throw new ArgumentError(
      tls.keyform === 'engine'
        ? `Problem setting key form: engines are not supported. ${remedy}`
        : "Problem setting key form, it must be one of 'pem' or 'engine'.",
      'message only',
    )
  }
  if (tls.version !== null && !Object.hasOwn(VERSIONS, tls.version)) {
    throw new ArgumentError(
      `Problem setting TLS options, check the options are valid.\nThere is no --tls-version ${tls.version}: tlsv1.2 or tlsv1.3.`,
      'message only',
    )
  }
}

/** Whom to trust, and why: a shared key, named authorities, or those of the system. */
function trust({ tls }: ClientSettings, env: Readonly<Record<string, string | undefined>>): ClientTlsOptions {
  if (tls.psk !== null) return { psk: { identity: tls.pskIdentity!, key: sharedKey(tls.psk) } }
  const authorities: (string | Buffer)[] = []
  if (tls.cafile !== null) authorities.push(readAuthorities(tls.cafile))
  if (tls.isDevelopment) authorities.push(readDevAuthority(env))
  if (tls.capath !== null) authorities.push(...readFolder(tls.capath))
  if (tls.useOsCertificates || authorities.length === 0) authorities.push(...systemAuthorities(env))
  // Without any, Node's own list of authorities holds.
  return authorities.length > 0 ? { ca: authorities } : {}
}

/** Hexadecimal without 0x; one digit alone counts as the low half of its byte. */
function sharedKey(text: string): Buffer {
  if (!/^[0-9a-f]+$/i.test(text) || text.length > 2 * LONGEST_PSK) {
    throw new ArgumentError(
      `Problem setting TLS-PSK options.\nThe key of --psk is written in hexadecimal digits without 0x, at most ${2 * LONGEST_PSK} of them.`,
      'message only',
    )
  }
  return Buffer.from(text.length % 2 === 0 ? text : `0${text}`, 'hex')
}

function ownCertificate(certPath: string, keyPath: string): { readonly cert: Buffer; readonly key: Buffer } {
  const cert = readPem(certPath)
  const key = readPem(keyPath)
  const certificate = parsed(() => new X509Certificate(cert), `Unable to load client certificate "${certPath}".`)
  const privateKey = parsed(() => createPrivateKey(key), `Unable to load client key file "${keyPath}": a PEM file without a passphrase is needed.`)
  if (!certificate.checkPrivateKey(privateKey)) throw unusable(`Client certificate/key are inconsistent: "${keyPath}" is not the key of "${certPath}".`)
  return { cert, key }
}

function parsed<T>(parse: () => T, message: string): T {
  try {
    return parse()
  } catch {
    throw unusable(message)
  }
}

/** The authority of --tls dev. */
function readDevAuthority(env: Readonly<Record<string, string | undefined>>): Buffer {
  const path = devAuthorityFile(env)
  if (path !== null && existsSync(path)) return readPem(path)
  throw new ArgumentError(
    `Problem setting TLS options: there is no development certificate yet${path === null ? '' : ` ("${path}")`}. Start the broker with --tls dev, or run: zanzara certs dev`,
    'message only',
  )
}

/** The reason, then the words that scripts know. */
function unusable(message: string): ArgumentError {
  return new ArgumentError(`${message}\nUnable to connect (A TLS error occurred).`, 'message only')
}

function readPem(path: string): Buffer {
  try {
    return readFileSync(path)
  } catch (error) {
    throw new ArgumentError(
      errorCode(error) === 'ENOENT' ? 'Problem setting TLS options: File not found.' : `Problem setting TLS options: "${path}": ${systemErrorText(error)}.`,
      'message only',
    )
  }
}

function readAuthorities(path: string): Buffer {
  const content = readPem(path)
  parsed(() => new X509Certificate(content), `Unable to load CA certificates, check cafile "${path}".`)
  return content
}

/** Every file of the folder that holds a certificate. */
function readFolder(path: string): Buffer[] {
  let names: string[]
  try {
    names = readdirSync(path)
  } catch {
    throw new ArgumentError('Problem setting TLS options: File not found.', 'message only')
  }
  const found: Buffer[] = []
  for (const name of names) {
    try {
      const content = readFileSync(join(path, name))
      if (content.includes('-----BEGIN CERTIFICATE-----')) found.push(content)
    } catch {
      // A subfolder or a dangling link: such folders are full of links, and one bad one spoils nothing.
    }
  }
  if (found.length === 0) throw unusable(`Unable to load CA certificates, check capath "${path}": no PEM file in it holds one.`)
  return found
}

/** The system's bundle; nothing where there is none. */
function systemAuthorities(env: Readonly<Record<string, string | undefined>>): Buffer[] {
  const named = env['SSL_CERT_FILE']
  if (named !== undefined && named !== '') return [readPem(named)]
  for (const path of OS_BUNDLES) {
    try {
      return [readFileSync(path)]
    } catch {
      // The next system's place.
    }
  }
  return []
}

/** Appends lines to the file, which only its owner may read: whoever has the keys reads the traffic. */
function keyLog(path: string): (line: string | Uint8Array) => void {
  const append = (text: string): void => appendFileSync(path, text, { mode: 0o600 })
  try {
    append('')
  } catch (error) {
    throw new ArgumentError(`Unable to write the key log "${path}": ${systemErrorText(error)}.`, 'message only')
  }
  return (line) => {
    const text = Buffer.from(line).toString('latin1')
    try {
      append(text.endsWith('\n') ? text : `${text}\n`)
    } catch {
      // The disk is full, the folder gone: the log ends early, the connection does not.
    }
  }
}
