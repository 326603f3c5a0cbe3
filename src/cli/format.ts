// The language of -F: `%` and a conversion with flags, width, precision and separator; `@` and a conversion of strftime; `\` and an escape.
// Read once, when the arguments are: printing (format-message.ts) walks the parts and can no longer fail.

import { ArgumentError } from './client-errors.ts'

/** What may follow `%`, and what it prints. */
const CONVERSIONS = {
  '%': 'a percent sign',
  A: 'Topic Alias',
  C: 'Content Type',
  D: 'Correlation Data',
  E: 'Message Expiry Interval',
  F: 'Payload Format Indicator',
  I: 'local time, ISO 8601',
  J: 'all of it as JSON, the payload parsed',
  P: 'User Properties',
  R: 'Response Topic',
  S: 'Subscription Identifier',
  U: 'seconds since 1970 with nanoseconds',
  X: 'payload, upper-case hexadecimal',
  d: 'payload, 8 bytes of a double',
  f: 'payload, 4 bytes of a float',
  j: 'all of it as JSON, the payload a string',
  l: 'length of the payload',
  m: 'Packet Identifier',
  p: 'payload',
  q: 'QoS',
  r: 'RETAIN',
  t: 'Topic Name',
  x: 'payload, lower-case hexadecimal',
} as const
export type Conversion = keyof typeof CONVERSIONS

const ESCAPES: Readonly<Record<string, string>> = { '\\': '\\', '0': '\0', a: '\x07', e: '\x1b', n: '\n', r: '\r', t: '\t', v: '\v' }

/** Between groups of hexadecimal digits. */
const SEPARATORS = '!"#$&\'()*+,-./:;<=>?@[\\]^_`{|}~ '

/** More could only be a mistake, and would fill the memory. */
const WIDEST = 65535

export interface Field {
  readonly kind: 'field'
  readonly conversion: Conversion
  /** `-`: blanks come behind. */
  readonly left: boolean
  /** `0`: what is padded is padded with zeros. */
  readonly zeros: boolean
  /** 0 = none. */
  readonly width: number
  /** null = none. */
  readonly precision: number | null
  readonly separator: string
}

export type FormatPart = { readonly kind: 'text'; readonly bytes: Uint8Array } | Field | { readonly kind: 'time'; readonly conversion: string }

/** Reads a format. Throws ArgumentError. */
export function parseFormat(format: string): readonly FormatPart[] {
  const parts: FormatPart[] = []
  let text = ''
  const push = (part: FormatPart): void => {
    if (text !== '') parts.push({ kind: 'text', bytes: Buffer.from(text) })
    text = ''
    parts.push(part)
  }
  for (let at = 0; at < format.length; ) {
    const character = characterAt(format, at)
    at += character.length
    if (character === '%') {
      const { field, end } = parseField(format, at)
      push(field)
      at = end
    } else if (character === '@') {
      const conversion = characterAt(format, at)
      if (conversion === '') throw incomplete('format')
      if (conversion === '@') text += '@'
      else push({ kind: 'time', conversion })
      at += conversion.length
    } else if (character === '\\') {
      const escape = characterAt(format, at)
      if (escape === '') throw incomplete('escape')
      if (!Object.hasOwn(ESCAPES, escape)) throw new ArgumentError(`Invalid escape specifier '${escape}'.`)
      text += ESCAPES[escape]!
      at += escape.length
    } else text += character
  }
  if (text !== '') parts.push({ kind: 'text', bytes: Buffer.from(text) })
  return parts
}

/** `[-][0][width][.precision][separator]conversion`, from behind the percent sign. */
function parseField(format: string, start: number): { readonly field: Field; readonly end: number } {
  const [flagsAndNumbers, left = '', zeros = '', width = '', precision] = /^(-?)(0?)(\d*)(?:\.(\d*))?/.exec(format.slice(start))!
  let at = start + flagsAndNumbers.length
  let separator = ' '
  if (at < format.length && SEPARATORS.includes(format[at]!)) separator = format[at++]!
  const conversion = characterAt(format, at)
  if (conversion === '') throw incomplete('format')
  if (!Object.hasOwn(CONVERSIONS, conversion)) throw new ArgumentError(`Invalid format specifier '${conversion}'.`)
  const field: Field = {
    kind: 'field',
    conversion: conversion as Conversion,
    left: left !== '',
    zeros: zeros !== '',
    width: inBounds(width),
    precision: precision === undefined ? null : inBounds(precision),
    separator,
  }
  return { field, end: at + 1 }
}

function inBounds(digits: string): number {
  const number = Number(digits)
  if (number > WIDEST) throw new ArgumentError(`Field width or precision ${digits} in the format is too large, the largest is ${WIDEST}.`)
  return number
}

/** The whole character at `at`; empty at the end. */
function characterAt(text: string, at: number): string {
  const code = text.codePointAt(at)
  return code === undefined ? '' : String.fromCodePoint(code)
}

function incomplete(what: 'format' | 'escape'): ArgumentError {
  return new ArgumentError(`Incomplete ${what} specifier.`)
}
