// A message printed as -F says: parts of format.ts, filled in. Widths and precisions count bytes, as printf does.
// Rules of width, padding and grouping are those of Mosquitto 2.1.

import { assertNever } from '../base/assert.ts'
import { type StrftimeMoment, strftime } from '../base/strftime.ts'
import type { Publish } from '../wire/mqtt/packet.ts'
import { type Properties, propertyByName } from '../wire/mqtt/properties.ts'
import type { Field, FormatPart } from './format.ts'
import { fixedText } from './format-number.ts'
import { type Json, jsonText, parseJson } from './json-text.ts'

export interface MessageFormatOptions {
  readonly parts: readonly FormatPart[]
  /** --pretty */
  readonly pretty: boolean
  /** Tells the time; asked at most once for each message. */
  readonly now: () => StrftimeMoment
  /** Takes a line for standard error. */
  readonly fail: (text: string) => void
}

export class MessageFormatter {
  readonly #options: MessageFormatOptions

  constructor(options: MessageFormatOptions) {
    this.#options = options
  }

  /** The bytes to print, without a newline; own memory. */
  bytes(message: Publish): Buffer {
    let moment: StrftimeMoment | null = null
    const now = (): StrftimeMoment => {
      moment ??= this.#options.now()
      return moment
    }
    return Buffer.concat(
      this.#options.parts.map((part) => {
        if (part.kind === 'text') return part.bytes
        const printed = part.kind === 'time' ? timeText(part.conversion, now()) : this.#field(part, message, now)
        return typeof printed === 'string' ? Buffer.from(printed) : printed
      }),
    )
  }

  #field(field: Field, message: Publish, now: () => StrftimeMoment): string | Uint8Array {
    const { properties, payload } = message
    switch (field.conversion) {
      case '%':
        return '%'
      case 't':
        return textField(message.topicName, field)
      case 'p':
        return payloadField(payload, field)
      case 'x':
      case 'X':
        return hexField(payload, field)
      case 'l':
        return numberField(payload.length, field)
      case 'm':
        return numberField(message.packetId, field)
      case 'q':
        return String(message.qos)
      case 'r':
        return message.retain ? '1' : '0'
      case 'f':
      case 'd':
        return this.#floatField(payload, field)
      case 'A':
        return optionalNumber(properties.topicAlias, field)
      case 'E':
        return optionalNumber(properties.messageExpiryInterval, field)
      case 'F':
        return optionalNumber(properties.payloadFormatIndicator, field)
      case 'S':
        return optionalNumber(properties.subscriptionIdentifiers?.[0], field)
      case 'C':
        return properties.contentType === undefined ? blank(field) : textField(properties.contentType, field)
      case 'R':
        return properties.responseTopic === undefined ? '' : textField(properties.responseTopic, field)
      case 'D':
        return properties.correlationData ?? ''
      case 'P':
        return (properties.userProperties ?? []).map(([name, value]) => `${name}:${value}`).join(' ')
      case 'I':
        return textField(strftime('%Y-%m-%dT%H:%M:%S%z', now()), field)
      case 'U':
        return `${now().epochSeconds}.${nineDigits(now().nanoseconds)}`
      case 'j':
        return this.#json(message, payload.length === 0 ? null : textOf(payload), now())
      case 'J': {
        const parsed = payload.length === 0 ? null : parseJson(textOf(payload))
        if (parsed !== undefined) return this.#json(message, parsed, now())
        this.#options.fail(`Error: Message payload is not valid JSON on topic ${message.topicName}.`)
        return ''
      }
      default:
        return assertNever(field.conversion)
    }
  }

  /** IEEE 754, little endian as on the machines where Mosquitto runs. */
  #floatField(payload: Uint8Array, { conversion, width, precision, left, zeros }: Field): string {
    const [size, name] = conversion === 'f' ? [4, 'float'] : [8, 'double']
    if (payload.length !== size) {
      this.#options.fail(`requested ${name} printing, but non-${name} data received`)
      return ''
    }
    const view = new DataView(payload.buffer, payload.byteOffset, size)
    const value = size === 4 ? view.getFloat32(0, true) : view.getFloat64(0, true)
    const text = fixedText(value, precision ?? 6, payload[size - 1]! >= 0x80)
    if (left) return text.padEnd(width)
    return zeros && Number.isFinite(value) ? zeroPadded(text, width) : text.padStart(width)
  }

  #json(message: Publish, payload: Json, at: StrftimeMoment): string {
    const { topicName, qos, retain, packetId, properties } = message
    const micro = nineDigits(at.nanoseconds).slice(0, 6)
    const members: [string, Json][] = [
      ['tst', `${strftime('%Y-%m-%dT%H:%M:%S', at)}.${micro}${strftime('%z', at)}`],
      ['topic', topicName],
      ['qos', qos],
      ['retain', retain],
      ['payloadlen', message.payload.length],
    ]
    if (qos > 0) members.push(['mid', packetId])
    const own = jsonProperties(properties)
    if (own.length > 0) members.push(['properties', { members: own }])
    members.push(['payload', payload])
    return jsonText({ members }, this.#options.pretty)
  }
}

/** The properties under their names of -D, in the order in which they came; several Subscription Identifiers are several members. */
function jsonProperties(properties: Properties): [string, Json][] {
  const members: [string, Json][] = []
  for (const [key, value] of Object.entries(properties) as [keyof Properties, unknown][]) {
    const name = propertyByName(key)?.option ?? key
    if (key === 'userProperties') members.push(['user-properties', (value as [string, string][]).map((pair) => ({ members: [pair] }))])
    else if (key === 'subscriptionIdentifiers') for (const identifier of value as number[]) members.push([name, identifier])
    else members.push([name, value instanceof Uint8Array ? textOf(value) : (value as string | number)])
  }
  return members
}

/** Bytes as text; what is not UTF-8 becomes U+FFFD, so that JSON stays JSON. */
function textOf(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString()
}

function timeText(conversion: string, at: StrftimeMoment): string {
  return conversion === 'N' ? nineDigits(at.nanoseconds) : strftime(`%${conversion}`, at)
}

function nineDigits(nanoseconds: number): string {
  return String(nanoseconds).padStart(9, '0')
}

function textField(text: string, { width, precision, left }: Field): Uint8Array {
  const bytes = Buffer.from(text)
  const shown = precision === null ? bytes : bytes.subarray(0, precision)
  const padding = Buffer.alloc(Math.max(0, width - shown.length), ' ')
  return Buffer.concat(left ? [shown, padding] : [padding, shown])
}

function numberField(value: number, { width, left, zeros }: Field): string {
  const text = String(value)
  return left ? text.padEnd(width) : zeros ? zeroPadded(text, width) : text.padStart(width)
}

function optionalNumber(value: number | undefined, field: Field): string {
  return value === undefined ? blank(field) : numberField(value, field)
}

function blank({ width, zeros }: Field): string {
  return (zeros ? '0' : ' ').repeat(width)
}

/** Zeros come between sign and digits. */
function zeroPadded(text: string, width: number): string {
  return text.startsWith('-') ? `-${text.slice(1).padStart(width - 1, '0')}` : text.padStart(width, '0')
}

/** A width cuts the payload, too. `%-p` without a width pads by the payload's length: so do Mosquitto's clients. */
function payloadField(payload: Uint8Array, { width, left, zeros }: Field): Uint8Array {
  const shown = width > 0 ? payload.subarray(0, width) : payload
  const padding = width - shown.length
  if (left) return Buffer.concat([shown, Buffer.alloc(Math.abs(padding), ' ')])
  return Buffer.concat([Buffer.alloc(Math.max(0, padding), zeros ? '0' : ' '), shown])
}

/** The width cuts to so many bytes and pads to so many digits; the precision is the number of digits in a group, padding included. */
function hexField(payload: Uint8Array, { conversion, width, precision, separator, left, zeros }: Field): string {
  const shown = width > 0 ? payload.subarray(0, width) : payload
  const padding = width > 0 ? width - shown.length * 2 : -shown.length
  const lower = Buffer.from(shown.buffer, shown.byteOffset, shown.length).toString('hex')
  const digits = conversion === 'x' ? lower : lower.toUpperCase()
  const before = left ? '' : (zeros ? '0' : ' ').repeat(Math.max(0, padding))
  return grouped(before + digits, precision ?? 0, separator, digits.length > 0) + (left ? ' '.repeat(Math.abs(padding)) : '')
}

/** Puts the separator behind each group of `size`; not behind the last digit. */
function grouped(text: string, size: number, separator: string, endsInDigit: boolean): string {
  if (size === 0) return text
  let out = ''
  for (let at = 0; at < text.length; at += size) {
    const group = text.slice(at, at + size)
    out += group
    if (group.length === size && !(endsInDigit && at + size >= text.length)) out += separator
  }
  return out
}
