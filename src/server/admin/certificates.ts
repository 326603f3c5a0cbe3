// Certificates of listeners as the console shows them, with the day they end.
// Read from the PEM that the listener was given; keys are never looked at.

import { X509Certificate } from 'node:crypto'
import type { TlsListenerOptions } from '../../net/listener.ts'
import type { CertificateRow } from './api-types.ts'

/** The first certificate of the chain, which is the listener's own; null without one. */
export function certificateOf(tls: TlsListenerOptions | null): CertificateRow | null {
  const pem = tls?.cert ?? null
  if (pem === null) return null
  try {
    const certificate = new X509Certificate(pem)
    return {
      subject: oneLine(certificate.subject),
      issuer: oneLine(certificate.issuer),
      names: certificate.subjectAltName?.split(', ').map((name) => name.replace(/^(?:DNS|IP Address):/, '')) ?? [],
      validFrom: Date.parse(certificate.validFrom),
      validTo: Date.parse(certificate.validTo),
      fingerprint256: certificate.fingerprint256,
      isSelfSigned: certificate.subject === certificate.issuer,
    }
  } catch {
    return null // the listener takes it in a form that we cannot show
  }
}

function oneLine(name: string): string {
  return name.split('\n').join(', ')
}
