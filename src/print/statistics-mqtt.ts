// -z mqtt,…: MQTT counted in messages, not frames: types, topics, clients, QoS, rates.
// A message is what stands below one mqtt row.

import { FIELDS, fieldsNamed } from '../dissect/field.ts'
import { formatValue } from '../dissect/format.ts'
import type { Packet } from '../dissect/packet.ts'
import type { Rows } from '../dissect/rows.ts'
import { readValue } from '../dissect/value.ts'
import type { PrinterNeeds } from './printer.ts'
import type { Statistics } from './statistics.ts'
import type { TextOutput } from './text-output.ts'
import { textTable } from './text-table.ts'
import { nameOfValue } from './tree-line.ts'

const PUBLISH = 3

/** One message of a frame: what statistics read of it. */
interface Message {
  type: number
  topic: string | null
  qos: number
  isRetained: boolean
  isDuplicate: boolean
  bytes: number
  clientId: string | null
  version: number
  userName: string | null
}

const READ = ['mqtt', 'mqtt.msgtype', 'mqtt.topic', 'mqtt.qos', 'mqtt.retain', 'mqtt.dupflag', 'mqtt.msg', 'mqtt.msg_text']
const OF_CLIENTS = ['mqtt.clientid', 'mqtt.ver', 'mqtt.username', 'tcp.stream', 'tcp.srcport', 'tcp.dstport', 'ip.src', 'ipv6.src']

/** The messages of a packet, in order. */
function messagesOf(rows: Rows): Message[] {
  const messages: Message[] = []
  let message: Message | null = null
  for (let row = 0; row < rows.count; row++) {
    const { name } = FIELDS[rows.field[row]!]!
    if (!name.startsWith('mqtt')) continue
    if (name === 'mqtt') {
      message = { type: 0, topic: null, qos: 0, isRetained: false, isDuplicate: false, bytes: 0, clientId: null, version: 0, userName: null }
      messages.push(message)
    } else if (message !== null) note(message, name, rows, row)
  }
  return messages
}

function note(message: Message, name: string, rows: Rows, row: number): void {
  switch (name) {
    case 'mqtt.msgtype':
      message.type = Number(readValue(rows, row) ?? 0)
      return
    case 'mqtt.topic':
      message.topic ??= `${readValue(rows, row) ?? ''}`
      return
    case 'mqtt.qos':
      message.qos = Number(readValue(rows, row) ?? 0)
      return
    case 'mqtt.retain':
      message.isRetained = readValue(rows, row) === 1
      return
    case 'mqtt.dupflag':
      message.isDuplicate = readValue(rows, row) === 1
      return
    case 'mqtt.msg':
    case 'mqtt.msg_text':
      message.bytes = rows.length[row]!
      return
    case 'mqtt.clientid':
      message.clientId = `${readValue(rows, row) ?? ''}`
      return
    case 'mqtt.ver':
      message.version = Number(readValue(rows, row) ?? 0)
      return
    case 'mqtt.username':
      message.userName = `${readValue(rows, row) ?? ''}`
      return
  }
}

function typeName(type: number): string {
  const names = fieldsNamed('mqtt.msgtype')[0]?.values
  return (names === undefined ? null : nameOfValue(names, type)) ?? `type ${type}`
}

const number = (title: string): { title: string; isNumber: boolean } => ({ title, isNumber: true })
const word = (title: string): { title: string; isNumber: boolean } => ({ title, isNumber: false })

/** What is counted of messages, and the table of it. */
interface MessageTally {
  /** Fields read beyond those of every message. */
  readonly fields: readonly string[]
  message(message: Message, packet: Packet): void
  table(): string
}

/** Shows messages to a tally. */
export class MqttStatistics implements Statistics {
  readonly needs: PrinterNeeds
  readonly #tally: MessageTally

  constructor(tally: MessageTally) {
    this.#tally = tally
    this.needs = { names: [...READ, ...tally.fields], printed: [], columns: false }
  }

  packet(packet: Packet): void {
    for (const message of messagesOf(packet.rows)) this.#tally.message(message, packet)
  }

  print(out: TextOutput): void {
    out.text(this.#tally.table())
  }
}

/** `mqtt,types`: messages of each type, with their share. */
export class TypeTally implements MessageTally {
  readonly fields: readonly string[] = []
  readonly #counts = new Map<number, number>()

  message({ type }: Message): void {
    this.#counts.set(type, (this.#counts.get(type) ?? 0) + 1)
  }

  table(): string {
    const all = [...this.#counts.values()].reduce((sum, count) => sum + count, 0)
    const rows = [...this.#counts].sort(([a], [b]) => a - b).map(([type, count]) => [typeName(type), count, `${((100 * count) / all).toFixed(1)} %`])
    return textTable(`MQTT messages by type: ${all}`, [word('Type'), number('Messages'), number('Share')], rows)
  }
}

/** `mqtt,topics`: PUBLISH packets of each Topic Name, most first. */
export class TopicTally implements MessageTally {
  readonly fields: readonly string[] = []
  readonly #topics = new Map<string, { messages: number; bytes: number; qos: [number, number, number, number]; retained: number }>()

  message({ type, topic, bytes, qos, isRetained }: Message): void {
    if (type !== PUBLISH) return
    const name = topic ?? ''
    let entry = this.#topics.get(name)
    if (entry === undefined) this.#topics.set(name, (entry = { messages: 0, bytes: 0, qos: [0, 0, 0, 0], retained: 0 }))
    entry.messages++
    entry.bytes += bytes
    entry.qos[qos]!++
    if (isRetained) entry.retained++
  }

  table(): string {
    const rows = [...this.#topics]
      .sort(([a, x], [b, y]) => y.messages - x.messages || (a < b ? -1 : 1))
      .map(([topic, { messages, bytes, qos, retained }]) => [messages, bytes, qos[0], qos[1], qos[2], retained, topic])
    const columns = [number('Messages'), number('Payload bytes'), number('QoS 0'), number('QoS 1'), number('QoS 2'), number('Retained'), word('Topic')]
    return textTable(`PUBLISH packets by Topic Name: ${rows.length} topics`, columns, rows)
  }
}

/** `mqtt,qos`: PUBLISH packets of each QoS, and the acknowledgements that go with them. */
export class QosTally implements MessageTally {
  readonly fields: readonly string[] = []
  readonly #counts: [number, number, number, number] = [0, 0, 0, 0]
  readonly #duplicates: [number, number, number, number] = [0, 0, 0, 0]
  readonly #types = new Map<number, number>()

  message({ type, qos, isDuplicate }: Message): void {
    this.#types.set(type, (this.#types.get(type) ?? 0) + 1)
    if (type !== PUBLISH) return
    this.#counts[qos]!++
    if (isDuplicate) this.#duplicates[qos]!++
  }

  table(): string {
    const acknowledgements = [[], [4], [5, 6, 7], []] as const
    const rows = this.#counts
      .map((count, qos) => {
        const answers = acknowledgements[qos]!.map((type) => `${typeName(type)} ${this.#types.get(type) ?? 0}`)
        return [qos === 3 ? '3 (not allowed)' : `${qos}`, count, this.#duplicates[qos]!, answers.join(', ')]
      })
      .filter(([, count], qos) => qos < 3 || count !== 0)
    return textTable('PUBLISH packets by QoS', [word('QoS'), number('Messages'), number('Resent (DUP)'), word('Acknowledgements')], rows)
  }
}

/** `mqtt,rates`: messages a second of each type, in the mean and in the busiest second. */
export class RateTally implements MessageTally {
  readonly fields: readonly string[] = []
  readonly #types = new Map<number, { messages: number; second: number; inSecond: number; peak: number }>()
  #first: number | null = null
  #last = 0

  message({ type }: Message, { frame }: Packet): void {
    const time = frame.seconds + frame.nanoseconds / 1e9
    this.#first ??= time
    this.#last = Math.max(this.#last, time)
    const second = Math.floor(time - this.#first)
    let entry = this.#types.get(type)
    if (entry === undefined) this.#types.set(type, (entry = { messages: 0, second, inSecond: 0, peak: 0 }))
    if (entry.second !== second) {
      entry.second = second
      entry.inSecond = 0
    }
    entry.messages++
    entry.inSecond++
    entry.peak = Math.max(entry.peak, entry.inSecond)
  }

  table(): string {
    const duration = this.#last - (this.#first ?? 0)
    const rows = [...this.#types]
      .sort(([a], [b]) => a - b)
      .map(([type, { messages, peak }]) => [typeName(type), messages, duration > 0 ? (messages / duration).toFixed(2) : '-', peak])
    return textTable(
      `MQTT messages a second, over ${duration.toFixed(3)} s`,
      [word('Type'), number('Messages'), number('Mean/s'), number('Busiest second')],
      rows,
    )
  }
}

/** `mqtt,clients`: connections with who is behind them, and what they sent and were sent. */
export class ClientTally implements MessageTally {
  readonly fields: readonly string[] = OF_CLIENTS
  readonly #clients = new Map<number, ClientEntry>()

  message(message: Message, { rows }: Packet): void {
    const end = endsOf(rows)
    if (end.stream === null) return
    let client = this.#clients.get(end.stream)
    if (client === undefined) {
      const first = { address: '', clientId: null, version: 0, userName: null, sent: 0, published: 0, received: 0, delivered: 0 }
      this.#clients.set(end.stream, (client = { ...first, port: message.type === 2 || message.type === 9 || message.type === 11 ? end.to : end.from }))
    }
    if (message.type === 1) {
      client.clientId = message.clientId
      client.version = message.version
      client.userName = message.userName
      client.port = end.from
    }
    const isFromClient = end.from === client.port
    if (isFromClient) {
      client.address = end.address
      client.sent++
      if (message.type === PUBLISH) client.published++
    } else {
      client.received++
      if (message.type === PUBLISH) client.delivered++
    }
  }

  table(): string {
    const rows = [...this.#clients].map(([stream, client]) => [
      stream,
      `${client.address}:${client.port}`,
      client.version === 0 ? '?' : ({ 3: '3.1', 4: '3.1.1', 5: '5.0' }[client.version] ?? `${client.version}`),
      client.sent,
      client.published,
      client.received,
      client.delivered,
      client.userName ?? '',
      client.clientId ?? '(CONNECT not captured)',
    ])
    const columns = [number('Stream'), word('Address'), word('MQTT'), number('Sent'), number('Published'), number('Received'), number('Delivered')]
    return textTable(`MQTT connections: ${rows.length}`, [...columns, word('User'), word('Client Identifier')], rows)
  }
}

interface ClientEntry {
  port: number
  address: string
  clientId: string | null
  version: number
  userName: string | null
  sent: number
  published: number
  received: number
  delivered: number
}

/** Who sends to whom. */
function endsOf(rows: Rows): { stream: number | null; from: number; to: number; address: string } {
  const ends = { stream: null as number | null, from: 0, to: 0, address: '' }
  for (let row = 0; row < rows.count; row++) {
    const field = FIELDS[rows.field[row]!]!
    switch (field.name) {
      case 'tcp.stream':
        ends.stream = Number(readValue(rows, row))
        break
      case 'tcp.srcport':
        ends.from = Number(readValue(rows, row))
        break
      case 'tcp.dstport':
        ends.to = Number(readValue(rows, row))
        break
      case 'ip.src':
      case 'ipv6.src':
        ends.address = formatValue(field, readValue(rows, row))
        break
    }
  }
  return ends
}
