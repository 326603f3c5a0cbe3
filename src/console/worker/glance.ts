// A payload at a glance: one short line with its kind, a unit where there is one, and its number for lines and filters.
// Never throws and reads no more than the beginning: payloads are whatever the network sends.

import type { Glance } from './protocol.ts'

const DECODER = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
/** Bytes looked at for a glance. */
const LOOKED_AT = 4096
/** Characters of a glance. */
const LONGEST = 160
const WORD = 24
const NUMBER_WITH_UNIT = /^\s*([+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)\s*([^\d\s.,;:{}[\]"'+-][^\s{}[\]"']{0,11})?\s*$/u
const NAMES_OF_VALUES = ['value', 'val', 'v']
const NAMES_OF_UNITS = ['unit', 'units', 'u']

export interface Looked {
  readonly glance: Glance
  /** NaN = it has none. */
  readonly number: number
}

/** The bytes as UTF-8; null when they are not, or hold control characters that no text has. */
export function textOf(bytes: Uint8Array): string | null {
  for (let i = 0; i < bytes.length && i < 512; i++) {
    const byte = bytes[i]!
    if (byte < 9 || (byte > 13 && byte < 32 && byte !== 27)) return null
  }
  try {
    return DECODER.decode(bytes)
  } catch {
    return null
  }
}

/** `topic` helps to find the member of an object that is the value: `temperature` or `t` below `…/temperature`. */
export function look(payload: Uint8Array, topic: string): Looked {
  if (payload.length === 0) return { glance: { kind: 'empty', text: '', unit: '' }, number: Number.NaN }
  const isWhole = payload.length <= LOOKED_AT
  const text = isWhole ? textOf(payload) : beginningOf(payload)
  if (text === null) return { glance: { kind: 'binary', text: hexOf(payload), unit: '' }, number: Number.NaN }
  const number = payload.length <= 64 ? NUMBER_WITH_UNIT.exec(text) : null
  if (number !== null) return numberGlance(Number(number[1]), number[1]!, number[2] ?? '')
  const first = text.charCodeAt(firstInk(text))
  if (isWhole && (first === 0x7b || first === 0x5b)) {
    const looked = lookIntoJson(text, topic)
    if (looked !== null) return looked
  }
  const line = oneLine(text)
  return { glance: { kind: line.length <= WORD ? 'word' : 'text', text: line, unit: '' }, number: Number.NaN }
}

/** Line ends and runs of blanks become one blank; what is long is cut. */
export function oneLine(text: string): string {
  const part = text.length > LONGEST * 2 ? text.slice(0, LONGEST * 2) : text
  const line = part.replace(/\s+/g, ' ').trim()
  return line.length > LONGEST ? `${line.slice(0, LONGEST)}…` : text.length > part.length ? `${line}…` : line
}

/** The number at `path` (`a.b.0`; '' = the payload itself) of a payload; NaN = there is none. */
export function numberAt(payload: Uint8Array, path: string): number {
  const text = textOf(payload)
  if (text === null) return Number.NaN
  if (path === '') {
    const found = NUMBER_WITH_UNIT.exec(text)
    return found === null ? Number.NaN : Number(found[1])
  }
  let at: unknown
  try {
    at = JSON.parse(text)
  } catch {
    return Number.NaN
  }
  for (const name of path.split('.')) {
    if (typeof at !== 'object' || at === null) return Number.NaN
    at = (at as Record<string, unknown>)[name]
  }
  return typeof at === 'number' ? at : Number.NaN
}

/** Paths of all numbers in a payload, in its order; '' for a payload that is one. At most `most`. */
export function numericPaths(payload: Uint8Array, most = 32): string[] {
  const text = payload.length > 65_536 ? null : textOf(payload)
  if (text === null) return []
  if (NUMBER_WITH_UNIT.test(text)) return ['']
  const paths: string[] = []
  const walk = (value: unknown, path: string, depth: number): void => {
    if (paths.length >= most || depth > 6) return
    if (typeof value === 'number' && path !== '') paths.push(path)
    if (typeof value !== 'object' || value === null) return
    for (const [name, inner] of Object.entries(value)) if (!name.includes('.')) walk(inner, path === '' ? name : `${path}.${name}`, depth + 1)
  }
  try {
    walk(JSON.parse(text), '', 0)
  } catch {
    return []
  }
  return paths
}

/** The member that stands for the value of an object: `value`, the last level of the topic, or its first letter; '' = none. */
export function valueMember(object: object, topic: string): string {
  const level = topic.slice(topic.lastIndexOf('/') + 1).toLowerCase()
  const isNumber = (name: string): boolean => typeof (object as Record<string, unknown>)[name] === 'number'
  const names = Object.keys(object)
  for (const name of [...NAMES_OF_VALUES, level, level.slice(0, 1)]) if (name !== '' && Object.hasOwn(object, name) && isNumber(name)) return name
  const numbers = names.filter(isNumber)
  return numbers.length === 1 || (numbers.length > 1 && unitOf(object) !== '') ? numbers[0]! : ''
}

function lookIntoJson(text: string, topic: string): Looked | null {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return null
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
    const name = valueMember(value, topic)
    if (name !== '') {
      const number = (value as Record<string, number>)[name]!
      return numberGlance(number, String(number), unitOf(value))
    }
  }
  return { glance: { kind: 'json', text: oneLine(text), unit: '' }, number: Number.NaN }
}

function unitOf(object: object): string {
  for (const name of NAMES_OF_UNITS) {
    const unit = (object as Record<string, unknown>)[name]
    if (typeof unit === 'string' && unit.length > 0 && unit.length <= 12) return unit
  }
  return ''
}

function numberGlance(number: number, text: string, unit: string): Looked {
  return { glance: { kind: 'number', text, unit }, number }
}

function firstInk(text: string): number {
  let at = 0
  while (at < text.length && text.charCodeAt(at) <= 32) at++
  return at
}

/** The first part of a long text, cut between characters. */
function beginningOf(payload: Uint8Array): string | null {
  let end = LOOKED_AT
  while (end > LOOKED_AT - 4 && (payload[end]! & 0xc0) === 0x80) end--
  return textOf(payload.subarray(0, end))
}

/** `a4 61 74 …` of the first bytes. */
export function hexOf(bytes: Uint8Array, most = 24): string {
  const parts: string[] = []
  for (let i = 0; i < bytes.length && i < most; i++) parts.push(bytes[i]!.toString(16).padStart(2, '0'))
  return parts.join(' ') + (bytes.length > most ? ' …' : '')
}
