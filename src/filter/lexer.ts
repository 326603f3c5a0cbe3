// Cuts a filter's text into tokens, by tshark 4.0's rules of what is one word: addresses, byte strings and dotted names are.
// Quoted texts are unquoted in quoted.ts; what stands in square brackets is read by ranges.ts.

import { isIpv4Text, readIpv6 } from './address-constants.ts'
import { FilterError } from './filter-error.ts'
import { readCharacter, readRawString, readString } from './quoted.ts'
import { readRanges } from './ranges.ts'
import type { Place, Range } from './syntax.ts'

export type Token = Place &
  /** A keyword or sign in its symbolic form: `and` is `&&`. */
  (
    | { readonly kind: 'sign'; readonly text: string }
    | { readonly kind: 'word'; readonly text: string }
    /** A name with a dot before it can only be a field. */
    | { readonly kind: 'field'; readonly text: string }
    /** An address or byte string can be no field. */
    | { readonly kind: 'literal'; readonly text: string }
    | { readonly kind: 'string'; readonly text: string }
    | { readonly kind: 'character'; readonly code: number }
    | { readonly kind: 'reference'; readonly text: string }
    /** `[…]`, also behind `#`; `#3` is a layer of its own. */
    | { readonly kind: 'slice' | 'layer'; readonly ranges: readonly Range[] }
    | { readonly kind: 'end' }
  )

/** Word forms of signs; anything else in lower case letters is a name. */
const KEYWORDS: ReadonlyMap<string, string> = new Map([
  ['and', '&&'],
  ['or', '||'],
  ['not', '!'],
  ['eq', '=='],
  ['any_eq', '=='],
  ['ne', '!='],
  ['all_ne', '!='],
  ['all_eq', '==='],
  ['any_ne', '!=='],
  ['lt', '<'],
  ['le', '<='],
  ['gt', '>'],
  ['ge', '>='],
  ['bitwise_and', '&'],
  ['contains', 'contains'],
  ['matches', 'matches'],
  ['in', 'in'],
  ['any', 'any'],
  ['all', 'all'],
])

/** Signs that are written otherwise than they are called. */
const SYNONYMS: ReadonlyMap<string, string> = new Map([
  ['~=', '!=='],
  ['~', 'matches'],
])

const SPACE = /[ \t\r\n]+/y
const SIGN = /===|!==|==|!=|~=|>=|<=|&&|\|\||\.\.|[<>!&+\-*/%~(){},]/y
const WORD = /[A-Za-z0-9_][A-Za-z0-9_-]*(?:\.[A-Za-z0-9_-]+)*/y
const FIELD = /\.([A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)*)/y
const IPV6 = /[0-9A-Fa-f:]*:[0-9A-Fa-f:]*(?:(?<=:)\d+\.\d+\.\d+\.\d+|(?<=:\d{1,3})\.\d+\.\d+\.\d+)?/y
const PREFIX6 = /\/\d{1,3}/y
const NET4 = /(\d+\.\d+\.\d+\.\d+)\/\d{1,2}/y
const BYTES = /[0-9A-Fa-f]{2}(?::[0-9A-Fa-f]{2})+|:[0-9A-Fa-f]{2}(?:[:.-][0-9A-Fa-f]{2})+|:[0-9A-Fa-f]+/y
const REFERENCE = /\$[ \t\r\n]*\{([A-Za-z0-9_.-]+(?:#(?:\d+|\[[\d:,-]+\]))?)\}/y
const LAYER = /#(\d+)/y

/** All tokens of a filter, with one of kind `end` behind them. Throws FilterError. */
export function tokenize(text: string): Token[] {
  const tokens: Token[] = []
  for (let at = 0; at < text.length; ) {
    const space = matchAt(SPACE, text, at)
    if (space !== null) {
      at += space[0].length
      continue
    }
    const token = nextToken(text, at)
    tokens.push(token)
    at = token.end
  }
  tokens.push({ kind: 'end', start: text.length, end: text.length })
  return tokens
}

function nextToken(text: string, start: number): Token {
  const character = text[start]!
  switch (character) {
    case '"':
      return quoted(text, start, start)
    case "'": {
      const { code, end } = readCharacter(text, start)
      return { kind: 'character', code, start, end }
    }
    case '[': {
      const { ranges, end } = readRanges(text, start)
      return { kind: 'slice', ranges, start, end }
    }
    case '#':
      return layer(text, start)
    case '$':
      return reference(text, start)
  }
  if ((character === 'r' || character === 'R') && text[start + 1] === '"') return quoted(text, start, start + 1)
  const address = addressAt(text, start)
  const word = matchAt(WORD, text, start)
  if (address !== null && address.length > (word?.[0].length ?? 0)) return { kind: 'literal', text: address, start, end: start + address.length }
  if (word !== null) return keywordOrWord(word[0], start)
  const field = matchAt(FIELD, text, start)
  if (field !== null) return { kind: 'field', text: field[1]!, start, end: start + field[0].length }
  const sign = matchAt(SIGN, text, start)
  if (sign !== null) return { kind: 'sign', text: SYNONYMS.get(sign[0]) ?? sign[0], start, end: start + sign[0].length }
  const end = start + String.fromCodePoint(text.codePointAt(start)!).length
  if (character > '\x7e')
    throw new FilterError(`"${text.slice(start, end)}" outside of double quotes; quote texts with characters beyond ASCII`, { start, end })
  throw new FilterError(`"${character}" was unexpected in this context`, { start, end })
}

function keywordOrWord(text: string, start: number): Token {
  const end = start + text.length
  const keyword = KEYWORDS.get(text)
  return keyword === undefined ? { kind: 'word', text, start, end } : { kind: 'sign', text: keyword, start, end }
}

/** The longest IPv6 address, network or byte string at a place; plain words are none. */
function addressAt(text: string, start: number): string | null {
  let candidate = matchAt(IPV6, text, start)?.[0] ?? ''
  while (candidate.includes(':')) {
    if (readIpv6(candidate) !== null) return candidate + (matchAt(PREFIX6, text, start + candidate.length)?.[0] ?? '')
    // A colon too many belongs to what follows
    if (!candidate.endsWith(':')) break
    candidate = candidate.slice(0, -1)
  }
  const network = matchAt(NET4, text, start)
  if (network !== null && isIpv4Text(network[1]!)) return network[0]
  return matchAt(BYTES, text, start)?.[0] ?? null
}

function quoted(text: string, start: number, quote: number): Token {
  const { bytes, end } = quote === start ? readString(text, start) : readRawString(text, quote)
  return { kind: 'string', text: bytes, start, end }
}

function layer(text: string, start: number): Token {
  const number = matchAt(LAYER, text, start)
  if (number !== null) return { kind: 'layer', ranges: [{ start: Number(number[1]), length: 1 }], start, end: start + number[0].length }
  if (text[start + 1] !== '[') throw new FilterError('a number or [ must follow # at once', { start, end: Math.min(text.length, start + 2) })
  const { ranges, end } = readRanges(text, start + 1)
  return { kind: 'layer', ranges, start, end }
}

function reference(text: string, start: number): Token {
  const found = matchAt(REFERENCE, text, start)
  if (found !== null) return { kind: 'reference', text: found[1]!, start, end: start + found[0].length }
  const close = text.indexOf('}', start)
  if (/^\$\s*\{/.test(text.slice(start))) {
    if (close < 0) throw new FilterError('the } of a reference is missing', { start, end: text.length })
    throw new FilterError(`macro ${text.slice(start, close + 1)} does not exist`, { start, end: close + 1 })
  }
  throw new FilterError('"$" was unexpected in this context', { start, end: start + 1 })
}

function matchAt(pattern: RegExp, text: string, at: number): RegExpExecArray | null {
  pattern.lastIndex = at
  return pattern.exec(text)
}
