// What decrypting TLS needs of cryptography, synchronously: HMAC and opening of authenticated encryption.
// Node's implementation is capture/tls-crypto-node.ts; a browser has none, and TLS stays closed there.

export type TlsHash = 'sha256' | 'sha384'

export type TlsCipher = 'aes-128-gcm' | 'aes-256-gcm' | 'aes-128-ccm' | 'aes-256-ccm' | 'chacha20-poly1305'

export interface TlsCrypto {
  hmac(hash: TlsHash, key: Uint8Array, data: Uint8Array): Uint8Array
  /** Decrypts `sealed` (with its tag of `tagLength` bytes behind it); null when the tag does not fit. */
  open(cipher: TlsCipher, key: Uint8Array, nonce: Uint8Array, additional: Uint8Array, sealed: Uint8Array, tagLength: number): Uint8Array | null
}

export interface TlsSuite {
  readonly cipher: TlsCipher
  readonly keyLength: number
  readonly hash: TlsHash
  readonly tagLength: number
}

const suite = (cipher: TlsCipher, keyLength: number, hash: TlsHash, tagLength = 16): TlsSuite => ({ cipher, keyLength, hash, tagLength })
const AES_128 = suite('aes-128-gcm', 16, 'sha256')
const AES_256 = suite('aes-256-gcm', 32, 'sha384')
const CHACHA = suite('chacha20-poly1305', 32, 'sha256')
const CCM_128 = suite('aes-128-ccm', 16, 'sha256')
const CCM_256 = suite('aes-256-ccm', 32, 'sha256')
const CCM_8_128 = suite('aes-128-ccm', 16, 'sha256', 8)
const CCM_8_256 = suite('aes-256-ccm', 32, 'sha256', 8)

/** The suites with authenticated encryption, by number. */
export const TLS_SUITES: ReadonlyMap<number, TlsSuite> = new Map([
  [0x1301, AES_128],
  [0x1302, AES_256],
  [0x1303, CHACHA],
  [0x1304, CCM_128],
  [0x1305, CCM_8_128],
  ...[0x009c, 0x009e, 0x00a2, 0x00a8, 0x00aa, 0xc02b, 0xc02d, 0xc02f, 0xc031].map((number): [number, TlsSuite] => [number, AES_128]),
  ...[0x009d, 0x009f, 0x00a3, 0x00a9, 0x00ab, 0xc02c, 0xc02e, 0xc030, 0xc032].map((number): [number, TlsSuite] => [number, AES_256]),
  ...[0xcca8, 0xcca9, 0xccaa, 0xccab, 0xccac, 0xccad].map((number): [number, TlsSuite] => [number, CHACHA]),
  ...[0xc09c, 0xc09e, 0xc0a4, 0xc0a6, 0xc0ac].map((number): [number, TlsSuite] => [number, CCM_128]),
  ...[0xc09d, 0xc09f, 0xc0a5, 0xc0a7, 0xc0ad].map((number): [number, TlsSuite] => [number, CCM_256]),
  ...[0xc0a0, 0xc0a2, 0xc0a8, 0xc0ae].map((number): [number, TlsSuite] => [number, CCM_8_128]),
  ...[0xc0a1, 0xc0a3, 0xc0a9, 0xc0af].map((number): [number, TlsSuite] => [number, CCM_8_256]),
])

const ASCII = new TextEncoder()

/** P_hash of TLS 1.2. [RFC 5246, 5] */
export function prf(crypto: TlsCrypto, hash: TlsHash, secret: Uint8Array, label: string, seed: Uint8Array, length: number): Uint8Array {
  const labelled = joined(ASCII.encode(label), seed)
  const output = new Uint8Array(length)
  let chain = labelled
  for (let at = 0; at < length; ) {
    chain = crypto.hmac(hash, secret, chain)
    const block = crypto.hmac(hash, secret, joined(chain, labelled))
    output.set(block.subarray(0, Math.min(block.length, length - at)), at)
    at += block.length
  }
  return output
}

/** HKDF-Expand-Label with an empty context. [RFC 8446, 7.1] */
export function expandLabel(crypto: TlsCrypto, hash: TlsHash, secret: Uint8Array, label: string, length: number): Uint8Array {
  const name = ASCII.encode(`tls13 ${label}`)
  const info = joined(Uint8Array.of(length >> 8, length & 255, name.length), joined(name, Uint8Array.of(0)))
  // One block is enough: no key is longer than a hash.
  return crypto.hmac(hash, secret, joined(info, Uint8Array.of(1))).subarray(0, length)
}

/** Both, one behind the other. */
export function joined(a: Uint8Array, b: Uint8Array): Uint8Array {
  const both = new Uint8Array(a.length + b.length)
  both.set(a)
  both.set(b, a.length)
  return both
}
