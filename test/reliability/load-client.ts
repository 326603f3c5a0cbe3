// What publishers and subscribers of a load have in common: one Client Identifier, connections that come and go, the events of both.
// A lost connection is taken up again by itself, after a moment; nothing is sent here but CONNECT, DISCONNECT and, when asked for, PINGREQ.

import { setTimeout as sleep } from 'node:timers/promises'
import { type Connack, type Packet, PacketType, type ProtocolVersion } from '../../src/wire/mqtt/packet.ts'
import type { WillMessage } from './history.ts'
import type { Load } from './load.ts'
import { connectPacket, MqttPeer } from './mqtt-peer.ts'
import { encodePayload } from './payload.ts'

export interface ClientOptions {
  readonly version?: ProtocolVersion
  /** How long the session outlives a connection; for ever unless given, 0 = not at all. MQTT 3 knows only these two. */
  readonly expirySeconds?: number
  /** Seconds; 0 unless given: nobody here sends PINGREQ by itself, and one who only listens would be sent away. */
  readonly keepAlive?: number
  readonly receiveMaximum?: number
  /** Its topic, QoS and delay; published with the name `will of CLIENT` and rising sequences. */
  readonly will?: Pick<WillMessage, 'topic' | 'qos' | 'delayMs'>
}

/** How a client goes. */
export type Leaving = 'close' | 'reset' | 'disconnect'

const FOR_EVER = 0xffffffff
const CONNACK_WITHIN_MS = 10_000
/** The longest that a client tries to come back. */
const PATIENCE_MS = 45_000

export abstract class LoadClient {
  readonly id: string
  readonly load: Load
  readonly version: ProtocolVersion
  peer: MqttPeer | null = null
  /** CONNECTs without an answer, and connections that were lost. */
  failures = 0
  readonly #options: ClientOptions
  #isWanted = false
  #coming: Promise<void> | null = null
  #connection = 0
  #isClosedTold = true
  #wills = 0
  #hasBeenConnected = false

  constructor(load: Load, id: string, options: ClientOptions) {
    this.load = load
    this.id = id
    this.version = options.version ?? 5
    this.#options = options
  }

  get isConnected(): boolean {
    return this.peer !== null
  }

  /** Connected, and done with what follows CONNACK. Tries again until it succeeds. @throws Error after 45 s */
  comeBack(): Promise<void> {
    this.#isWanted = true
    if (this.peer !== null && this.#coming === null) return Promise.resolve()
    return (this.#coming ??= this.#come().finally(() => {
      this.#coming = null
    }))
  }

  /** Whether the broker answers a PINGREQ: everything that it had for this client then is here. */
  async isAnswered(): Promise<boolean> {
    try {
      await this.peer?.ping()
      return this.peer !== null
    } catch {
      return false // the connection is lost, and taken up again
    }
  }

  /** Goes and stays away until `comeBack`. */
  async leave(how: Leaving): Promise<void> {
    this.#isWanted = false
    await this.#coming?.catch(() => {})
    const { peer } = this
    if (peer === null) return
    this.#tellClosed(how === 'disconnect' ? 'sent' : 'no', peer.reasonCode)
    if (how === 'disconnect') await peer.disconnect()
    else await peer.vanish(how)
  }

  /** The test is over: gone at once, and for good. */
  abandon(): void {
    this.#isWanted = false
    this.peer?.socket.destroy()
  }

  /** Called once per connection, with CONNACK; its promise is waited for by `comeBack`. */
  protected abstract begin(peer: MqttPeer, connack: Connack): Promise<void>

  protected abstract take(packet: Packet, connection: number): void

  async #come(): Promise<void> {
    const begin = this.load.now()
    let last: unknown = null
    while (this.#isWanted && this.load.now() - begin < PATIENCE_MS) {
      try {
        await this.#connect()
        return
      } catch (error) {
        last = error
        this.failures++
        this.#tellClosed('no', null)
        await sleep(20 + this.load.random(100))
      }
    }
    if (this.#isWanted) throw new Error(`${this.id} cannot connect`, { cause: last })
  }

  async #connect(): Promise<void> {
    const { version, load, id } = this
    const { expirySeconds = FOR_EVER, keepAlive = 0, receiveMaximum, will } = this.#options
    const peer = await MqttPeer.open(load.address, version)
    peer.forgetPackets()
    const connection = (this.#connection = load.nextConnection())
    const expiryMs = expirySeconds === FOR_EVER ? Infinity : expirySeconds * 1000
    const cleanStart = expirySeconds === 0
    const message: WillMessage | null = will === undefined ? null : { ...will, publisher: `will of ${id}`, sequence: ++this.#wills }
    this.#isClosedTold = false
    load.record({ kind: 'connecting', at: load.now(), session: id, connection, version, cleanStart, expiryMs, will: message })
    const arrived = new Promise<Connack>((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`${id}: no CONNACK within ${CONNACK_WITHIN_MS} ms`)), CONNACK_WITHIN_MS)
      peer.closed.then(() => {
        clearTimeout(timer)
        reject(new Error(`${id}: closed before CONNACK`))
      })
      peer.onPacket = (packet) => {
        if (packet.type !== PacketType.Connack) {
          this.take(packet, connection)
          return
        }
        clearTimeout(timer)
        if (packet.reasonCode !== 0) reject(new Error(`${id}: refused with ${packet.reasonCode}`))
        else {
          // MQTT 3.1 does not tell: its clients must know by themselves
          const sessionPresent = version === 3 ? !cleanStart && this.#hasBeenConnected : packet.sessionPresent
          this.#hasBeenConnected = true
          load.record({ kind: 'connected', at: load.now(), session: id, connection, sessionPresent })
          this.peer = peer // now: what comes in the same read is taken before the promise is
          resolve({ ...packet, sessionPresent })
        }
      }
    })
    peer.send(
      connectPacket(id, {
        version,
        cleanStart,
        keepAlive,
        will:
          message === null
            ? null
            : {
                topicName: message.topic,
                payload: encodePayload({ ...message, sentAt: load.now() }),
                qos: message.qos,
                retain: false,
                properties: message.delayMs > 0 ? { willDelayInterval: message.delayMs / 1000 } : {},
              },
        properties: version < 5 ? {} : { sessionExpiryInterval: expirySeconds, ...(receiveMaximum === undefined ? {} : { receiveMaximum }) },
      }),
    )
    let connack: Connack
    try {
      connack = await arrived
    } catch (error) {
      peer.socket.destroy()
      throw error
    }
    peer.closed.then(() => this.#lost(peer))
    await this.begin(peer, connack)
  }

  #lost(peer: MqttPeer): void {
    if (this.peer === peer) this.peer = null
    this.#tellClosed('no', peer.reasonCode)
    if (!this.#isWanted) return
    this.failures++
    this.comeBack().catch(() => {}) // whoever waits for it is told
  }

  #tellClosed(disconnect: 'no' | 'sent', reasonCode: number | null): void {
    if (this.#isClosedTold) return
    this.#isClosedTold = true
    this.load.record({ kind: 'closed', at: this.load.now(), session: this.id, connection: this.#connection, disconnect, reasonCode })
  }
}
