// IP addresses as text and as bytes. Reading is strict: one address, nothing around it; writing follows RFC 5952.
// For formats that carry addresses; sockets bring theirs as text.

/** The four bytes of a dotted IPv4 address; null when it is none. */
export function parseIpv4(text: string): Uint8Array | null {
  const parts = text.split('.')
  if (parts.length !== 4) return null
  const bytes = new Uint8Array(4)
  for (let i = 0; i < 4; i++) {
    const part = parts[i]!
    if (!/^(?:0|[1-9]\d{0,2})$/.test(part) || Number(part) > 255) return null
    bytes[i] = Number(part)
  }
  return bytes
}

/** The sixteen bytes of an IPv6 address without zone; null when it is none (RFC 4291, 2.2). */
export function parseIpv6(text: string): Uint8Array | null {
  const halves = text.split('::')
  if (halves.length > 2) return null
  const head = groupsOf(halves[0]!, halves.length === 1)
  const tail = halves.length === 2 ? groupsOf(halves[1]!, true) : []
  if (head === null || tail === null) return null
  const known = head.length + tail.length
  if (halves.length === 1 ? known !== 8 : known > 7) return null
  const groups = [...head, ...new Array<number>(8 - known).fill(0), ...tail]
  return Uint8Array.from(groups.flatMap((group) => [group >> 8, group & 0xff]))
}

/** The 16-bit groups of a part; its last two may be written as an IPv4 address when it ends the whole. */
function groupsOf(part: string, isLast: boolean): number[] | null {
  if (part === '') return []
  const words = part.split(':')
  const groups: number[] = []
  for (let i = 0; i < words.length; i++) {
    const word = words[i]!
    if (/^[0-9a-fA-F]{1,4}$/.test(word)) groups.push(Number.parseInt(word, 16))
    else {
      const ipv4 = isLast && i === words.length - 1 ? parseIpv4(word) : null
      if (ipv4 === null) return null
      groups.push((ipv4[0]! << 8) | ipv4[1]!, (ipv4[2]! << 8) | ipv4[3]!)
    }
  }
  return groups
}

/** bytes[at, at + 4) with dots. */
export function formatIpv4(bytes: Uint8Array, at = 0): string {
  return `${bytes[at]}.${bytes[at + 1]}.${bytes[at + 2]}.${bytes[at + 3]}`
}

/** bytes[at, at + 16) in the one form that RFC 5952 recommends; an IPv4 address in IPv6 clothes as `::ffff:192.0.2.1`. */
export function formatIpv6(bytes: Uint8Array, at = 0): string {
  const groups: number[] = []
  for (let i = 0; i < 16; i += 2) groups.push((bytes[at + i]! << 8) | bytes[at + i + 1]!)
  if (groups[5] === 0xffff && groups.slice(0, 5).every((group) => group === 0)) return `::ffff:${formatIpv4(bytes, at + 12)}`
  let longest = 0
  let start = -1
  for (let i = 0; i < 8; i++) {
    let end = i
    while (end < 8 && groups[end] === 0) end++
    if (end - i > 1 && end - i > longest) {
      longest = end - i
      start = i
    }
  }
  const written = (from: number, to: number): string =>
    groups
      .slice(from, to)
      .map((group) => group.toString(16))
      .join(':')
  return start === -1 ? written(0, 8) : `${written(0, start)}::${written(start + longest, 8)}`
}
