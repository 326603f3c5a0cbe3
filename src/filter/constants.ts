// Turns the words, texts and characters of a filter into values of the type that they are compared with, once.
// What no value of the type can be made of is refused here, with the reason.

import { nearestName } from '../base/nearest-name.ts'
import type { FieldType, ValueNames } from '../dissect/field.ts'
import { identifierBytes } from '../dissect/object-identifiers.ts'
import type { GivenValue } from '../dissect/rows.ts'
import { readBytes, readIpv4, readIpv6 } from './address-constants.ts'
import { FilterError } from './filter-error.ts'
import type { Place } from './syntax.ts'
import { readAbsoluteTime, readTimeSpan } from './time-constants.ts'
import { isInteger, largest, TYPES } from './types.ts'

/** What a constant has to become. */
export interface Wanted {
  readonly type: FieldType
  readonly names: ValueNames | undefined
  /** It is looked for inside of values: an Ethernet address need not be whole. */
  readonly isPart: boolean
}

export interface Constant {
  readonly value: GivenValue
  readonly prefix: number | null
}

const NUMBER = /^(?:0[xX][0-9A-Fa-f]+|0[bB][01]+|0[0-7]*|[1-9]\d*)$/
const LARGEST = 0xffff_ffff_ffff_ffffn
const TRUTHS: ReadonlyMap<string, number> = new Map([
  ['True', 1],
  ['TRUE', 1],
  ['False', 0],
  ['FALSE', 0],
])
const TRUTH_NAMES: ValueNames = new Map([
  [1, 'True'],
  [0, 'False'],
])
const DECODER = new TextDecoder('utf-8', { ignoreBOM: true })

/** From a bare word or address. */
export function constantOfWord(text: string, wanted: Wanted, place: Place): Constant {
  const { type } = wanted
  switch (TYPES[type].class) {
    case 'unsigned':
    case 'signed':
      return whole(NUMBER.test(text) ? integer(text, type, place) : named(text, wanted, place))
    case 'boolean': {
      const truth = TRUTHS.get(text) ?? (NUMBER.test(text) ? Number(numberOf(text, place) !== 0n) : null)
      return whole(truth ?? named(text, wanted, place))
    }
    case 'double': {
      const value = Number(text)
      if (Number.isNaN(value)) throw new FilterError(`"${text}" is not a valid floating point number`, place)
      return whole(value)
    }
    case 'text':
      return whole(text)
    case 'bytes':
    case 'protocol':
      return whole(bytesConstant(text, wanted, place))
    case 'ipv4':
      return network(text, 32, readIpv4, 'IPv4', place)
    case 'ipv6':
      return network(text, 128, readIpv6, 'IPv6', place)
    case 'absolute':
      return whole(timeConstant(text, place))
    case 'relative': {
      const span = readTimeSpan(text)
      if (span === null) throw new FilterError(`"${text}" is not a valid time span; seconds are wanted, such as 0.25`, place)
      return whole(span)
    }
    default:
      throw unfit(`"${text}"`, type, place)
  }
}

/** From a quoted text; `bytes` has one unit per byte. */
export function constantOfString(bytes: string, wanted: Wanted, place: Place): Constant {
  const { type } = wanted
  switch (TYPES[type].class) {
    case 'text':
      return whole(DECODER.decode(unpack(bytes)))
    case 'protocol':
      return whole(unpack(bytes))
    case 'bytes':
      if (type === 'ether' || type === 'oid') break
      return whole(unpack(bytes))
    case 'absolute':
      return whole(timeConstant(DECODER.decode(unpack(bytes)), place))
    case 'boolean':
      return whole(named(DECODER.decode(unpack(bytes)), wanted, place))
    case 'unsigned':
    case 'signed':
      if (wanted.names === undefined) break
      return whole(named(DECODER.decode(unpack(bytes)), wanted, place))
  }
  throw new FilterError(`the text "${DECODER.decode(unpack(bytes))}" is no value for the type ${TYPES[type].title}; leave out the quotes`, place)
}

export function constantOfCharacter(code: number, { type }: Wanted, place: Place): Constant {
  switch (TYPES[type].class) {
    case 'unsigned':
    case 'signed':
      return whole(code)
    case 'boolean':
      return whole(code === 0 ? 0 : 1)
    case 'text':
      return whole(DECODER.decode(Uint8Array.of(code)))
    case 'protocol':
      return whole(Uint8Array.of(code))
    case 'bytes':
      if (type === 'ether' || type === 'oid') break
      return whole(Uint8Array.of(code))
  }
  throw unfit(`the character '${String.fromCharCode(code)}'`, type, place)
}

/** Numbers are numbers up to 2^53 and bigints beyond, as in rows. */
export function normal(value: bigint): number | bigint {
  return value >= BigInt(Number.MIN_SAFE_INTEGER) && value <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(value) : value
}

function whole(value: GivenValue): Constant {
  return { value, prefix: null }
}

function unpack(bytes: string): Uint8Array {
  return Uint8Array.from(bytes, (unit) => unit.charCodeAt(0))
}

function unfit(what: string, type: FieldType, place: Place): FilterError {
  return new FilterError(`${what} is no value for the type ${TYPES[type].title}`, place)
}

function numberOf(text: string, place: Place): bigint {
  const value = BigInt(/^0[0-7]+$/.test(text) ? `0o${text}` : text)
  if (value > LARGEST) throw new FilterError(`"${text}" is larger than 64 bits`, place)
  return value
}

function integer(text: string, type: FieldType, place: Place): number | bigint {
  const value = numberOf(text, place)
  const most = largest(type)
  if (value > most) throw new FilterError(`"${text}" is too large for this field, at most ${most}`, place)
  return normal(value)
}

/** The number of a name, upper and lower case alike; the first one of several. */
function named(text: string, { type, names }: Wanted, place: Place): number {
  const all = names ?? (type === 'boolean' ? TRUTH_NAMES : undefined)
  if (all === undefined) throw new FilterError(`"${text}" is not a valid number`, place)
  const word = text.toLowerCase()
  const ranges = Array.isArray(all)
    ? (all as readonly (readonly [number, number, string])[])
    : [...(all as ReadonlyMap<number, string>)].map(([value, name]) => [value, value, name] as const)
  for (const [from, to, name] of ranges) {
    if (name.toLowerCase() !== word) continue
    if (from !== to) throw new FilterError(`"${text}" names the values from ${from} to ${to}; give a number`, place)
    return from
  }
  const near = nearestName(
    text,
    ranges.map(([, , name]) => name),
  )
  const wrong = isInteger(type) ? 'neither a valid number nor a name of a value of this field' : 'not among the values of this field'
  throw new FilterError(`"${text}" is ${wrong}`, place, near === null ? null : `"${near}"`)
}

function bytesConstant(text: string, { type, isPart }: Wanted, place: Place): Uint8Array {
  if (type === 'oid') {
    const identifier = identifierBytes(text)
    if (identifier === null) throw new FilterError(`"${text}" is not a valid object identifier, such as 2.5.4.3`, place)
    return identifier
  }
  const bytes = readBytes(text)
  if (type !== 'ether' || isPart) {
    if (bytes === null) throw new FilterError(`"${text}" is not a valid byte string, such as 0a:1b or 0a1b; texts stand in double quotes`, place)
    return bytes
  }
  if (bytes === null) throw new FilterError(`"${text}" is not a valid Ethernet address, such as 00:11:22:33:44:55`, place)
  if (bytes.length !== 6) throw new FilterError(`"${text}" has too ${bytes.length < 6 ? 'few' : 'many'} bytes for an Ethernet address`, place)
  return bytes
}

function network(text: string, bits: number, read: (text: string) => GivenValue | null, version: string, place: Place): Constant {
  const slash = text.indexOf('/')
  const value = read(slash < 0 ? text : text.slice(0, slash))
  if (value === null) throw new FilterError(`"${text}" is not a valid ${version} address`, place)
  const prefix = slash < 0 ? null : Number(text.slice(slash + 1))
  if (prefix !== null && prefix > bits) throw new FilterError(`the prefix of an ${version} network has at most ${bits} bits, not ${prefix}`, place)
  return { value, prefix }
}

function timeConstant(text: string, place: Place): bigint {
  const time = readAbsoluteTime(text)
  if (time === null) throw new FilterError(`"${text}" is not a valid date, such as "Nov 12, 1999 08:55:44.123" or "2011-07-04 12:34:56"`, place)
  return time
}
