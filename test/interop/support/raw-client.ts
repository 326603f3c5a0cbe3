// A client of packets, not of deeds: it sends what it is told and notes every packet that comes, as one line.
// It acknowledges by itself unless told not to, so that a broker's windows never fill by accident.

import { once } from 'node:events'
import { connect as connectSocket, type Socket } from 'node:net'
import { decodePacket } from '../../../src/wire/mqtt/decode.ts'
import { encodePacket } from '../../../src/wire/mqtt/encode.ts'
import { type Connect, type Packet, PacketType, type ProtocolVersion, type Publish, type SubscriptionRequest } from '../../../src/wire/mqtt/packet.ts'

const PATIENCE_MS = 30_000
const encoder = new TextEncoder()

export interface RawConnect extends Partial<Omit<Connect, 'type' | 'version' | 'password'>> {
  readonly version: ProtocolVersion
  readonly clientId: string
  /** False: see the field of this name. */
  readonly acknowledges?: boolean
}

export interface RawPublish extends Partial<Omit<Publish, 'type' | 'payload' | 'packetId'>> {
  readonly topicName: string
  readonly payload?: string
}

export class RawClient {
  readonly version: ProtocolVersion
  /** Every packet received and not yet taken. */
  readonly received: Packet[] = []
  /** False: PUBLISH and PUBREL are left without an answer. */
  acknowledges = true
  isClosed = false
  readonly #socket: Socket
  readonly #port: number
  #bytes: Uint8Array = new Uint8Array(0)
  #lastId = 0
  readonly #looking = new Set<() => void>()

  private constructor(socket: Socket, version: ProtocolVersion) {
    this.version = version
    this.#socket = socket
    this.#port = socket.localPort!
    socket.setNoDelay(true)
    socket.on('error', () => {})
    socket.on('data', (chunk) => this.#heard(chunk))
    socket.on('close', () => {
      this.isClosed = true
      this.#changed()
    })
  }

  /** Connects and returns when CONNACK has come; the CONNACK is the first packet received. */
  static async connect(port: number, { acknowledges = true, ...options }: RawConnect): Promise<RawClient> {
    const socket = connectSocket(port, '127.0.0.1')
    await once(socket, 'connect')
    const client = new RawClient(socket, options.version)
    client.acknowledges = acknowledges
    client.send({
      type: PacketType.Connect,
      bridge: false,
      cleanStart: true,
      keepAlive: 600,
      will: null,
      userName: null,
      properties: {},
      ...options,
      password: null,
    })
    await client.until(() => client.received.some(({ type }) => type === PacketType.Connack), 'CONNACK')
    return client
  }

  /** Of its own end. */
  get port(): number {
    return this.#port
  }

  /** In one write. */
  send(...packets: readonly Packet[]): void {
    this.#socket.write(Buffer.concat(packets.map((packet) => encodePacket(packet, this.version))))
  }

  /** The next Packet Identifier. */
  nextId(): number {
    return (this.#lastId = (this.#lastId % 65535) + 1)
  }

  /** Returns when the last acknowledgement has come, with the Reason Code of PUBACK or PUBREC; at QoS 0 at once. */
  async publish(message: RawPublish): Promise<number> {
    const { payload = '', qos = 0 } = message
    const packetId = qos === 0 ? 0 : this.nextId()
    this.send({ type: PacketType.Publish, retain: false, dup: false, properties: {}, ...message, qos, packetId, payload: encoder.encode(payload) })
    if (qos === 0) return 0
    const { reasonCode } = await this.#answer(qos === 1 ? PacketType.Puback : PacketType.Pubrec, packetId)
    if (qos === 1 || reasonCode >= 0x80) return reasonCode
    this.send({ type: PacketType.Pubrel, packetId, reasonCode: 0, properties: {} })
    await this.#answer(PacketType.Pubcomp, packetId)
    return reasonCode
  }

  /** Returns when SUBACK has come. */
  async subscribe(
    subscriptions: readonly (Partial<SubscriptionRequest> & { readonly topicFilter: string })[],
    identifier: number | null = null,
  ): Promise<void> {
    const packetId = this.nextId()
    this.send({
      type: PacketType.Subscribe,
      packetId,
      subscriptions: subscriptions.map((request) => ({ qos: 0, noLocal: false, retainAsPublished: false, retainHandling: 0, ...request })),
      properties: identifier === null ? {} : { subscriptionIdentifiers: [identifier] },
    })
    await this.#answer(PacketType.Suback, packetId)
  }

  /** Returns when UNSUBACK has come. */
  async unsubscribe(...topicFilters: readonly string[]): Promise<void> {
    const packetId = this.nextId()
    this.send({ type: PacketType.Unsubscribe, packetId, topicFilters, properties: {} })
    await this.#answer(PacketType.Unsuback, packetId)
  }

  /** Returns when everything that the broker had to say before has come. */
  async ping(): Promise<void> {
    if (this.isClosed) return
    const before = this.seen(PacketType.Pingresp)
    this.send({ type: PacketType.Pingreq })
    await this.until(() => this.isClosed || this.seen(PacketType.Pingresp) > before, 'PINGRESP')
  }

  /** Says DISCONNECT and waits until the broker has closed. */
  async disconnect(reasonCode = 0): Promise<void> {
    this.send({ type: PacketType.Disconnect, reasonCode, properties: {} })
    await this.until(() => this.isClosed, 'the end of the connection after DISCONNECT')
  }

  /** The connection ends without a word. */
  async cut(): Promise<void> {
    if (this.isClosed) return
    const closed = once(this.#socket, 'close')
    this.#socket.destroy()
    await closed
  }

  /** What came since the last call. */
  take(): Packet[] {
    return this.received.splice(0)
  }

  /** Waits until `isTrue`, looking again at each packet. */
  async until(isTrue: () => boolean, what: string): Promise<void> {
    if (isTrue()) return
    await new Promise<void>((resolve, reject) => {
      const finish = (error: Error | null): void => {
        clearTimeout(timer)
        this.#looking.delete(look)
        if (error === null) resolve()
        else reject(error)
      }
      const timer = setTimeout(
        () => finish(new Error(`waited ${PATIENCE_MS} ms in vain for ${what}; there came ${JSON.stringify(this.received)}`)),
        PATIENCE_MS,
      )
      const look = (): void => {
        if (isTrue()) finish(null)
        else if (this.isClosed) finish(new Error(`the broker closed the connection before ${what}; there came ${JSON.stringify(this.received)}`))
      }
      this.#looking.add(look)
      look()
    })
  }

  async #answer<Type extends Packet['type']>(type: Type, packetId: number): Promise<Extract<Packet, { type: Type }>> {
    const isAnswer = (packet: Packet): packet is Extract<Packet, { type: Type }> => packet.type === type && 'packetId' in packet && packet.packetId === packetId
    const seen = this.received.filter(isAnswer).length
    await this.until(() => this.received.filter(isAnswer).length > seen, `the answer of type ${type} to ${packetId}`)
    return this.received.findLast(isAnswer)!
  }

  /** Packets of this type that came and were not taken. */
  seen(type: PacketType): number {
    return this.received.filter((packet) => packet.type === type).length
  }

  #changed(): void {
    for (const look of [...this.#looking]) look()
  }

  #heard(chunk: Uint8Array): void {
    const bytes = Buffer.concat([this.#bytes, chunk])
    let at = 0
    for (let frame = frameAt(bytes, at); frame !== null; frame = frameAt(bytes, at)) {
      const packet = decodePacket(bytes[at]!, bytes, frame.body, frame.end, this.version, 'server')
      this.received.push(packet)
      if (this.acknowledges) this.#acknowledge(packet)
      at = frame.end
    }
    this.#bytes = bytes.subarray(at)
    this.#changed()
  }

  #acknowledge(packet: Packet): void {
    if (packet.type === PacketType.Publish && packet.qos > 0) {
      this.send({ type: packet.qos === 1 ? PacketType.Puback : PacketType.Pubrec, packetId: packet.packetId, reasonCode: 0, properties: {} })
    } else if (packet.type === PacketType.Pubrel) this.send({ type: PacketType.Pubcomp, packetId: packet.packetId, reasonCode: 0, properties: {} })
  }
}

/** Where the body of the packet at `at` lies; null when it is not all there. */
function frameAt(bytes: Uint8Array, at: number): { body: number; end: number } | null {
  let length = 0
  for (let i = 0; at + 1 + i < bytes.length; i++) {
    const digit = bytes[at + 1 + i]!
    const body = at + 2 + i
    length += (digit & 127) * 128 ** i
    if (digit < 128) return body + length <= bytes.length ? { body, end: body + length } : null
  }
  return null
}
