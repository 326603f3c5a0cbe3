// Messages as files: JSON, CSV, or the pcapng of a connection that carried them.
// Payloads that are no text go in as base64, said so beside them; nothing is lost but what the buffer has dropped.

import { SyntheticConnection } from '../../capture/synthetic-connection.ts'
import { PcapngWriter } from '../../capture/write-pcapng.ts'
import { encodePacket } from '../../wire/mqtt/encode.ts'
import { PacketType } from '../../wire/mqtt/packet.ts'
import type { Properties } from '../../wire/mqtt/properties.ts'
import { textOf } from './glance.ts'
import type { MessageStore } from './message-store.ts'
import type { ExportForm } from './protocol.ts'

const ENCODER = new TextEncoder()
const CSV_HEAD = ['time', 'direction', 'topic', 'qos', 'retain', 'dup', 'size', 'encoding', 'payload', 'properties']
/** Spreadsheets take what begins so for a formula. */
const FORMULA = /^[=+\-@\t\r]/

export function exportMessages(store: MessageStore, topicOf: (id: number) => string, seqs: readonly number[], form: ExportForm): Uint8Array {
  switch (form) {
    case 'json':
      return ENCODER.encode(`[\n${seqs.map((seq) => JSON.stringify(jsonOf(store, topicOf, seq))).join(',\n')}\n]\n`)
    case 'csv':
      return ENCODER.encode([CSV_HEAD, ...seqs.map((seq) => csvRow(store, topicOf, seq))].map((row) => `${row.map(csvCell).join(',')}\r\n`).join(''))
    case 'pcapng':
      return captureOf(store, topicOf, seqs)
  }
}

interface ExportedMessage {
  readonly time: string
  readonly direction: 'in' | 'out'
  readonly topic: string
  readonly qos: number
  readonly retain: boolean
  readonly dup: boolean
  readonly size: number
  readonly encoding: 'utf8' | 'base64'
  readonly payload: string
  readonly properties: Record<string, unknown>
}

function jsonOf(store: MessageStore, topicOf: (id: number) => string, seq: number): ExportedMessage {
  const payload = store.payload(seq)
  const text = textOf(payload)
  return {
    time: new Date(store.time(seq)).toISOString(),
    direction: store.isOut(seq) ? 'out' : 'in',
    topic: topicOf(store.topicId(seq)),
    qos: store.qos(seq),
    retain: store.retain(seq),
    dup: store.dup(seq),
    size: store.size(seq),
    encoding: text === null ? 'base64' : 'utf8',
    payload: text ?? base64Of(payload),
    properties: plainProperties(store.properties(seq)),
  }
}

function csvRow(store: MessageStore, topicOf: (id: number) => string, seq: number): string[] {
  const { properties, ...row } = jsonOf(store, topicOf, seq)
  return [...Object.values(row).map(String), Object.keys(properties).length === 0 ? '' : JSON.stringify(properties)]
}

/** RFC 4180, and no cell that a spreadsheet would run. */
function csvCell(text: string): string {
  const safe = FORMULA.test(text) && Number.isNaN(Number(text)) ? `'${text}` : text
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe
}

function captureOf(store: MessageStore, topicOf: (id: number) => string, seqs: readonly number[]): Uint8Array {
  const chunks: Uint8Array[] = []
  const writer = new PcapngWriter((bytes) => chunks.push(bytes.slice()), 'Zanzara console')
  const where = { linkType: 1, name: 'console', description: 'messages chosen in the Zanzara console', snapLength: 0, decimals: 9 }
  const connection = new SyntheticConnection(where, { address: '127.0.0.1', port: 50_000 }, { address: '127.0.0.2', port: 1883 }, (frame) =>
    writer.write(frame),
  )
  const timeOf = (seq: number): bigint => BigInt(Math.round(store.time(seq) * 1000)) * 1000n
  const [first] = seqs
  if (first !== undefined) {
    const connect = {
      type: PacketType.Connect,
      version: 5,
      bridge: false,
      cleanStart: true,
      keepAlive: 0,
      clientId: 'console',
      will: null,
      userName: null,
      password: null,
      properties: {},
    } as const
    connection.open(timeOf(first))
    connection.data('client', encodePacket(connect, 5), timeOf(first))
    connection.data('server', encodePacket({ type: PacketType.Connack, sessionPresent: false, reasonCode: 0, properties: {} }, 5), timeOf(first))
  }
  for (const [i, seq] of seqs.entries()) {
    const qos = store.qos(seq)
    const { topicAlias: _, ...properties } = store.properties(seq)
    const publish = {
      type: PacketType.Publish,
      topicName: topicOf(store.topicId(seq)),
      payload: store.payload(seq),
      qos,
      retain: store.retain(seq),
      dup: store.dup(seq) && qos > 0,
      packetId: qos === 0 ? 0 : 1 + (i % 65_535),
      properties,
    }
    connection.data(store.isOut(seq) ? 'client' : 'server', encodePacket(publish, 5), timeOf(seq))
  }
  writer.finish()
  return joined(chunks)
}

/** Properties as JSON can hold them: binary ones as base64. */
export function plainProperties(properties: Properties): Record<string, unknown> {
  return Object.fromEntries(Object.entries(properties).map(([name, value]) => [name, value instanceof Uint8Array ? base64Of(value) : value]))
}

export function base64Of(bytes: Uint8Array): string {
  let text = ''
  for (let at = 0; at < bytes.length; at += 8192) text += String.fromCharCode(...bytes.subarray(at, at + 8192))
  return btoa(text)
}

function joined(chunks: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(chunks.reduce((sum, { length }) => sum + length, 0))
  let at = 0
  for (const chunk of chunks) {
    whole.set(chunk, at)
    at += chunk.length
  }
  return whole
}
