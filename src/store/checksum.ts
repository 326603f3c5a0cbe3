// CRC-32 as in zlib and Ethernet: Node's native one where there is one, else a table's.
// Guards batches and segment headers; it finds accidents, not forgery.

import zlib from 'node:zlib'

type Checksum = (bytes: Uint8Array) => number

/** The native one, of Node from 20.15 on. */
const native = (zlib as { crc32?: Checksum }).crc32

/** CRC-32 of the bytes, as an unsigned number. */
export const crc32: Checksum = native ?? ((bytes) => tableCrc32(bytes))

let table: Uint32Array | null = null

/** The same, by a table of 256 entries: about 300 MB a second. */
export function tableCrc32(bytes: Uint8Array): number {
  table ??= makeTable()
  let crc = 0xffffffff
  for (let i = 0; i < bytes.length; i++) crc = (crc >>> 8) ^ table[(crc ^ bytes[i]!) & 255]!
  return (crc ^ 0xffffffff) >>> 0
}

function makeTable(): Uint32Array {
  const made = new Uint32Array(256)
  for (let i = 0; i < 256; i++) {
    let value = i
    for (let bit = 0; bit < 8; bit++) value = (value & 1) === 0 ? value >>> 1 : (value >>> 1) ^ 0xedb88320
    made[i] = value
  }
  return made
}
