// Builds PROXY protocol headers, right and wrong ones, for the tests of the parser and of the listeners.

/** type, length, value. */
export function tlv(type: number, value: Uint8Array | string): Buffer {
  const bytes = Buffer.from(value)
  return Buffer.concat([Buffer.from([type, bytes.length >> 8, bytes.length & 0xff]), bytes])
}

/** SSL TLV: bits, result of verifying, inner TLVs. */
export function sslTlv(bits: number, verify: number, ...inner: readonly Buffer[]): Buffer {
  const result = Buffer.alloc(4)
  result.writeUInt32BE(verify)
  return tlv(0x20, Buffer.concat([Buffer.from([bits]), result, ...inner]))
}

const SIGNATURE = Buffer.from('0d0a0d0a000d0a515549540a', 'hex')

/** A header of version 2: command byte, family byte, then addresses and TLVs. */
export function binaryHeader(command: number, family: number, ...rest: readonly Uint8Array[]): Buffer {
  const body = Buffer.concat(rest)
  return Buffer.concat([SIGNATURE, Buffer.from([command, family, body.length >> 8, body.length & 0xff]), body])
}

/** 192.0.2.7:40000 to 198.51.100.1:1883. */
export const IPV4_ENDS: Buffer = Buffer.from('c0000207c63364019c40075b', 'hex')
/** [2001:db8::7]:40000 to [2001:db8::1]:1883. */
export const IPV6_ENDS: Buffer = Buffer.from(`20010db8${'00'.repeat(11)}0720010db8${'00'.repeat(11)}019c40075b`, 'hex')

/** From 192.0.2.7:40000, with these TLVs. */
export function proxied(...tlvs: readonly Buffer[]): Buffer {
  return binaryHeader(0x21, 0x11, IPV4_ENDS, ...tlvs)
}
