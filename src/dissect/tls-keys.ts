// Key logs (NSS format) and the record keys of one TLS connection: 1.2 and 1.3 with authenticated encryption. [RFC 5246, 8446]
// Nothing here fails loudly: what cannot be opened stays closed.

import { expandLabel, joined, prf, TLS_SUITES, type TlsCrypto, type TlsSuite } from './tls-crypto.ts'

/** Secrets kept from key logs. */
const MOST_SECRETS = 100_000
const LINE = /^([A-Z0-9_]+) ([0-9a-fA-F]{64}) ([0-9a-fA-F]+)\s*$/

/** The secrets of key logs, by label and client random. */
export class KeyLog {
  readonly #secrets = new Map<string, Uint8Array>()

  /** Adds the lines of a key log; others are passed over. */
  add(text: string): void {
    for (const line of text.split('\n')) {
      const match = LINE.exec(line.trim())
      if (match === null || this.#secrets.size >= MOST_SECRETS) continue
      this.#secrets.set(`${match[1]} ${match[2]!.toLowerCase()}`, bytesOfHex(match[3]!))
    }
  }

  find(label: string, clientRandom: string): Uint8Array | null {
    return this.#secrets.get(`${label} ${clientRandom}`) ?? null
  }
}

/** Keys of one direction in one phase. */
class RecordKeys {
  readonly suite: TlsSuite
  readonly isTls13: boolean
  secret: Uint8Array
  key: Uint8Array
  iv: Uint8Array
  sequence = 0

  constructor(suite: TlsSuite, isTls13: boolean, secret: Uint8Array, key: Uint8Array, iv: Uint8Array) {
    this.suite = suite
    this.isTls13 = isTls13
    this.secret = secret
    this.key = key
    this.iv = iv
  }
}

function keysOf13(crypto: TlsCrypto, suite: TlsSuite, secret: Uint8Array): RecordKeys {
  const key = expandLabel(crypto, suite.hash, secret, 'key', suite.keyLength)
  return new RecordKeys(suite, true, secret, key, expandLabel(crypto, suite.hash, secret, 'iv', 12))
}

/** What one TLS connection is known by; `client` is the direction (0 or 1) that said ClientHello. */
export class TlsKeys {
  clientRandom: Uint8Array = new Uint8Array(0)
  serverRandom: Uint8Array = new Uint8Array(0)
  suite = 0
  isTls13 = false
  client: 0 | 1 = 0
  /** Phases that are still ahead, per direction: the first is in use. */
  readonly #phases: [RecordKeys[], RecordKeys[]] = [[], []]
  #isReady = false

  /** A ServerHello begins the keys anew. */
  reset(): void {
    this.#phases[0] = []
    this.#phases[1] = []
    this.#isReady = false
  }

  #prepare(crypto: TlsCrypto, log: KeyLog): void {
    const suite = TLS_SUITES.get(this.suite)
    if (suite === undefined || this.clientRandom.length !== 32) return
    const random = hexOf(this.clientRandom)
    const server = (1 - this.client) as 0 | 1
    if (this.isTls13) {
      const phases: readonly [string, 0 | 1][] = [
        ['CLIENT_HANDSHAKE_TRAFFIC_SECRET', this.client],
        ['SERVER_HANDSHAKE_TRAFFIC_SECRET', server],
        ['CLIENT_TRAFFIC_SECRET_0', this.client],
        ['SERVER_TRAFFIC_SECRET_0', server],
      ]
      for (const [label, direction] of phases) {
        const secret = log.find(label, random)
        if (secret !== null) this.#phases[direction].push(keysOf13(crypto, suite, secret))
      }
    } else {
      const master = log.find('CLIENT_RANDOM', random)
      if (master === null) return
      const ivLength = suite.cipher === 'chacha20-poly1305' ? 12 : 4
      const block = prf(crypto, suite.hash, master, 'key expansion', joined(this.serverRandom, this.clientRandom), 2 * (suite.keyLength + ivLength))
      const { keyLength } = suite
      const ivs = 2 * keyLength
      this.#phases[this.client].push(new RecordKeys(suite, false, master, block.subarray(0, keyLength), block.subarray(ivs, ivs + ivLength)))
      this.#phases[server].push(new RecordKeys(suite, false, master, block.subarray(keyLength, ivs), block.subarray(ivs + ivLength, ivs + 2 * ivLength)))
    }
    this.#isReady = this.#phases[0].length > 0 || this.#phases[1].length > 0
  }

  /** Opens a record (5 bytes of head and its body); in TLS 1.3 the content type stands behind the text. */
  open(crypto: TlsCrypto, log: KeyLog, direction: 0 | 1, record: Uint8Array): Uint8Array | null {
    if (!this.#isReady) this.#prepare(crypto, log)
    const phases = this.#phases[direction]
    for (let at = 0; at < phases.length; at++) {
      const text = openRecord(crypto, phases[at]!, record)
      if (text === null) continue
      phases.splice(0, at)
      return text
    }
    return null
  }

  /** A KeyUpdate was read: this direction's next records have new keys. */
  update(crypto: TlsCrypto, direction: 0 | 1): void {
    const old = this.#phases[direction][0]
    if (old === undefined) return
    const { suite } = old
    const secret = expandLabel(crypto, suite.hash, old.secret, 'traffic upd', suite.hash === 'sha384' ? 48 : 32)
    this.#phases[direction] = [keysOf13(crypto, suite, secret)]
  }
}

function openRecord(crypto: TlsCrypto, keys: RecordKeys, record: Uint8Array): Uint8Array | null {
  const { suite, iv, key, sequence } = keys
  const body = record.subarray(5)
  const head = record.subarray(0, 5)
  const isExplicit = !keys.isTls13 && iv.length === 4
  const sealed = isExplicit ? body.subarray(8) : body
  if (sealed.length < suite.tagLength || (isExplicit && body.length < 8)) return null
  const nonce = isExplicit ? joined(iv, body.subarray(0, 8)) : maskedIv(iv, sequence)
  const text = crypto.open(
    suite.cipher,
    key,
    nonce,
    keys.isTls13 ? head : additionalOf(head, sequence, sealed.length - suite.tagLength),
    sealed,
    suite.tagLength,
  )
  if (text !== null) keys.sequence++
  return text
}

function maskedIv(iv: Uint8Array, sequence: number): Uint8Array {
  const nonce = new Uint8Array(iv)
  for (let i = 11, rest = sequence; i >= 4 && rest > 0; i--, rest = Math.floor(rest / 256)) nonce[i]! ^= rest % 256
  return nonce
}

function additionalOf(head: Uint8Array, sequence: number, length: number): Uint8Array {
  const additional = new Uint8Array(13)
  for (let i = 7, rest = sequence; i >= 0 && rest > 0; i--, rest = Math.floor(rest / 256)) additional[i] = rest % 256
  additional.set(head.subarray(0, 3), 8)
  additional[11] = length >> 8
  additional[12] = length & 255
  return additional
}

function bytesOfHex(text: string): Uint8Array {
  const bytes = new Uint8Array(text.length >> 1)
  for (let i = 0; i < bytes.length; i++) bytes[i] = Number.parseInt(text.slice(2 * i, 2 * i + 2), 16)
  return bytes
}

function hexOf(bytes: Uint8Array): string {
  let text = ''
  for (const byte of bytes) text += byte.toString(16).padStart(2, '0')
  return text
}
