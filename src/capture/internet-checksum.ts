// The checksum of IP, TCP and UDP (RFC 1071): ones' complement sum of 16-bit words.
// Sums are passed on, so that a pseudo header and a packet can be summed in pieces of even length.

/** Adds bytes[start, end) to a running sum. */
export function addToSum(sum: number, bytes: Uint8Array, start: number, end: number): number {
  let at = start
  for (; at + 1 < end; at += 2) sum += (bytes[at]! << 8) | bytes[at + 1]!
  if (at < end) sum += bytes[at]! << 8
  return sum
}

/** What goes into the packet. */
export function checksumOf(sum: number): number {
  while (sum > 0xffff) sum = (sum & 0xffff) + Math.floor(sum / 0x10000)
  return ~sum & 0xffff
}
