// What certificates say, and what is wrong with them: for `certs show` and for `doctor`.
// Judges by what MQTT clients check; whom somebody trusts it cannot know.

import { createHash, createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto'
import { isIP } from 'node:net'
import { signatureAlgorithm } from '../../certs/certificate.ts'
import { alternativeNames } from '../../certs/host-names.ts'

const DAY_MS = 86_400_000
/** Days before the end from which on it is said. */
const SOON_DAYS = 30
const SERVER_AUTHENTICATION = '1.3.6.1.5.5.7.3.1'
const CLIENT_AUTHENTICATION = '1.3.6.1.5.5.7.3.2'
/** Signatures that today's TLS libraries refuse: MD5 and SHA-1, with RSA and ECDSA. */
const WEAK_SIGNATURES: Readonly<Record<string, string>> = {
  '1.2.840.113549.1.1.4': 'MD5',
  '1.2.840.113549.1.1.5': 'SHA-1',
  '1.2.840.10045.4.1': 'SHA-1',
}

export interface CertificateFacts {
  readonly subject: string
  readonly issuer: string
  readonly isSelfIssued: boolean
  readonly isAuthority: boolean
  /** Names and addresses of the Subject Alternative Name. */
  readonly names: readonly string[]
  /** `servers`, `clients`; empty = nothing said, which means both. */
  readonly uses: readonly ('servers' | 'clients')[]
  readonly notBefore: Date
  readonly notAfter: Date
  /** Whole days, negative when it has ended. */
  readonly daysLeft: number
  readonly key: string
  readonly serialNumber: string
  /** SHA-256, bytes between colons. */
  readonly fingerprint: string
  readonly warnings: readonly CertificateWarning[]
}

export interface CertificateWarning {
  /** True: no client will take it. */
  readonly isFatal: boolean
  readonly text: string
}

/** Certificates of a PEM file in their order, or the one of a DER file; null when there is none. */
export function readCertificates(bytes: Buffer): X509Certificate[] | null {
  const blocks = bytes.toString('latin1').match(/-----BEGIN (?:TRUSTED |X509 )?CERTIFICATE-----[\s\S]*?-----END (?:TRUSTED |X509 )?CERTIFICATE-----/g)
  try {
    const certificates = blocks === null ? [new X509Certificate(bytes)] : blocks.map((block) => new X509Certificate(block))
    return certificates
  } catch {
    return null
  }
}

/** A private key without a passphrase, or why it is none. */
export function readPrivateKey(bytes: Buffer): KeyObject | 'encrypted' | 'no key' {
  const text = bytes.toString('latin1')
  if (/-----BEGIN ENCRYPTED PRIVATE KEY-----|^Proc-Type: 4,ENCRYPTED/m.test(text)) return 'encrypted'
  try {
    return createPrivateKey(text.includes('-----BEGIN') ? bytes : { key: bytes, format: 'der', type: 'pkcs8' })
  } catch {
    return 'no key'
  }
}

/** `now` in milliseconds since 1970. */
export function factsOf(certificate: X509Certificate, now: number): CertificateFacts {
  const notBefore = new Date(certificate.validFrom)
  const notAfter = new Date(certificate.validTo)
  const facts = {
    subject: oneLine(certificate.subject),
    issuer: oneLine(certificate.issuer),
    isSelfIssued: certificate.subject === certificate.issuer,
    isAuthority: certificate.ca,
    names: alternativeNames(certificate),
    uses: usesOf(certificate),
    notBefore,
    notAfter,
    daysLeft: Math.floor((notAfter.getTime() - now) / DAY_MS),
    key: keyText(certificate.publicKey),
    serialNumber: certificate.serialNumber,
    fingerprint: certificate.fingerprint256,
  }
  return { ...facts, warnings: warningsOf(certificate, facts, now) }
}

/** Whether a client that connects to `host` finds it in the certificate. The Common Name does not count: today's clients ignore it. */
export function covers(certificate: X509Certificate, host: string): boolean {
  const found = isIP(host) === 0 ? certificate.checkHost(host, { subject: 'never' }) : certificate.checkIP(host)
  return found !== undefined
}

/** What is wrong with the order of a server's file: own certificate first, then who issued it, and so on. Null = nothing. */
export function chainFault(chain: readonly X509Certificate[]): string | null {
  for (let i = 1; i < chain.length; i++) {
    if (!chain[i - 1]!.checkIssued(chain[i]!))
      return `certificate ${i + 1} of the file (${oneLine(chain[i]!.subject)}) did not issue certificate ${i} (${oneLine(chain[i - 1]!.subject)})`
  }
  return null
}

/** SHA-256 of the DER bytes without colons. */
export function fingerprintHex(certificate: X509Certificate): string {
  return createHash('sha256').update(certificate.raw).digest('hex')
}

function warningsOf(certificate: X509Certificate, facts: Omit<CertificateFacts, 'warnings'>, now: number): CertificateWarning[] {
  const { notBefore, notAfter, daysLeft, isAuthority, isSelfIssued, names, uses } = facts
  const warnings: CertificateWarning[] = []
  const warn = (isFatal: boolean, text: string): void => void warnings.push({ isFatal, text })
  if (now > notAfter.getTime()) warn(true, `it ended ${plural(Math.max(1, -daysLeft), 'day')} ago`)
  else if (now < notBefore.getTime()) warn(true, `it begins only on ${day(notBefore)}: is the clock right?`)
  else if (daysLeft < SOON_DAYS) warn(false, `it ends in ${plural(daysLeft, 'day')}`)
  const weak = WEAK_SIGNATURES[signatureAlgorithm(certificate.raw)]
  if (weak !== undefined && !isSelfIssued) warn(true, `it is signed with ${weak}, which TLS libraries refuse`)
  const bits = certificate.publicKey.asymmetricKeyDetails?.modulusLength
  if (bits !== undefined && bits < 2048) warn(true, `its RSA key has ${bits} bits, and TLS libraries want at least 2048`)
  if (!isAuthority && !uses.includes('clients') && names.length === 0)
    warn(true, 'it has no Subject Alternative Name: clients ignore the Common Name and find no host name')
  if (!isAuthority && isSelfIssued) warn(false, 'it vouches for itself: each client must be given this very file')
  return warnings
}

function usesOf(certificate: X509Certificate): ('servers' | 'clients')[] {
  const oids = certificate.keyUsage ?? []
  return [...(oids.includes(SERVER_AUTHENTICATION) ? (['servers'] as const) : []), ...(oids.includes(CLIENT_AUTHENTICATION) ? (['clients'] as const) : [])]
}

const CURVES: Readonly<Record<string, string>> = { prime256v1: 'P-256', secp384r1: 'P-384', secp521r1: 'P-521' }

function keyText(key: KeyObject): string {
  const { modulusLength, namedCurve } = key.asymmetricKeyDetails ?? {}
  if (modulusLength !== undefined) return `RSA, ${modulusLength} bits`
  if (namedCurve !== undefined) return `ECDSA, ${CURVES[namedCurve] ?? namedCurve}`
  return key.asymmetricKeyType ?? 'unknown'
}

/** `O=Lab, CN=broker`: Node has a line for each part. */
function oneLine(name: string | undefined): string {
  return (name ?? '').split('\n').join(', ')
}

export function plural(count: number, word: string): string {
  return `${count} ${word}${count === 1 ? '' : 's'}`
}

export function day(date: Date): string {
  return date.toISOString().slice(0, 10)
}
