// One MQTT connection of a test in full control: what is sent, what is acknowledged and how it ends is the test's decision.
// Our own wire format over a plain socket; nothing is answered by itself.

import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { decodePacket } from '../../src/wire/mqtt/decode.ts'
import { encodePacket } from '../../src/wire/mqtt/encode.ts'
import { type Connack, type Connect, type Packet, PacketType, type ProtocolVersion, type Publish, type Qos, type Suback } from '../../src/wire/mqtt/packet.ts'

export interface Address {
  readonly port: number
  /** Source address: each of 127.0.0.0/8 has ports of its own. */
  readonly localAddress?: string
}

export type ConnectFields = Partial<Omit<Connect, 'type' | 'clientId'>>

const TIMEOUT_MS = 20_000
const NONE = Buffer.alloc(0)

export class MqttPeer {
  readonly version: ProtocolVersion
  readonly socket: Socket
  /** Called with every packet, before those who wait for one. */
  onPacket: (packet: Packet) => void = () => {}
  /** Kept once the connection is gone, for whatever reason. */
  readonly closed: Promise<void>
  isClosed = false
  /** Reason Code of the broker's DISCONNECT; null = none came. */
  reasonCode: number | null = null
  #unread = NONE
  readonly #packets: Packet[] = []
  readonly #waiting: { wants: (packet: Packet) => boolean; take: (packet: Packet) => void; fail: (error: Error) => void }[] = []
  #lastId = 0
  #keeps = true

  private constructor(socket: Socket, version: ProtocolVersion) {
    this.socket = socket
    this.version = version
    socket.on('data', (bytes: Buffer) => this.#read(bytes))
    socket.on('error', () => {}) // told by `close`
    this.closed = new Promise((resolve) =>
      socket.once('close', () => {
        this.isClosed = true
        for (const { fail } of this.#waiting.splice(0)) fail(new Error('the connection was closed'))
        resolve()
      }),
    )
  }

  /** A TCP connection that has said nothing yet. */
  static async open({ port, localAddress = '127.0.0.1' }: Address, version: ProtocolVersion = 5): Promise<MqttPeer> {
    const socket = connect({ port, host: '127.0.0.1', localAddress, noDelay: true })
    const peer = new MqttPeer(socket, version)
    await Promise.race([once(socket, 'connect'), peer.closed])
    if (peer.isClosed) throw new Error(`no connection to port ${port}`)
    return peer
  }

  /**
   * Connected, CONNACK taken. `serve` sees the peer before anything comes: packets may follow CONNACK in the same read.
   * @throws Error when CONNACK refuses or does not come
   */
  static async connect(
    address: Address,
    clientId: string,
    fields: ConnectFields = {},
    serve: (peer: MqttPeer) => void = () => {},
  ): Promise<{ peer: MqttPeer; connack: Connack }> {
    const peer = await MqttPeer.open(address, fields.version)
    serve(peer)
    peer.send(connectPacket(clientId, fields))
    const connack = await peer.next('CONNACK', (packet) => packet.type === PacketType.Connack)
    if (connack.reasonCode !== 0) throw new Error(`${clientId} was refused with ${connack.reasonCode}`)
    return { peer, connack }
  }

  /** Packets are handed to `onPacket` only: for peers that get a lot. */
  forgetPackets(): void {
    this.#keeps = false
    this.#packets.length = 0
  }

  /** A Packet Identifier; in turn, whether or not the one before is free. */
  nextId(): number {
    this.#lastId = (this.#lastId % 65535) + 1
    return this.#lastId
  }

  send(...packets: readonly Packet[]): void {
    this.sendBytes(packets.length === 1 ? encodePacket(packets[0]!, this.version) : Buffer.concat(packets.map((packet) => encodePacket(packet, this.version))))
  }

  sendBytes(bytes: Uint8Array): void {
    if (!this.isClosed && this.socket.writable) this.socket.write(bytes)
  }

  /** Waits until the kernel has taken what was sent, or the connection is gone. */
  async flushed(): Promise<void> {
    // `once` rejects when the connection is reset
    if (this.socket.writableLength > 0 && !this.isClosed) await Promise.race([once(this.socket, 'drain').catch(() => this.closed), this.closed])
  }

  acknowledge(type: 4 | 5 | 6 | 7, packetId: number): void {
    this.send({ type, packetId, reasonCode: 0, properties: {} })
  }

  /** The first packet kept or to come that is wanted. @throws Error after 20 s, or when the connection ends */
  next<P extends Packet = Packet>(what: string, wants: (packet: Packet) => packet is P): Promise<P>
  next(what: string, wants: (packet: Packet) => boolean): Promise<Packet>
  async next(what: string, wants: (packet: Packet) => boolean): Promise<Packet> {
    const at = this.#packets.findIndex(wants)
    if (at >= 0) return this.#packets.splice(at, 1)[0]!
    if (this.isClosed) throw new Error(`no ${what}: the connection was closed`)
    return await new Promise((resolve, reject) => {
      const timer = setTimeout(() => fail(new Error('timed out')), TIMEOUT_MS)
      const fail = (error: Error): void => {
        clearTimeout(timer)
        const index = this.#waiting.indexOf(waiting)
        if (index >= 0) this.#waiting.splice(index, 1)
        reject(new Error(`no ${what}: ${error.message}`))
      }
      const take = (packet: Packet): void => {
        clearTimeout(timer)
        resolve(packet)
      }
      const waiting = { wants, take, fail }
      this.#waiting.push(waiting)
    })
  }

  /** The next acknowledgement of this kind for this Packet Identifier. */
  async acknowledgement(type: 4 | 5 | 6 | 7, packetId: number): Promise<number> {
    const found = await this.next(`packet ${type} ${packetId}`, (packet) => packet.type === type && 'packetId' in packet && packet.packetId === packetId)
    return 'reasonCode' in found ? found.reasonCode : 0
  }

  async publishArrived(): Promise<Publish> {
    return await this.next('PUBLISH', (packet) => packet.type === PacketType.Publish)
  }

  /** Returns the granted QoS, or the refusal. */
  async subscribe(topicFilter: string, qos: Qos): Promise<number> {
    const packetId = this.nextId()
    const request = { topicFilter, qos, noLocal: false, retainAsPublished: false, retainHandling: 0 } as const
    this.send({ type: PacketType.Subscribe, packetId, subscriptions: [request], properties: {} })
    const suback = (await this.next('SUBACK', (packet) => packet.type === PacketType.Suback && packet.packetId === packetId)) as Suback
    return suback.reasonCodes[0]!
  }

  async unsubscribe(topicFilter: string): Promise<void> {
    const packetId = this.nextId()
    this.send({ type: PacketType.Unsubscribe, packetId, topicFilters: [topicFilter], properties: {} })
    await this.next('UNSUBACK', (packet) => packet.type === PacketType.Unsuback && packet.packetId === packetId)
  }

  /** Everything sent before has been handled when PINGRESP is here. */
  async ping(): Promise<void> {
    this.send({ type: PacketType.Pingreq })
    await this.next('PINGRESP', (packet) => packet.type === PacketType.Pingresp)
  }

  /** Says DISCONNECT and closes. */
  async disconnect(reasonCode = 0): Promise<void> {
    this.send({ type: PacketType.Disconnect, reasonCode: this.version === 5 ? reasonCode : 0, properties: {} })
    this.socket.end()
    await this.closed
  }

  /** Gone without a word, as when the process is killed: FIN, or RST when something lay unread. */
  async vanish(how: 'close' | 'reset' = 'close'): Promise<void> {
    if (how === 'reset') this.socket.resetAndDestroy()
    else this.socket.destroy()
    await this.closed
  }

  #read(bytes: Buffer): void {
    const all = this.#unread.length === 0 ? bytes : Buffer.concat([this.#unread, bytes])
    let at = 0
    for (;;) {
      const body = bodyOf(all, at)
      if (body === null || body.end > all.length) break
      const header = all[at]!
      const packet = decodePacket(header, all, body.start, body.end, this.version, 'server')
      at = body.end
      this.#take(packet)
    }
    this.#unread = at === all.length ? NONE : Buffer.from(all.subarray(at))
  }

  #take(packet: Packet): void {
    if (packet.type === PacketType.Disconnect) this.reasonCode = packet.reasonCode
    this.onPacket(packet)
    const at = this.#waiting.findIndex(({ wants }) => wants(packet))
    if (at >= 0) this.#waiting.splice(at, 1)[0]!.take(packet)
    else if (this.#keeps) this.#packets.push(packet)
  }
}

export function connectPacket(clientId: string, fields: ConnectFields = {}): Connect {
  return {
    type: PacketType.Connect,
    version: 5,
    bridge: false,
    cleanStart: true,
    keepAlive: 60,
    clientId,
    will: null,
    userName: null,
    password: null,
    properties: {},
    ...fields,
  }
}

export function publishPacket(topicName: string, payload: Uint8Array, qos: Qos, packetId: number, changes: Partial<Publish> = {}): Publish {
  return { type: PacketType.Publish, topicName, payload, qos, retain: false, dup: false, packetId, properties: {}, ...changes }
}

/** Where the body of the packet at `at` begins and ends; null while its Remaining Length is incomplete. */
function bodyOf(bytes: Uint8Array, at: number): { start: number; end: number } | null {
  let length = 0
  for (let i = 1, shift = 0; i <= 4; i++, shift += 7) {
    const digit = bytes[at + i]
    if (digit === undefined) return null
    length |= (digit & 127) << shift
    if (digit < 128) return { start: at + i + 1, end: at + i + 1 + length }
  }
  throw new Error('a Remaining Length of more than four bytes')
}
