// Makes X.509 v3 certificates with keys on P-256: an authority, and what it vouches for [RFC 5280].
// node:crypto makes keys and signatures; der.ts the bytes around them. Which certificates exist and where is dev-certificates.ts' affair.

import { createHash, generateKeyPairSync, type KeyObject, randomBytes, sign, X509Certificate } from 'node:crypto'
import { isIP } from 'node:net'
import * as der from './der.ts'

const OID = {
  commonName: '2.5.4.3',
  organization: '2.5.4.10',
  subjectKeyIdentifier: '2.5.29.14',
  keyUsage: '2.5.29.15',
  subjectAltName: '2.5.29.17',
  basicConstraints: '2.5.29.19',
  authorityKeyIdentifier: '2.5.29.35',
  extendedKeyUsage: '2.5.29.37',
  serverAuthentication: '1.3.6.1.5.5.7.3.1',
  clientAuthentication: '1.3.6.1.5.5.7.3.2',
  ecdsaWithSha256: '1.2.840.10045.4.3.2',
} as const

/** Bits of keyUsage [RFC 5280, 4.2.1.3]. */
const DIGITAL_SIGNATURE = 0
const KEY_CERT_SIGN = 5
const CRL_SIGN = 6

/** What a certificate is for. */
export type CertificateRole = 'authority' | 'server' | 'client'

export interface CertificateName {
  readonly commonName: string
  readonly organization: string
}

export interface CertificateRequest {
  readonly role: CertificateRole
  readonly subject: CertificateName
  /** Host names and addresses that a server answers to. */
  readonly hosts: readonly string[]
  readonly notBefore: Date
  readonly notAfter: Date
}

/** A certificate with its private key. */
export interface Identity {
  readonly certificate: X509Certificate
  readonly key: KeyObject
}

/** A new key and a certificate for it, signed by `issuer`, or by itself without one. */
export function makeCertificate(request: CertificateRequest, issuer: Identity | null): Identity {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const subject = nameOf(request.subject)
  const issuerParts = issuer === null ? null : partsOf(issuer.certificate.raw)
  const algorithm = der.sequence(der.objectIdentifier(OID.ecdsaWithSha256))
  const publicKeyInfo = publicKey.export({ type: 'spki', format: 'der' })
  const keyIdentifier = identifierOf(publicKeyInfo)
  const body = der.sequence(
    der.explicit(0, der.unsigned(Buffer.from([2]))), // version 3
    der.unsigned(serialNumber()),
    algorithm,
    issuerParts?.subject ?? subject,
    der.sequence(der.time(request.notBefore), der.time(request.notAfter)),
    subject,
    publicKeyInfo,
    der.explicit(3, der.sequence(...extensions(request, keyIdentifier, issuerParts === null ? keyIdentifier : identifierOf(issuerParts.publicKeyInfo)))),
  )
  const signature = sign('sha256', body, issuer?.key ?? privateKey)
  return { certificate: new X509Certificate(der.sequence(body, algorithm, der.bitString(signature))), key: privateKey }
}

/** Algorithm of the signature on a certificate, as dotted numbers; empty when it cannot be told. */
export function signatureAlgorithm(certificate: Uint8Array): string {
  const [whole] = der.readValues(certificate) ?? []
  const [, algorithm] = (whole && der.readValues(whole.contents)) ?? []
  const [oid] = (algorithm && der.readValues(algorithm.contents)) ?? []
  return oid?.tag === 0x06 ? der.readObjectIdentifier(oid.contents) : ''
}

function extensions({ role, hosts }: CertificateRequest, own: Buffer, issuers: Buffer): Buffer[] {
  const isAuthority = role === 'authority'
  const list = [
    // an authority for servers and clients, not for further authorities: path length 0
    extension(OID.basicConstraints, true, isAuthority ? der.sequence(der.boolean(true), der.unsigned(Buffer.from([0]))) : der.sequence()),
    extension(OID.keyUsage, true, der.namedBits(isAuthority ? [KEY_CERT_SIGN, CRL_SIGN] : [DIGITAL_SIGNATURE])),
    extension(OID.subjectKeyIdentifier, false, der.octetString(own)),
    extension(OID.authorityKeyIdentifier, false, der.sequence(der.implicit(0, issuers))),
  ]
  if (!isAuthority) {
    const usage = role === 'server' ? OID.serverAuthentication : OID.clientAuthentication
    list.push(extension(OID.extendedKeyUsage, false, der.sequence(der.objectIdentifier(usage))))
  }
  if (hosts.length > 0) list.push(extension(OID.subjectAltName, false, der.sequence(...hosts.map(alternativeName))))
  return list
}

/** `critical` stands only where it is true: false is the default, and DER leaves defaults out. */
function extension(oid: string, critical: boolean, value: Uint8Array): Buffer {
  return der.sequence(der.objectIdentifier(oid), ...(critical ? [der.boolean(true)] : []), der.octetString(value))
}

/** dNSName or iPAddress [RFC 5280, 4.2.1.6]. */
function alternativeName(host: string): Buffer {
  return isIP(host) === 0 ? der.implicit(2, Buffer.from(host, 'latin1')) : der.implicit(7, addressBytes(host))
}

/** Four or sixteen bytes of an address. */
export function addressBytes(address: string): Buffer {
  if (isIP(address) === 4) return Buffer.from(address.split('.').map(Number))
  // the URL parser knows every way to write one: embedded IPv4, capitals, zeros left out
  const plain = new URL(`http://[${address.replace(/%.*$/, '')}]`).hostname.slice(1, -1)
  const [head = '', tail] = plain.split('::')
  const groups = (text: string): string[] => (text === '' ? [] : text.split(':'))
  const before = groups(head)
  const after = tail === undefined ? [] : groups(tail)
  const all = [...before, ...Array<string>(8 - before.length - after.length).fill('0'), ...after]
  return Buffer.from(all.map((group) => group.padStart(4, '0')).join(''), 'hex')
}

function nameOf({ commonName, organization }: CertificateName): Buffer {
  const attribute = (oid: string, text: string): Buffer => der.set(der.sequence(der.objectIdentifier(oid), der.utf8String(text)))
  return der.sequence(attribute(OID.organization, organization), attribute(OID.commonName, commonName))
}

/** 126 random bits below a bit that is set: positive, and always 16 bytes long. */
function serialNumber(): Buffer {
  const bytes = randomBytes(16)
  bytes[0] = (bytes[0]! & 0x7f) | 0x40
  return bytes
}

/** The bytes of the subject and of the key, as they stand in a certificate: the issuer's name must be repeated exactly. */
function partsOf(certificate: Uint8Array): { readonly subject: Buffer; readonly publicKeyInfo: Buffer } {
  const [whole] = der.readValues(certificate)!
  const [body] = der.readValues(whole!.contents)!
  const items = der.readValues(body!.contents)!
  const start = items[0]!.tag === 0xa0 ? 1 : 0 // the version may be left out
  const [, , , , subject, publicKeyInfo] = items.slice(start)
  return { subject: der.tagged(subject!.tag, subject!.contents), publicKeyInfo: der.tagged(publicKeyInfo!.tag, publicKeyInfo!.contents) }
}

/** SHA-1 of the bits of the public key [RFC 5280, 4.2.1.2 (1)]: a name, not a safeguard. */
function identifierOf(publicKeyInfo: Uint8Array): Buffer {
  const [whole] = der.readValues(publicKeyInfo)!
  const [, bits] = der.readValues(whole!.contents)!
  return createHash('sha1').update(bits!.contents.subarray(1)).digest()
}
