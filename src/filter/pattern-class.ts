// The inside of square brackets in a pattern, and the escapes that give a byte its number.
// Part of pattern.ts; byte-set.ts knows what the sets are.

import { type ByteSet, bytesWhere, complement, ESCAPE_SETS, POSIX_SETS, propertySet } from './byte-set.ts'
import type { FilterError } from './filter-error.ts'

type Complain = (message: string) => FilterError

const CODE = /x\{([0-9A-Fa-f]+)\}|x([0-9A-Fa-f]{0,2})|o\{([0-7]+)\}|([0-7]{1,3})|c([ -~])/y
const SIMPLE: ReadonlyMap<string, number> = new Map([
  ['a', 7],
  ['b', 8],
  ['e', 27],
  ['f', 12],
  ['n', 10],
  ['r', 13],
  ['t', 9],
])

/** An escape by number, from behind its backslash. Null = none. */
export function readCode(text: string, at: number, complain: Complain): { byte: number; end: number } | null {
  CODE.lastIndex = at
  const found = CODE.exec(text)
  if (found === null) return null
  const [whole, long, short, octalLong, octal, control] = found
  const byte =
    control !== undefined
      ? control.toUpperCase().charCodeAt(0) ^ 0x40
      : octalLong !== undefined || octal !== undefined
        ? Number.parseInt((octalLong ?? octal)!, 8)
        : Number.parseInt(`0${long ?? short}`, 16)
  if (byte > 255) throw complain(`\\${whole} is larger than a byte`)
  return { byte, end: at + whole.length }
}

/** From behind the opening bracket to behind the closing one. */
export function readClass(text: string, start: number, complain: Complain): { set: ByteSet; isNegated: boolean; end: number } {
  const isNegated = text[start] === '^'
  const set = new Array<boolean>(256).fill(false)
  const first = isNegated ? start + 1 : start
  for (let at = first; at < text.length; ) {
    if (text[at] === ']' && at > first) return { set, isNegated, end: at + 1 }
    const member = readMember(text, at, complain)
    at = member.end
    if (member.byte !== null && text[at] === '-' && text[at + 1] !== ']' && at + 1 < text.length) {
      const last = readMember(text, at + 1, complain)
      if (last.byte !== null) {
        if (last.byte < member.byte) throw complain('range out of order in a character class')
        for (let byte = member.byte; byte <= last.byte; byte++) set[byte] = true
        at = last.end
        continue
      }
    }
    for (const [byte, isMember] of member.set.entries()) if (isMember) set[byte] = true
  }
  throw complain('missing terminating ] of a character class')
}

/** `byte` null: a set that no range can begin or end with. */
function readMember(text: string, at: number, complain: Complain): { set: ByteSet; byte: number | null; end: number } {
  const one = (byte: number, end: number): { set: ByteSet; byte: number; end: number } => ({ set: bytesWhere((other) => other === byte), byte, end })
  const posix = /^\[:(\^?)([a-z]+):\]/.exec(text.slice(at))
  if (posix !== null) {
    const set = POSIX_SETS.get(posix[2]!)
    if (set === undefined) throw complain(`unknown class ${posix[0]}`)
    return { set: posix[1] === '^' ? complement(set) : set, byte: null, end: at + posix[0].length }
  }
  if (text[at] !== '\\') return one(text.charCodeAt(at), at + 1)
  const code = readCode(text, at + 1, complain)
  if (code !== null) return one(code.byte, code.end)
  const letter = text[at + 1]
  if (letter === undefined) throw complain('\\ at the end')
  const set = ESCAPE_SETS.get(letter.toLowerCase())
  if (set !== undefined) return { set: ESCAPE_SETS.has(letter) ? set : complement(set), byte: null, end: at + 2 }
  const property = /^([pP])(?:\{(\^?)([\w& ]+)\}|([A-Za-z]))/.exec(text.slice(at + 1))
  if (property !== null) {
    const named = propertySet(property[3] ?? property[4]!)
    if (named === null) throw complain(`unknown property ${property[0]}`)
    return { set: (property[1] === 'P') !== (property[2] === '^') ? complement(named) : named, byte: null, end: at + 1 + property[0].length }
  }
  const byte = SIMPLE.get(letter)
  if (byte === undefined && /[A-Za-z]/.test(letter)) throw complain(`\\${letter} is not a known escape in a character class`)
  return one(byte ?? letter.charCodeAt(0), at + 2)
}
