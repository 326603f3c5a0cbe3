// A subscriber of a load: acknowledges as the standard wants, writes down all that comes.
// Subscribes when its session is new; with `isMute` it acknowledges nothing.

import { type Connack, type Packet, PacketType, type Publish, type Qos } from '../../src/wire/mqtt/packet.ts'
import type { Load } from './load.ts'
import { type ClientOptions, LoadClient } from './load-client.ts'
import type { MqttPeer } from './mqtt-peer.ts'
import { decodePayload } from './payload.ts'

export interface SubscriberOptions extends ClientOptions {
  /** Maximum QoS of its subscriptions; 2 unless given. */
  readonly qos?: Qos
  /** It came only to see what is retained. */
  readonly readsRetained?: boolean
}

export class LoadSubscriber extends LoadClient {
  /** Stops acknowledging; what is unacknowledged then must come again. */
  isMute = false
  received = 0
  /** Milliseconds from the publisher's hand to ours, of everything that came. */
  readonly latencies: number[] = []
  readonly #filters: readonly string[]
  readonly #qos: Qos
  readonly #readsRetained: boolean
  readonly #asked = new Map<number, { readonly filter: string; readonly since: number }>()
  #answered: () => void = () => {}

  constructor(load: Load, id: string, filters: readonly string[], options: SubscriberOptions) {
    super(load, id, options)
    this.#filters = filters
    this.#qos = options.qos ?? 2
    this.#readsRetained = options.readsRetained ?? false
  }

  protected override async begin(peer: MqttPeer, connack: Connack): Promise<void> {
    if (connack.sessionPresent) return
    const { load, id: session } = this
    for (const filter of this.#filters) {
      const packetId = peer.nextId()
      this.#asked.set(packetId, { filter, since: load.now() })
      const answered = new Promise<void>((resolve) => {
        this.#answered = resolve
      })
      if (this.#readsRetained) load.record({ kind: 'read retained', at: load.now(), session, filter })
      const request = { topicFilter: filter, qos: this.#qos, noLocal: false, retainAsPublished: false, retainHandling: 0 } as const
      peer.send({ type: PacketType.Subscribe, packetId, subscriptions: [request], properties: {} })
      await Promise.race([answered, peer.closed])
      if (peer.isClosed) throw new Error(`${session}: closed before SUBACK`)
    }
  }

  protected override take(packet: Packet, connection: number): void {
    switch (packet.type) {
      case PacketType.Publish:
        this.#received(packet, connection)
        return
      case PacketType.Pubrel:
        this.load.record({ kind: 'release', at: this.load.now(), session: this.id, packetId: packet.packetId })
        if (!this.isMute) this.peer?.acknowledge(PacketType.Pubcomp, packet.packetId)
        return
      case PacketType.Suback: {
        const { filter, since } = this.#asked.get(packet.packetId)!
        const [granted = 0x80] = packet.reasonCodes
        if (granted > 2) throw new Error(`${this.id}: ${filter} was refused with ${granted}`)
        this.load.record({ kind: 'subscribe', since, at: this.load.now(), session: this.id, filter, qos: granted as Qos })
        this.#answered()
      }
    }
  }

  #received({ topicName: topic, qos, dup, retain, packetId, payload }: Publish, connection: number): void {
    const { load, id: session } = this
    const told = decodePayload(payload)
    const at = load.now()
    this.received++
    if (told !== null) this.latencies.push(at - told.sentAt)
    const message = told === null ? null : { publisher: told.publisher, sequence: told.sequence, topic: told.topic, qos: told.qos }
    load.record({ kind: 'receive', at, session, connection, topic, qos, dup, retain, packetId, message })
    if (qos > 0 && !this.isMute) this.peer?.acknowledge(qos === 1 ? PacketType.Puback : PacketType.Pubrec, packetId)
  }
}
