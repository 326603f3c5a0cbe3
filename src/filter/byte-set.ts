// Sets of bytes that a pattern's `\d`, `[a-f]` or `\p{L}` stand for, and their text in a JavaScript pattern.
// Bytes beyond ASCII are written as characters of the private use area, which know neither case nor spaces.

/** By byte: whether it belongs to the set. */
export type ByteSet = readonly boolean[]

const PRIVATE = 0xe000

/** The character that stands for a byte in subjects and patterns. */
export function characterOf(byte: number): string {
  return String.fromCharCode(byte < 0x80 ? byte : PRIVATE + byte)
}

export function bytesWhere(isMember: (byte: number) => boolean): ByteSet {
  return Array.from({ length: 256 }, (_, byte) => isMember(byte))
}

export function complement(set: ByteSet): ByteSet {
  return set.map((isMember) => !isMember)
}

/** With the other case of each of its ASCII letters. */
export function caseless(set: ByteSet): ByteSet {
  return set.map((isMember, byte) => isMember || (isLetter(byte) && set[byte ^ 0x20]!))
}

const within =
  (...ranges: readonly (readonly [from: number, to: number])[]) =>
  (byte: number): boolean =>
    ranges.some(([from, to]) => byte >= from && byte <= to)

const isLetter = within([0x41, 0x5a], [0x61, 0x7a])
const isDigit = within([0x30, 0x39])
const isWord = (byte: number): boolean => isLetter(byte) || isDigit(byte) || byte === 0x5f
const isSpace = within([0x09, 0x0d], [0x20, 0x20])
const isGraph = within([0x21, 0x7e])

/** What a letter behind a backslash means; a capital one means all others. */
export const ESCAPE_SETS: ReadonlyMap<string, ByteSet> = new Map([
  ['d', bytesWhere(isDigit)],
  ['w', bytesWhere(isWord)],
  ['s', bytesWhere(isSpace)],
  ['h', bytesWhere((byte) => byte === 0x09 || byte === 0x20 || byte === 0xa0)],
  ['v', bytesWhere((byte) => (byte >= 0x0a && byte <= 0x0d) || byte === 0x85)],
])

/** `[:alpha:]` and its kin, in the C locale. */
export const POSIX_SETS: ReadonlyMap<string, ByteSet> = new Map([
  ['alpha', bytesWhere(isLetter)],
  ['lower', bytesWhere(within([0x61, 0x7a]))],
  ['upper', bytesWhere(within([0x41, 0x5a]))],
  ['alnum', bytesWhere((byte) => isLetter(byte) || isDigit(byte))],
  ['ascii', bytesWhere((byte) => byte < 0x80)],
  ['blank', bytesWhere((byte) => byte === 0x09 || byte === 0x20)],
  ['cntrl', bytesWhere((byte) => byte < 0x20 || byte === 0x7f)],
  ['digit', bytesWhere(isDigit)],
  ['graph', bytesWhere(isGraph)],
  ['print', bytesWhere(within([0x20, 0x7e]))],
  ['punct', bytesWhere((byte) => isGraph(byte) && !isLetter(byte) && !isDigit(byte))],
  ['space', bytesWhere(isSpace)],
  ['word', bytesWhere(isWord)],
  ['xdigit', bytesWhere(within([0x30, 0x39], [0x41, 0x46], [0x61, 0x66]))],
])

/** `\p{name}`: bytes as characters of Latin-1. Null = no such property. */
export function propertySet(name: string): ByteSet | null {
  if (name === 'Any') return bytesWhere(() => true)
  const plain = name === 'L&' ? 'LC' : name
  for (const property of [plain, `Script=${plain}`]) {
    try {
      const pattern = new RegExp(`^\\p{${property}}$`, 'u')
      return bytesWhere((byte) => pattern.test(String.fromCharCode(byte)))
    } catch {
      // Not under this kind of name
    }
  }
  return null
}

/** A JavaScript character class, or a single escaped character. */
export function setText(set: ByteSet): string {
  let text = ''
  let count = 0
  for (let from = 0; from < 256; from++) {
    if (set[from] !== true) continue
    let to = from
    while (to < 255 && set[to + 1] === true) to++
    text += to === from ? escape(from) : `${escape(from)}-${escape(to)}`
    count += to - from + 1
    from = to
  }
  return count === 0 ? '[]' : count === 1 ? text : `[${text}]`
}

function escape(byte: number): string {
  return `\\u${characterOf(byte).charCodeAt(0).toString(16).padStart(4, '0')}`
}
