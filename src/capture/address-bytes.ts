// IP addresses from text to bytes (RFC 4291, section 2.2): for frames that we make ourselves.
// Zone names are dropped; what is no address gives null.

/** 4 or 16 bytes. */
export function addressBytes(text: string): Uint8Array | null {
  const plain = text.replace(/%.*$/, '')
  return plain.includes(':') ? ipv6Bytes(plain) : ipv4Bytes(plain)
}

function ipv4Bytes(text: string): Uint8Array | null {
  const parts = text.split('.')
  if (parts.length !== 4 || !parts.every((part) => /^\d{1,3}$/.test(part) && Number(part) <= 255)) return null
  return Uint8Array.from(parts, Number)
}

function ipv6Bytes(text: string): Uint8Array | null {
  const halves = text.split('::')
  if (halves.length > 2) return null
  const head = groups(halves[0]!)
  const tail = halves.length === 2 ? groups(halves[1]!) : []
  if (head === null || tail === null) return null
  const missing = 16 - head.length - tail.length
  if (halves.length === 2 ? missing < 2 : missing !== 0) return null
  const bytes = new Uint8Array(16)
  bytes.set(head)
  bytes.set(tail, 16 - tail.length)
  return bytes
}

/** Bytes of one side of `::`; the last group may be an IPv4 address. */
function groups(text: string): number[] | null {
  if (text === '') return []
  const bytes: number[] = []
  const parts = text.split(':')
  for (const [i, part] of parts.entries()) {
    if (i === parts.length - 1 && part.includes('.')) {
      const last = ipv4Bytes(part)
      if (last === null) return null
      bytes.push(...last)
    } else if (/^[0-9a-f]{1,4}$/i.test(part)) {
      const value = Number.parseInt(part, 16)
      bytes.push(value >> 8, value & 0xff)
    } else return null
  }
  return bytes
}
