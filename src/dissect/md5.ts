// MD5, for the fingerprints of TLS hellos that are defined by it. [RFC 1321]
// It protects nothing here, and it runs where there is no node:crypto.

const SHIFTS = [7, 12, 17, 22, 5, 9, 14, 20, 4, 11, 16, 23, 6, 10, 15, 21] as const
const SINES: readonly number[] = Array.from({ length: 64 }, (_, i) => Math.floor(Math.abs(Math.sin(i + 1)) * 2 ** 32))

/** The digest of a text in ASCII, as 32 hexadecimal digits. */
export function md5(text: string): string {
  const words = padded(text)
  const state = [0x67452301, 0xefcdab89 | 0, 0x98badcfe | 0, 0x10325476]
  for (let block = 0; block < words.length; block += 16) {
    let [a, b, c, d] = state as [number, number, number, number]
    for (let i = 0; i < 64; i++) {
      const round = i >> 4
      const mix = round === 0 ? (b & c) | (~b & d) : round === 1 ? (d & b) | (~d & c) : round === 2 ? b ^ c ^ d : c ^ (b | ~d)
      const word = words[block + ((round === 0 ? i : round === 1 ? 5 * i + 1 : round === 2 ? 3 * i + 5 : 7 * i) & 15)]!
      const sum = (a + mix + SINES[i]! + word) | 0
      const shift = SHIFTS[round * 4 + (i & 3)]!
      ;[a, d, c, b] = [d, c, b, (b + ((sum << shift) | (sum >>> (32 - shift)))) | 0]
    }
    state[0] = (state[0]! + a) | 0
    state[1] = (state[1]! + b) | 0
    state[2] = (state[2]! + c) | 0
    state[3] = (state[3]! + d) | 0
  }
  return state.map(hexOfWord).join('')
}

/** The text's bytes as little-endian words, a one bit behind them, and its length in bits at the end of the last block. */
function padded(text: string): Int32Array {
  const words = new Int32Array((((text.length + 8) >> 6) + 1) * 16)
  for (let i = 0; i < text.length; i++) words[i >> 2]! |= (text.charCodeAt(i) & 255) << ((i & 3) * 8)
  words[text.length >> 2]! |= 0x80 << ((text.length & 3) * 8)
  words[words.length - 2] = text.length * 8
  return words
}

function hexOfWord(word: number): string {
  let hex = ''
  for (let i = 0; i < 4; i++) hex += ((word >>> (i * 8)) & 255).toString(16).padStart(2, '0')
  return hex
}
