// Texts of addresses and bytes: dotted IPv4, IPv6 as RFC 5952 writes it, Ethernet with colons, hexadecimal.
// Pure functions; reading such texts is the filter's affair.

const HEX: readonly string[] = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'))

/** Two digits per byte with `separator` between bytes. */
export function bytesText(bytes: Uint8Array, separator: string): string {
  let text = ''
  for (let i = 0; i < bytes.length; i++) text += i === 0 ? HEX[bytes[i]!]! : separator + HEX[bytes[i]!]!
  return text
}

export function etherText(bytes: Uint8Array): string {
  return bytesText(bytes, ':')
}

/** `address` as unsigned number in network order. */
export function ipv4Text(address: number): string {
  return `${(address >>> 24) & 255}.${(address >>> 16) & 255}.${(address >>> 8) & 255}.${address & 255}`
}

/** RFC 5952: lower case, the longest run of two or more zero groups as `::`, mapped and compatible IPv4 addresses dotted as inet_ntop does. */
export function ipv6Text(bytes: Uint8Array): string {
  const groups: number[] = []
  for (let i = 0; i + 1 < bytes.length; i += 2) groups.push((bytes[i]! << 8) | bytes[i + 1]!)
  let [longest, from] = [1, -1]
  for (let i = 0; i < groups.length; i++) {
    let end = i
    while (groups[end] === 0) end++
    if (end - i > longest) [longest, from] = [end - i, i]
    if (end > i) i = end
  }
  if (from === 0 && groups.length === 8 && (longest === 6 || (longest === 5 && groups[5] === 0xffff)))
    return `::${longest === 5 ? 'ffff:' : ''}${bytes.subarray(12, 16).join('.')}`
  const hex = groups.map((group) => group.toString(16))
  return from < 0 ? hex.join(':') : `${hex.slice(0, from).join(':')}::${hex.slice(from + longest).join(':')}`
}
