// The cryptography that decrypting TLS needs, from Node. Fits dissect's TlsCrypto.
// Only opens what others sealed; nothing secret is made here.

import { createDecipheriv, createHmac } from 'node:crypto'

export type NodeTlsHash = 'sha256' | 'sha384'

export type NodeTlsCipher = 'aes-128-gcm' | 'aes-256-gcm' | 'aes-128-ccm' | 'aes-256-ccm' | 'chacha20-poly1305'

export class NodeTlsCrypto {
  hmac(hash: NodeTlsHash, key: Uint8Array, data: Uint8Array): Uint8Array {
    return new Uint8Array(createHmac(hash, key).update(data).digest())
  }

  /** Decrypts `sealed`, the tag behind it; null when the tag does not fit. */
  open(cipher: NodeTlsCipher, key: Uint8Array, nonce: Uint8Array, additional: Uint8Array, sealed: Uint8Array, tagLength: number): Uint8Array | null {
    const length = sealed.length - tagLength
    if (length < 0) return null
    try {
      // The types of the three families differ in words only.
      const decipher = createDecipheriv(cipher as 'aes-128-ccm', key, nonce, { authTagLength: tagLength })
      decipher.setAuthTag(sealed.subarray(length))
      decipher.setAAD(additional, { plaintextLength: length })
      const plain = decipher.update(sealed.subarray(0, length))
      decipher.final()
      return new Uint8Array(plain.buffer, plain.byteOffset, plain.length)
    } catch {
      return null
    }
  }
}
