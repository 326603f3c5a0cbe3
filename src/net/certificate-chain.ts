// Whether an authority vouches for a client certificate, whatever the dates say: Node cannot leave out the dates alone, and its verdict
// "expired" hides every other fault. Stricter than OpenSSL where the two differ.

import { X509Certificate } from 'node:crypto'
import type { TLSSocket } from 'node:tls'

const LONGEST_CHAIN = 10
/** id-kp-clientAuth (RFC 5280, 4.2.1.12). */
const CLIENT_AUTHENTICATION = '1.3.6.1.5.5.7.3.2'

/** The certificates of PEM contents. @throws OpenSSL's error for bad ones */
export function certificatesOf(pem: readonly (string | Buffer)[]): X509Certificate[] {
  const blocks = pem.flatMap(
    (content) => content.toString().match(/-----BEGIN (?:X509 |TRUSTED )?CERTIFICATE-----[^-]*-----END (?:X509 |TRUSTED )?CERTIFICATE-----/g) ?? [],
  )
  return blocks.map((block) => new X509Certificate(block))
}

/** True when signatures lead from the peer's certificate to one of `trusted` that signed itself, and it is meant for clients. */
export function isVouchedFor(socket: TLSSocket, trusted: readonly X509Certificate[]): boolean {
  const certificate = socket.getPeerX509Certificate()
  if (certificate === undefined) return false
  const uses = certificate.keyUsage as readonly string[] | undefined
  if (uses !== undefined && !uses.includes(CLIENT_AUTHENTICATION)) return false
  const shown = shownBy(socket)
  let at = certificate
  for (let length = 0; length < LONGEST_CHAIN; length++) {
    const isIssuer = (other: X509Certificate): boolean => other.ca && at.checkIssued(other) && at.verify(other.publicKey)
    const authority = trusted.find(isIssuer)
    if (authority?.checkIssued(authority) === true) return true
    const next = authority ?? shown.find(isIssuer)
    if (next === undefined) return false
    at = next
  }
  return false
}

/** The authorities that the peer sent along. */
function shownBy(socket: TLSSocket): X509Certificate[] {
  const shown: X509Certificate[] = []
  let at = socket.getPeerCertificate(true)
  for (let length = 0; length < LONGEST_CHAIN; length++) {
    const issuer = at.issuerCertificate as typeof at | undefined
    if (issuer === undefined || issuer === at) break // the last one is its own issuer
    shown.push(new X509Certificate(issuer.raw))
    at = issuer
  }
  return shown
}
