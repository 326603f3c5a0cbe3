// A publisher of a load: keeps what is unacknowledged and, after a lost connection, sends it again with DUP and the same Packet Identifier.
// As fast as its window allows, or at a pace.

import { setTimeout as sleep } from 'node:timers/promises'
import { type Connack, type Packet, PacketType, type Qos } from '../../src/wire/mqtt/packet.ts'
import type { Load } from './load.ts'
import { type ClientOptions, LoadClient } from './load-client.ts'
import { type MqttPeer, publishPacket } from './mqtt-peer.ts'
import { encodePayload } from './payload.ts'

export interface PublisherOptions extends ClientOptions {
  readonly topics: readonly string[]
  /** Taken in turn. */
  readonly qos: readonly Qos[]
  /** Unacknowledged messages at most; 10 unless given. */
  readonly window?: number
  readonly sizeBytes?: number
  /** Messages a second; as fast as the window allows unless given. */
  readonly rate?: number
  readonly retain?: boolean
  /** Stops by itself after so many. */
  readonly most?: number
}

interface Unfinished {
  readonly topic: string
  readonly qos: Qos
  readonly sequence: number
  readonly payload: Uint8Array
  readonly packetId: number
  isReceived: boolean
}

const FINISH_WITHIN_MS = 45_000
/** Messages sent at a time without a window or a pace to stop them. */
const BURST = 100

export class LoadPublisher extends LoadClient {
  acknowledged = 0
  published = 0
  readonly #options: PublisherOptions
  readonly #unfinished = new Map<number, Unfinished>()
  #sequence = 0
  #lastId = 0
  #isPublishing = false
  #working: Promise<void> | null = null
  #moved: () => void = () => {}
  #mayGoOn = false

  constructor(load: Load, id: string, options: PublisherOptions) {
    super(load, id, options)
    this.#options = options
  }

  /** Connects and begins; goes on through lost connections until `finish`. */
  async start(): Promise<void> {
    await this.comeBack()
    this.#isPublishing = true
    this.#working ??= this.#work()
  }

  /** Nothing new; resolves when all is acknowledged. @throws Error when that takes 45 s */
  async finish(): Promise<void> {
    if (this.#options.most === undefined) this.#isPublishing = false
    this.#moved()
    await this.#working
    const begin = this.load.now()
    while (this.#unfinished.size > 0) {
      await this.comeBack()
      await this.#change(100)
      if (this.load.now() - begin > FINISH_WITHIN_MS) throw new Error(`${this.id}: ${this.#unfinished.size} messages stay unacknowledged`)
    }
  }

  get unacknowledged(): number {
    return this.#unfinished.size
  }

  protected override async begin(peer: MqttPeer, { sessionPresent }: Connack): Promise<void> {
    for (const message of [...this.#unfinished.values()]) {
      const { topic, qos, payload, packetId, sequence } = message
      if (message.isReceived) {
        peer.acknowledge(PacketType.Pubrel, packetId)
        continue
      }
      // without the session's state a QoS 2 message that is sent again may come twice: it stays undecided
      if (!sessionPresent && qos === 2) {
        this.#unfinished.delete(packetId)
        continue
      }
      this.load.record({ kind: 'resend', at: this.load.now(), publisher: this.id, sequence })
      peer.send(publishPacket(topic, payload, qos, packetId, { dup: sessionPresent, retain: this.#options.retain ?? false }))
    }
    this.#mayGoOn = true
    this.#moved()
  }

  protected override take(packet: Packet): void {
    switch (packet.type) {
      case PacketType.Puback:
      case PacketType.Pubcomp:
        this.#finished(packet.packetId, packet.reasonCode)
        return
      case PacketType.Pubrec: {
        const message = this.#unfinished.get(packet.packetId)
        if (packet.reasonCode >= 0x80) {
          this.#finished(packet.packetId, packet.reasonCode)
          return
        }
        if (message !== undefined) message.isReceived = true
        this.peer?.acknowledge(PacketType.Pubrel, packet.packetId)
      }
    }
  }

  #finished(packetId: number, reasonCode: number): void {
    const message = this.#unfinished.get(packetId)
    if (message === undefined) return
    this.#unfinished.delete(packetId)
    this.acknowledged++
    this.load.record({ kind: 'acknowledge', at: this.load.now(), publisher: this.id, sequence: message.sequence, reasonCode })
    this.#moved()
  }

  async #work(): Promise<void> {
    const { window = 10, rate, most = Infinity } = this.#options
    const begin = this.load.now()
    while (this.#isPublishing && this.published < most) {
      const peer = this.#mayGoOn ? this.peer : null
      if (peer === null) {
        await this.#change(50)
        continue
      }
      const due = rate === undefined ? Infinity : Math.floor(((this.load.now() - begin) * rate) / 1000) - this.published
      for (let i = 0; i < Math.min(due, BURST) && this.#unfinished.size < window && this.published < most; i++) this.#publish(peer)
      if (rate !== undefined) await sleep(5)
      else if (this.#unfinished.size >= window) await this.#change(50)
      else await new Promise((resolve) => setImmediate(resolve)) // QoS 0 has no window: others must have their turn
      await peer.flushed()
    }
  }

  #publish(peer: MqttPeer): void {
    const { topics, qos: all, sizeBytes = 0, retain = false } = this.#options
    const sequence = this.#sequence++
    const topic = topics[sequence % topics.length]!
    const qos = all[sequence % all.length]!
    const packetId = qos === 0 ? 0 : this.#freeId()
    const at = this.load.now()
    const payload = encodePayload({ publisher: this.id, topic, qos, sequence, sentAt: at }, sizeBytes)
    if (qos > 0) this.#unfinished.set(packetId, { topic, qos, sequence, payload, packetId, isReceived: false })
    this.load.record({ kind: 'publish', at, publisher: this.id, sequence, topic, qos, retain, clears: false })
    this.published++
    peer.send(publishPacket(topic, payload, qos, packetId, { retain }))
  }

  #freeId(): number {
    do this.#lastId = (this.#lastId % 65535) + 1
    while (this.#unfinished.has(this.#lastId))
    return this.#lastId
  }

  /** Something has moved, or so much time has passed. */
  async #change(ms: number): Promise<void> {
    let timer: NodeJS.Timeout | undefined
    await new Promise<void>((resolve) => {
      this.#moved = resolve
      timer = setTimeout(resolve, ms)
    })
    clearTimeout(timer)
  }
}
