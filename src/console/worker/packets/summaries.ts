// Dissects each packet once, in order, for the list: columns, conversation, MQTT messages, notes. ● hot
// Trees are made later, of the one packet that somebody looks at (packet-detail.ts).

import { CONNECTION_FIELDS, type ConnectionListener, MqttConnections } from '../../../analyse/mqtt/connections.ts'
import { Notes } from '../../../analyse/mqtt/notes.ts'
import { Demand } from '../../../dissect/demand.ts'
import { Dissector } from '../../../dissect/dissect.ts'
import { fieldsNamed } from '../../../dissect/field.ts'
import type { Packet } from '../../../dissect/packet.ts'
import type { DecodeAs } from '../../../dissect/registry.ts'
import { ROOT } from '../../../dissect/rows.ts'
import { readValue } from '../../../dissect/value.ts'
import { PacketType } from '../../../wire/mqtt/packet.ts'
import { ConversationHeads } from './conversation-heads.ts'
import { MessageLog } from './message-log.ts'
import type { PacketArena } from './packet-arena.ts'
import { PacketFlag } from './packet-page.ts'

const id = (name: string): number => fieldsNamed(name)[0]?.id ?? -1

const NAMES = [
  ...CONNECTION_FIELDS,
  'udp.stream',
  'udp.srcport',
  'udp.dstport',
  'ip.fragment',
  'ip.flags.mf',
  'ip.frag_offset',
  'ipv6.fraghdr',
  'mqttsn',
  'coap',
]

/** MQTT packets that are there for the connection alone. */
const HOUSEKEEPING: ReadonlySet<number> = new Set([PacketType.Connect, PacketType.Connack, PacketType.Pingreq, PacketType.Pingresp, PacketType.Disconnect])

/** Connections from which those that have ended are looked for. */
const LEAST_CONNECTIONS = 1024

export class Summaries {
  readonly #arena: PacketArena
  readonly #dissector: Dissector
  readonly #connections: MqttConnections
  readonly #notes: Notes
  readonly heads: ConversationHeads = new ConversationHeads()
  readonly log: MessageLog
  /** Numbers of IP fragments, ascending. */
  readonly fragments: number[] = []
  /** Of ARP packets: who uses which address. */
  readonly addressUses: number[] = []
  /** Notes told so far, by severity. */
  readonly notes: { error: number; warning: number; note: number } = { error: 0, warning: 0, note: 0 }
  /** Number of the last packet that has its summary. */
  done: number
  #mostConnections = LEAST_CONNECTIONS
  readonly #fields = {
    mqtt: id('mqtt'),
    mqttSn: id('mqttsn'),
    coap: id('coap'),
    tcp: id('tcp.stream'),
    udp: id('udp.stream'),
    more: id('ip.flags.mf'),
    offset: id('ip.frag_offset'),
    header6: id('ipv6.fraghdr'),
  } as const

  constructor(arena: PacketArena, decodeAs: readonly DecodeAs[]) {
    this.#arena = arena
    this.done = arena.dropped
    this.log = new MessageLog()
    this.#dissector = new Dissector({ demand: new Demand(NAMES, true), auto: true, decodeAs })
    this.#notes = new Notes(({ severity, text, clause, frame }) => {
      this.notes[severity]++
      const page = this.#arena.page(frame)
      page?.addNote(frame - page.first, { severity, text, clause })
      const now = frame === this.done ? null : this.#arena.page(this.done)
      now?.addAfterthought(this.done - now.first, text)
    })
    // its packets are views of pages: what is done with must not keep pages that are dropped
    const forgetting: ConnectionListener = {
      finished: ({ publish, packet: { packetId } }, { exchanges }) => exchanges[publish.fromClient ? 'client' : 'server'].delete(packetId),
    }
    this.#connections = new MqttConnections([this.log, this.#notes, forgetting])
  }

  /** Keys of TLS connections for what comes. */
  addSecrets(keyLog: string): void {
    this.#dissector.addSecrets({ keyLog })
  }

  /** Takes the next packet; false = all have been taken. */
  step(): boolean {
    const arena = this.#arena
    if (this.done >= arena.last) return false
    this.done = Math.max(this.done, arena.dropped) + 1
    const frame = arena.frame(this.done)!
    const page = arena.page(this.done)!
    const packet = this.#dissector.dissect(frame)
    const before = this.log.end
    this.#connections.frame(packet)
    const hasMessages = this.log.end > before
    const { columns } = packet
    const { stream, flags, hasOther } = this.#read(packet)
    const isQuiet = hasMessages ? this.#isHousekeeping(before) : !hasOther
    let bits = flags | (isQuiet ? PacketFlag.Quiet : 0)
    let previous = 0
    if (stream >= 0) {
      this.heads.add(frame.number, (flags & PacketFlag.Tcp) !== 0, stream, () => endsOf(packet))
      previous = this.heads.before
      if (this.heads.isHead) bits |= PacketFlag.Head
    }
    if ((flags & PacketFlag.Fragment) !== 0) this.fragments.push(frame.number)
    if (columns.protocol === 'ARP') this.addressUses.push(frame.number)
    page.summarize({
      source: arena.textNumber(columns.source),
      destination: arena.textNumber(columns.destination),
      protocol: arena.textNumber(columns.protocol),
      info: columns.info,
      stream,
      before: previous,
      flags: bits,
    })
    return true
  }

  /** The capture is over: what is still unanswered is told. */
  finish(): void {
    this.#notes.finish(this.#connections.all)
  }

  /** Forgets packets that the arena has dropped. */
  dropBefore(frame: number): void {
    this.log.dropBefore(frame)
    const { length } = this.#connections.all
    if (length >= this.#mostConnections) {
      this.#connections.forgetEndedBefore(frame)
      this.#mostConnections = Math.max(LEAST_CONNECTIONS, 2 * this.#connections.all.length)
    }
    for (const numbers of [this.fragments, this.addressUses]) {
      let gone = 0
      while (gone < numbers.length && numbers[gone]! < frame) gone++
      if (gone > 0) numbers.splice(0, gone)
    }
  }

  #isHousekeeping(from: number): boolean {
    for (let message = from; message < this.log.end; message++) if (!HOUSEKEEPING.has(this.log.get(message)!.type)) return false
    return true
  }

  #read({ rows }: Packet): { readonly stream: number; readonly flags: number; readonly hasOther: boolean } {
    const fields = this.#fields
    let stream = -1
    let flags = 0
    let hasOther = false
    let hasMqtt = false
    for (let row = 0; row < rows.count; row++) {
      const field = rows.field[row]!
      if (field === fields.tcp) {
        stream = Number(readValue(rows, row))
        flags |= PacketFlag.Tcp
      } else if (field === fields.udp && (flags & PacketFlag.Tcp) === 0) stream = Number(readValue(rows, row))
      else if (field === fields.mqtt && rows.parent[row] === ROOT) {
        if (!hasMqtt && rows.source[row] === 0) flags |= PacketFlag.Clean
        hasMqtt = true
      } else if (field === fields.mqttSn || field === fields.coap) hasOther = true
      else if (field === fields.header6 || ((field === fields.more || field === fields.offset) && readValue(rows, row) !== 0)) flags |= PacketFlag.Fragment
    }
    return { stream, flags, hasOther }
  }
}

/** The same for both directions and all streams between two ends. */
function endsOf({ rows, columns }: Packet): string {
  const ports: number[] = []
  for (let row = 0; row < rows.count; row++) if (PORTS.has(rows.field[row]!)) ports.push(Number(readValue(rows, row)))
  const [source = 0, destination = 0] = ports.slice(-2)
  const [one, other] = [`${columns.source} ${source}`, `${columns.destination} ${destination}`]
  return one < other ? `${one} ${other}` : `${other} ${one}`
}

const PORTS: ReadonlySet<number> = new Set(['tcp.srcport', 'tcp.dstport', 'udp.srcport', 'udp.dstport'].map(id))
