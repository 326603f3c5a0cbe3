// Certificates with a few bytes changed and signed anew by an authority of certificates/: for what openssl does not like to make.
// Replacements have the same length, so that no length in the certificate changes.

import { sign } from 'node:crypto'
import { certificate } from './recording.ts'

/** Bytes of the DER element at `at`, with its head. */
function elementAt(der: Buffer, at: number): Buffer {
  const first = der[at + 1]!
  if (first < 0x80) return der.subarray(at, at + 2 + first)
  const size = first & 0x7f
  return der.subarray(at, at + 2 + size + der.readUIntBE(at + 2, size))
}

/** The certificate `file` with each text replaced wherever it stands, signed by `authority`: PEM. */
export function resigned(file: string, changes: Readonly<Record<string, string>>, authority = 'ca.key'): string {
  const pem = certificate(file)
  const der = Buffer.from(pem.replace(/-----[^-]+-----|\s/g, ''), 'base64')
  for (const [from, to] of Object.entries(changes)) {
    if (from.length !== to.length || !der.includes(from, 0, 'latin1')) throw new Error(`"${from}" cannot become "${to}"`)
    for (let at = der.indexOf(from, 0, 'latin1'); at !== -1; at = der.indexOf(from, at + 1, 'latin1')) der.write(to, at, 'latin1')
  }
  const start = 2 + (der[1]! & 0x7f) // within the outer sequence, whose length takes more than one byte
  const body = elementAt(der, start)
  const algorithm = elementAt(der, start + body.length)
  const signature = sign('sha256', body, certificate(authority))
  const bits = Buffer.concat([Buffer.from([0x03, signature.length + 1, 0]), signature])
  const content = Buffer.concat([body, algorithm, bits])
  const head = Buffer.from([0x30, 0x82, content.length >> 8, content.length & 0xff])
  const lines = Buffer.concat([head, content])
    .toString('base64')
    .match(/.{1,64}/g)!
  return ['-----BEGIN CERTIFICATE-----', ...lines, '-----END CERTIFICATE-----', ''].join('\n')
}
