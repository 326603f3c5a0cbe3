// TLS flags to what net/ needs to dial: reads the files that they name, before anything is connected.
// Which connection is encrypted at all is decided in client-settings.ts.

import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

import type { TlsDialOptions } from '../net/dial.ts'
import { devAuthorityFile } from './certs/dev-folder.ts'
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

/** The options for the connection; empty when there is no TLS. Throws ArgumentError when a file cannot be read. */
export function tlsOptions(settings: ClientSettings, env: Readonly<Record<string, string | undefined>>): TlsDialOptions {
  if (!settings.usesTls) return {}
  const { cafile, isDevelopment, capath, useOsCertificates, cert, key, ciphers, alpn, version, insecure } = settings.tls
  const authorities: (string | Buffer)[] = []
  if (cafile !== null) authorities.push(readPem(cafile))
  if (isDevelopment) authorities.push(readDevAuthority(env))
  if (capath !== null) authorities.push(...readFolder(capath))
  const trustSystem = useOsCertificates || (cafile === null && capath === null && !isDevelopment)
  if (trustSystem) authorities.push(...systemAuthorities(env))
  return {
    rejectUnauthorized: !insecure,
    // Without any, Node's own list of authorities holds.
    ...(authorities.length > 0 ? { ca: authorities } : {}),
    ...(cert === null ? {} : { cert: readPem(cert) }),
    ...(key === null ? {} : { key: readPem(key) }),
    ...(ciphers === null ? {} : { ciphers }),
    ...(alpn === null ? {} : { alpn: [alpn] }),
    ...(version === null ? {} : { minVersion: version, maxVersion: version }),
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
