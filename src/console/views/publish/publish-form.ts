// What stands in the publish drawer, as plain data: checked, made into the bytes that are sent, kept between visits.
// Pure but for the storage it is given.

import { PacketType, type Qos } from '../../../wire/mqtt/packet.ts'
import { PROPERTIES, type Properties, type PropertyRow } from '../../../wire/mqtt/properties.ts'
import { isTopicName } from '../../../wire/mqtt/topics.ts'
import type { Storage } from '../../state/settings.ts'
import { textOf } from '../../worker/glance.ts'
import type { Draft } from '../../worker/protocol.ts'
import { hasPlaceholders, parseTemplate } from '../../worker/template.ts'

export type PayloadKind = 'json' | 'text' | 'hex' | 'file'

/** A property as it is typed. `option` is its name behind -D of the command-line clients. */
export interface TypedProperty {
  readonly option: string
  /** Of a User Property. */
  readonly name: string
  readonly value: string
}

export interface PublishForm {
  readonly topic: string
  readonly kind: PayloadKind
  /** JSON, text, or hexadecimal digits. */
  readonly text: string
  /** Of a file; never stored. */
  readonly file: { readonly name: string; readonly bytes: Uint8Array } | null
  readonly qos: Qos
  readonly retain: boolean
  readonly properties: readonly TypedProperty[]
  readonly repeats: boolean
  readonly times: number
  readonly everyMs: number
}

export const EMPTY_FORM: PublishForm = {
  topic: '',
  kind: 'text',
  text: '',
  file: null,
  qos: 0,
  retain: false,
  properties: [],
  repeats: false,
  times: 20,
  everyMs: 500,
}

/** Those that a client may give to a message, without the alias, which is the connection's. */
export const OFFERED: readonly PropertyRow[] = PROPERTIES.filter(
  ({ carriers, name }) => carriers.includes(PacketType.Publish) && name !== 'subscriptionIdentifiers' && name !== 'topicAlias',
)

const ENCODER = new TextEncoder()
const KEPT = 30

export type FormProblem =
  | { readonly field: 'topic'; readonly kind: 'empty' | 'wildcard' | 'invalid' }
  | { readonly field: 'payload'; readonly kind: 'hex' | 'file' }
  | { readonly field: 'template'; readonly text: string }
  | { readonly field: 'property'; readonly option: string }

/** The first thing that is wrong; null = it can be sent. JSON that is none is sent all the same: the drawer only says so. */
export function problemOf(form: PublishForm): FormProblem | null {
  const { topic } = form
  if (topic === '') return { field: 'topic', kind: 'empty' }
  const template = parseTemplate(topic)
  if (template.problem !== null) return { field: 'template', text: template.problem }
  if (!hasPlaceholders(topic) && !isTopicName(topic)) return { field: 'topic', kind: /[+#]/.test(topic) ? 'wildcard' : 'invalid' }
  if (form.kind === 'hex' && bytesOfHex(form.text) === null) return { field: 'payload', kind: 'hex' }
  if (form.kind === 'file' && form.file === null) return { field: 'payload', kind: 'file' }
  if (form.kind === 'json' || form.kind === 'text') {
    const { problem } = parseTemplate(form.text)
    if (problem !== null) return { field: 'template', text: problem }
  }
  for (const typed of form.properties) if (valueOf(typed) === null) return { field: 'property', option: typed.option }
  return null
}

/** A form for this topic, with a payload to be sent again if there is one: as JSON or text where it is that, else in hexadecimal digits. */
export function formOf(form: PublishForm, topic: string, payload: Uint8Array | null): PublishForm {
  if (payload === null) return { ...form, topic }
  const text = textOf(payload)
  if (text === null) return { ...form, topic, kind: 'hex', text: Array.from(payload, (byte) => byte.toString(16).padStart(2, '0')).join(' ') }
  return { ...form, topic, kind: /^\s*[[{]/.test(text) && isJson(text) ? 'json' : 'text', text }
}

/** The message of a form without problems. */
export function draftOf(form: PublishForm, isFive: boolean): Draft {
  const isText = form.kind === 'json' || form.kind === 'text'
  return {
    topic: form.topic,
    payload: payloadOf(form),
    isTemplate: hasPlaceholders(form.topic) || (isText && hasPlaceholders(form.text)),
    qos: form.qos,
    retain: form.retain,
    properties: isFive ? propertiesOf(form.properties) : {},
    times: form.repeats ? form.times : 1,
    everyMs: form.repeats ? form.everyMs : 0,
  }
}

export function payloadOf(form: PublishForm): Uint8Array {
  if (form.kind === 'hex') return bytesOfHex(form.text) ?? new Uint8Array(0)
  if (form.kind === 'file') return form.file?.bytes ?? new Uint8Array(0)
  return ENCODER.encode(form.text)
}

/** Whether a text with its placeholders filled in would be JSON: each counts as a number, also within strings. */
export function isJson(text: string): boolean {
  try {
    JSON.parse(text.replace(/\{\{[^{}]*\}\}/g, '0'))
    return true
  } catch {
    return false
  }
}

/** Digits with blanks, colons or 0x between them; null = something else. */
export function bytesOfHex(text: string): Uint8Array | null {
  const digits = text.replace(/0x|[\s:,]/gi, '')
  if (!/^(?:[\da-f]{2})*$/i.test(digits)) return null
  return Uint8Array.from({ length: digits.length / 2 }, (_, i) => Number.parseInt(digits.slice(2 * i, 2 * i + 2), 16))
}

export function propertiesOf(typed: readonly TypedProperty[]): Properties {
  const users = typed.filter(({ option }) => option === 'user-property').map(({ name, value }) => [name, value] as const)
  const others = typed
    .filter(({ option }) => option !== 'user-property')
    .map((one) => [OFFERED.find(({ option }) => option === one.option)?.name, valueOf(one)] as const)
    .filter(([name, value]) => name !== undefined && value !== null)
  return { ...Object.fromEntries(others), ...(users.length === 0 ? {} : { userProperties: users }) }
}

/** The value as the packet has it; null = it is none. */
function valueOf({ option, name, value }: TypedProperty): number | string | Uint8Array | null {
  const row = OFFERED.find((one) => one.option === option)
  if (row === undefined) return null
  const number = Number(value)
  switch (row.type) {
    case 'flag':
      return value === '0' || value === '1' ? number : null
    case 'four-byte':
      return value !== '' && Number.isInteger(number) && number >= 0 && number <= 0xffffffff ? number : null
    case 'binary':
      return ENCODER.encode(value)
    case 'pair':
      return name === '' ? null : value
    default:
      return row.name === 'responseTopic' && !isTopicName(value) ? null : value
  }
}

/** Forms kept in the browser: those that were sent, or those that were saved under a name. */
export class KeptForms {
  readonly #storage: Storage
  readonly #key: string

  constructor(storage: Storage, key: string) {
    this.#storage = storage
    this.#key = key
  }

  /** The newest first; what cannot be read is nothing. */
  list(): PublishForm[] {
    try {
      const stored: unknown = JSON.parse(this.#storage.getItem(this.#key) ?? '[]')
      if (!Array.isArray(stored)) return []
      return stored
        .filter((one) => typeof one?.topic === 'string' && typeof one.text === 'string')
        .map((one) => ({ ...EMPTY_FORM, ...one, file: null }) as PublishForm)
    } catch {
      return []
    }
  }

  /** An equal one moves to the front. */
  add(form: PublishForm): void {
    const { file: _, ...plain } = form
    if (form.kind === 'file') return
    const text = JSON.stringify(plain)
    const others = this.list().filter(({ file: __, ...one }) => JSON.stringify(one) !== text)
    this.#storage.setItem(this.#key, JSON.stringify([plain, ...others.map(({ file: __, ...one }) => one)].slice(0, KEPT)))
  }

  /** Keeps this one and no other. */
  only(form: PublishForm): void {
    const { file: _, ...plain } = form
    this.#storage.setItem(this.#key, JSON.stringify([plain]))
  }

  remove(index: number): void {
    this.#storage.setItem(this.#key, JSON.stringify(this.list().filter((_, i) => i !== index)))
  }
}
