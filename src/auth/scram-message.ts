// The text messages of SCRAM: attributes between commas, base64 values, escaped names [RFC 5802, sections 5 and 7].
// Grammar only: who sends which when, and what it proves, is scram.ts.
//
//   client-first   gs2-header [m=…,] n=NAME , r=NONCE [, …]          gs2-header = ( n | y | p=… ) , [a=NAME] ,
//   server-first   [m=…,] r=NONCE+NONCE , s=SALT , i=ITERATIONS
//   client-final   c=base64(gs2-header) , r=NONCE+NONCE , p=PROOF     server-final   v=SIGNATURE | e=ERROR

/** A message that breaks the grammar or the exchange; `code` is one of RFC 5802's server-error-values. */
export class ScramError extends Error {
  override readonly name = 'ScramError'
  readonly code: string

  constructor(code: string, message: string) {
    super(message)
    this.code = code
  }
}

export interface ClientFirst {
  /** As sent, to be found again in client-final. */
  readonly gs2Header: string
  /** Everything after the header: part of what both sides sign. */
  readonly bare: string
  readonly userName: string
  readonly nonce: string
}

const NONCE = /^[\x21-\x2b\x2d-\x7e]+$/

/** @throws ScramError also for channel binding, which MQTT does not carry */
export function parseClientFirst(message: string): ClientFirst {
  const header = /^([^,]*),([^,]*),/.exec(message)
  if (header === null) throw new ScramError('invalid-encoding', 'first message without a header')
  const [gs2Header, binding, authorization] = header as unknown as [string, string, string]
  if (binding.startsWith('p=')) throw new ScramError('channel-binding-not-supported', 'channel binding asked for')
  if (binding !== 'n' && binding !== 'y') throw new ScramError('invalid-encoding', 'channel binding flag is neither n, y nor p')
  const bare = message.slice(gs2Header.length)
  const [name, nonce] = bare.split(',')
  if (bare.startsWith('m=')) throw new ScramError('extensions-not-supported', 'mandatory extension')
  const userName = unescapeName(valueOf('n', name))
  if (authorization !== '' && unescapeName(valueOf('a', authorization)) !== userName) throw new ScramError('other-error', 'acting for another user')
  return { gs2Header, bare, userName, nonce: nonceOf(nonce) }
}

/** @throws ScramError when it has no proof or the header is not the one of the first message */
export function parseClientFinal(message: string, gs2Header: string): { withoutProof: string; nonce: string; proof: Uint8Array } {
  const proofAt = message.lastIndexOf(',p=')
  if (proofAt < 0) throw new ScramError('invalid-encoding', 'final message without a proof')
  const withoutProof = message.slice(0, proofAt)
  const [binding, nonce] = withoutProof.split(',')
  if (valueOf('c', binding) !== Buffer.from(gs2Header).toString('base64')) throw new ScramError('channel-bindings-dont-match', 'header changed on the way')
  return { withoutProof, nonce: nonceOf(nonce), proof: fromBase64(message.slice(proofAt + 3)) }
}

/** @throws ScramError */
export function parseServerFirst(message: string): { nonce: string; salt: Uint8Array; iterations: number } {
  const [nonce, salt, iterations] = message.split(',')
  if (message.startsWith('m=')) throw new ScramError('extensions-not-supported', 'mandatory extension')
  const count = valueOf('i', iterations)
  if (!/^[1-9][0-9]{0,9}$/.test(count)) throw new ScramError('invalid-encoding', 'iteration count is not a number')
  return { nonce: nonceOf(nonce), salt: fromBase64(valueOf('s', salt)), iterations: Number(count) }
}

/** The server's signature. @throws ScramError when it reports an error instead */
export function parseServerFinal(message: string): Uint8Array {
  const first = message.split(',')[0]!
  if (first.startsWith('e=')) throw new ScramError(first.slice(2), `server refused: ${first.slice(2)}`)
  return fromBase64(valueOf('v', first))
}

/** `=` and `,` cannot stand in a name. */
export function escapeName(name: string): string {
  return name.replaceAll('=', '=3D').replaceAll(',', '=2C')
}

function unescapeName(name: string): string {
  if (name === '' || /=(?!2C|3D)/.test(name)) throw new ScramError('invalid-username-encoding', 'user name empty or with a bare =')
  return name.replaceAll('=2C', ',').replaceAll('=3D', '=')
}

function valueOf(attribute: string, text: string | undefined): string {
  if (text === undefined || !text.startsWith(`${attribute}=`)) throw new ScramError('invalid-encoding', `attribute ${attribute} missing`)
  return text.slice(2)
}

function nonceOf(text: string | undefined): string {
  const nonce = valueOf('r', text)
  if (!NONCE.test(nonce)) throw new ScramError('invalid-encoding', 'nonce empty or with unprintable characters')
  return nonce
}

function fromBase64(text: string): Uint8Array {
  const bytes = Buffer.from(text, 'base64')
  if (bytes.length === 0 || bytes.toString('base64') !== text) throw new ScramError('invalid-encoding', 'value is not base64')
  return bytes
}
