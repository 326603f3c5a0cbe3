// Translates the patterns of `matches`, Perl's as PCRE2 has them, to JavaScript's: over bytes, letters in any case unless (?-i) says otherwise.
// Recursion and conditions are refused: JavaScript has none.

import { type ByteSet, bytesWhere, caseless, characterOf, complement, ESCAPE_SETS, propertySet, setText } from './byte-set.ts'
import { FilterError } from './filter-error.ts'
import { readClass, readCode } from './pattern-class.ts'
import { bytesOfText } from './quoted.ts'
import type { Place } from './syntax.ts'

/** A compiled pattern. */
export interface BytePattern {
  readonly source: string
  matches(subject: Uint8Array | string): boolean
}

interface Flags {
  i: boolean
  s: boolean
  m: boolean
  x: boolean
}

const ASCII = /^[\0-\x7f]*$/
const CHARACTERS: readonly string[] = Array.from({ length: 256 }, (_, byte) => characterOf(byte))
const QUANTIFIER = /[*+?]|\{\d+(?:,\d*)?\}/y
const ESCAPED_CHARACTERS: ReadonlyMap<string, number> = new Map([
  ['a', 7],
  ['e', 27],
  ['f', 12],
  ['n', 10],
  ['r', 13],
  ['t', 9],
])
/** Escapes that stand between characters, and those that stand for more than one byte. */
const PLACES: ReadonlyMap<string, string> = new Map([
  ['A', '^'],
  ['G', '^'],
  ['z', '$'],
  ['Z', '(?=\\n?$)'],
  ['b', '\\b'],
  ['B', '\\B'],
  ['K', ''],
  ['N', '[^\\n]'],
  ['C', '[^]'],
  ['R', '(?:\\r\\n|[\\n\\v\\f\\r\\ue085])'],
])
const REFERENCE = /g(?:\{(-?\d+|[A-Za-z_]\w*)\}|(-?\d+))|k(?:\{(\w+)\}|<(\w+)>|'(\w+)')/y

/** `bytes`: the pattern, one unit per byte. Throws FilterError at `place`. */
export function compilePattern(bytes: string, place: Place): BytePattern {
  const translation = new Translation(bytes, place)
  const source = translation.translate()
  let compiled: RegExp
  try {
    compiled = new RegExp(source, translation.isCaselessThroughout ? 'i' : '')
  } catch {
    throw new FilterError('this pattern is not valid', place)
  }
  return { source: bytes, matches: (subject) => compiled.test(subjectText(subject)) }
}

function subjectText(subject: Uint8Array | string): string {
  if (typeof subject === 'string') {
    if (ASCII.test(subject)) return subject
    return bytesOfText(subject).replace(/[\x80-\xff]/g, (unit) => CHARACTERS[unit.charCodeAt(0)]!)
  }
  let text = ''
  for (const byte of subject) text += CHARACTERS[byte]!
  return text
}

class Translation {
  readonly #text: string
  readonly #place: Place
  #at = 0
  #groups = 0
  #atomic = 0
  #depth = 0
  readonly #names = new Map<string, number>()
  readonly #references: (number | string)[] = []
  #changesCase = false

  constructor(text: string, place: Place) {
    this.#text = text
    this.#place = place
  }

  /** JavaScript's own flag makes a repetition of a group caseless too; sets are so without it. */
  get isCaselessThroughout(): boolean {
    return !this.#changesCase
  }

  translate(): string {
    const source = this.#alternatives({ i: true, s: false, m: false, x: false })
    if (this.#at < this.#text.length) throw this.#error('unmatched closing parenthesis')
    for (const reference of this.#references)
      if (typeof reference === 'string' ? !this.#names.has(reference) : reference < 1 || reference > this.#groups)
        throw this.#error(`reference to group ${reference}, which does not exist`)
    return source.replace(/\\k<n(\w+)>/g, (_, name: string) => `\\k<g${this.#names.get(name)!}>`)
  }

  #error(message: string): FilterError {
    return new FilterError(`pattern: ${message}`, this.#place)
  }

  #takes(text: string): boolean {
    const isNext = this.#text.startsWith(text, this.#at)
    if (isNext) this.#at += text.length
    return isNext
  }

  #takesPattern(pattern: RegExp): RegExpExecArray | null {
    pattern.lastIndex = this.#at
    const found = pattern.exec(this.#text)
    if (found !== null) this.#at += found[0].length
    return found
  }

  /** To the end or to a closing parenthesis. Changes of flags last as long. */
  #alternatives(flags: Flags): string {
    if (++this.#depth > 100) throw this.#error('nested more than 100 deep')
    let source = ''
    while (this.#at < this.#text.length && this.#text[this.#at] !== ')') source += this.#takes('|') ? '|' : this.#quantified(flags)
    this.#depth--
    return source
  }

  #quantified(flags: Flags): string {
    let atom = this.#atom(flags)
    if (atom === null) return ''
    for (;;) {
      this.#skipFree(flags)
      const found = this.#takesPattern(QUANTIFIER)
      if (found === null) return atom
      const suffix = this.#takes('?') ? '?' : this.#takes('+') ? '+' : ''
      const [, least, most] = /^\{(\d+)(?:,(\d+))?/.exec(found[0]) ?? []
      if (most !== undefined && Number(most) < Number(least)) throw this.#error(`${found[0]}: numbers out of order`)
      atom = suffix === '+' ? this.#whole(atom + found[0]) : `(?:${atom}${found[0]}${suffix})`
      if (/[*+?]/.test(this.#text[this.#at] ?? '')) throw this.#error('a quantifier does not follow a repeatable item')
    }
  }

  /** Without going back into it once it has matched. */
  #whole(source: string): string {
    const name = `a${this.#atomic++}`
    return `(?:(?=(?<${name}>${source}))\\k<${name}>)`
  }

  /** Blanks and comments of (?x), comments of (?#. */
  #skipFree(flags: Flags): void {
    for (;;) {
      if (flags.x && this.#takesPattern(/[ \t\n\v\f\r]+|#[^\n]*\n?/y) !== null) continue
      if (!this.#takes('(?#')) return
      const close = this.#text.indexOf(')', this.#at)
      if (close < 0) throw this.#error('the ) of a comment is missing')
      this.#at = close + 1
    }
  }

  /** Null: nothing that matches, such as a change of flags. */
  #atom(flags: Flags): string | null {
    this.#skipFree(flags)
    const character = this.#text[this.#at]
    if (character === undefined || character === ')' || character === '|') return null
    if (this.#takesPattern(QUANTIFIER) !== null) throw this.#error('a quantifier does not follow a repeatable item')
    this.#at++
    switch (character) {
      case '(':
        return this.#group(flags)
      case '[': {
        const { set, isNegated, end } = readClass(this.#text, this.#at, (message) => this.#error(message))
        this.#at = end
        const folded = flags.i ? caseless(set) : set
        return setText(isNegated ? complement(folded) : folded)
      }
      case '.':
        return flags.s ? '[^]' : '[^\\n]'
      case '^':
        return flags.m ? '(?:^|(?<=\\n)(?!$))' : '^'
      case '$':
        return flags.m ? '(?=\\n|$)' : '(?=\\n?$)'
      case '\\':
        return this.#escape(flags)
      default:
        return this.#literal(character.charCodeAt(0), flags)
    }
  }

  #literal(byte: number, flags: Flags): string {
    const set: ByteSet = bytesWhere((other) => other === byte)
    return setText(flags.i ? caseless(set) : set)
  }

  #group(flags: Flags): string | null {
    if (this.#text[this.#at] === '*') throw this.#error('verbs are not supported')
    if (!this.#takes('?')) return this.#body(this.#open(), { ...flags })
    const named = this.#takesPattern(/(?:P?<|')([A-Za-z_]\w*)[>']/y)
    if (named !== null) {
      const open = this.#open()
      if (this.#names.has(named[1]!)) throw this.#error(`two groups are named ${named[1]!}`)
      this.#names.set(named[1]!, this.#groups)
      return this.#body(open, { ...flags })
    }
    const repeated = this.#takesPattern(/P=(\w+)\)/y)
    if (repeated !== null) return this.#reference(repeated[1]!)
    for (const open of [':', '=', '!', '<=', '<!']) if (this.#takes(open)) return this.#body(`(?${open}`, { ...flags })
    if (this.#takes('>')) return this.#whole(this.#body('(?:', { ...flags }))
    const changes = this.#takesPattern(/(\^?)([imsx]*)(?:-([imsx]*))?([:)])/y)
    if (changes === null) throw this.#error(`the group (?${this.#text[this.#at] ?? ''} is not supported`)
    const changed = changes[4] === ')' ? flags : { ...flags }
    if (changes[1] === '^') Object.assign(changed, { i: false, m: false, s: false, x: false })
    for (const flag of changes[2]!) changed[flag as keyof Flags] = true
    for (const flag of changes[3] ?? '') changed[flag as keyof Flags] = false
    if (!changed.i) this.#changesCase = true
    return changes[4] === ')' ? null : this.#body('(?:', changed)
  }

  #open(): string {
    this.#groups++
    return `(?<g${this.#groups}>`
  }

  #body(open: string, flags: Flags): string {
    const inner = this.#alternatives(flags)
    if (!this.#takes(')')) throw this.#error('missing closing parenthesis')
    return `${open}${inner})`
  }

  #reference(group: number | string): string {
    this.#references.push(group)
    return typeof group === 'number' ? `\\k<g${group}>` : `\\k<n${group}>`
  }

  #escape(flags: Flags): string | null {
    const character = this.#text[this.#at]
    if (character === undefined) throw this.#error('\\ at the end')
    if (character === 'Q') return this.#quotedText(flags)
    if (this.#takes('E')) return null
    const number = this.#takesPattern(/[1-9]\d*/y)
    if (number !== null) {
      // \1 to \9 repeat a group; a larger number does when there are so many groups, else it is octal
      if (number[0].length === 1 || Number(number[0]) <= this.#groups) return this.#reference(Number(number[0]))
      this.#at -= number[0].length
    }
    const reference = this.#takesPattern(REFERENCE)
    if (reference !== null) {
      const name = reference.slice(1).find((part) => part !== undefined)!
      const group = Number(name)
      return this.#reference(Number.isNaN(group) ? name : group < 0 ? this.#groups + 1 + group : group)
    }
    const property = this.#takesPattern(/([pP])(?:\{(\^?)([\w& ]+)\}|([A-Za-z]))/y)
    if (property !== null) {
      const set = propertySet(property[3] ?? property[4]!)
      if (set === null) throw this.#error(`unknown property ${property[0]}`)
      return setText((property[1] === 'P') !== (property[2] === '^') ? complement(set) : set)
    }
    const code = readCode(this.#text, this.#at, (message) => this.#error(message))
    if (code !== null) {
      this.#at = code.end
      return this.#literal(code.byte, flags)
    }
    this.#at++
    const place = PLACES.get(character)
    if (place !== undefined) return place === '' ? null : place
    const set = ESCAPE_SETS.get(character.toLowerCase())
    if (set !== undefined) return setText(ESCAPE_SETS.has(character) ? set : complement(set))
    const byte = ESCAPED_CHARACTERS.get(character)
    if (byte === undefined && /[A-Za-z]/.test(character)) throw this.#error(`\\${character} is not a known escape`)
    return this.#literal(byte ?? character.charCodeAt(0), flags)
  }

  /** `\Q…\E`: as it stands. A quantifier behind it belongs to its last character. */
  #quotedText(flags: Flags): string | null {
    const from = this.#at + 1
    const end = this.#text.indexOf('\\E', from)
    const to = end < 0 ? this.#text.length : end
    this.#at = end < 0 ? to : to + 2
    if (to === from) return null
    const all = [...this.#text.slice(from, to)].map((unit) => this.#literal(unit.charCodeAt(0), flags))
    const last = all.pop()!
    const found = this.#takesPattern(QUANTIFIER)
    return `(?:${all.join('')}${last}${found === null ? '' : found[0]})`
  }
}
