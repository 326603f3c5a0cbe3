// A stand-in for a bad broker: QoS 0 to every subscriber of the same topic, with faults on demand. No codec of ours.
// Loopback, port 0. Packets are cut out of the stream by their Remaining Length alone.

import { EventEmitter, once } from 'node:events'
import { createServer, type Server, type Socket } from 'node:net'

/** What to do with the PUBLISH number `index` (from 0): the payloads to deliver in its place. */
export type Delivery = (payload: Buffer, index: number) => readonly Buffer[]

export interface Faults {
  readonly deliver?: Delivery
  /** CONNACK return code of connection number `index`; null = none comes. */
  readonly connack?: (index: number) => number | null
  /** The whole CONNACK, in place of one of 3.1.1. */
  readonly welcome?: Buffer
  readonly suback?: number
  /** Answers of PUBLISH with QoS 1, in place of PUBACK. */
  readonly puback?: (id: number) => Buffer | null
  readonly pingresp?: boolean
  /** Closes the publisher's connection at this message. */
  readonly closeAt?: number
  /** Closes the first subscriber's connection at this message. */
  readonly closeReaderAt?: number
  /** Reads nothing from the publisher for some milliseconds after this message. */
  readonly stall?: { readonly at: number; readonly ms: number }
}

export class FaultyServer {
  readonly port: string
  readonly #server: Server
  readonly #sockets = new Set<Socket>()

  readonly #publishes: EventEmitter

  private constructor(server: Server, port: string, sockets: Set<Socket>, publishes: EventEmitter) {
    this.#server = server
    this.port = port
    this.#sockets = sockets
    this.#publishes = publishes
  }

  /** Resolves when PUBLISH number `count` (from 1) comes; to be called before it does. */
  async published(count: number): Promise<void> {
    await once(this.#publishes, String(count), { signal: AbortSignal.timeout(8000) })
  }

  static async listen(faults: Faults): Promise<FaultyServer> {
    const sockets = new Set<Socket>()
    const subscribers = new Map<string, Set<Socket>>()
    let connections = 0
    let published = 0
    const publishes = new EventEmitter()
    const handle = (socket: Socket, header: number, body: Buffer): void => {
      switch (header >> 4) {
        case 1: {
          const code = faults.connack?.(connections++) ?? (faults.connack === undefined ? 0 : null)
          if (code !== null) socket.write(faults.welcome ?? Buffer.of(0x20, 2, 0, code))
          return
        }
        case 8: {
          const topic = body.subarray(4, 4 + body.readUInt16BE(2)).toString()
          subscribers.set(topic, (subscribers.get(topic) ?? new Set()).add(socket))
          socket.write(Buffer.of(0x90, 3, body[0]!, body[1]!, faults.suback ?? 0))
          return
        }
        case 3: {
          const index = published++
          publishes.emit(String(index + 1))
          const topicEnd = 2 + body.readUInt16BE(0)
          const qos = (header >> 1) & 3
          const payload = Buffer.from(body.subarray(topicEnd + (qos > 0 ? 2 : 0)))
          if (qos > 0) {
            const id = body.readUInt16BE(topicEnd)
            const answer = faults.puback === undefined ? Buffer.of(0x40, 2, id >> 8, id & 255) : faults.puback(id)
            if (answer !== null) socket.write(answer)
          }
          const readers = subscribers.get(body.subarray(2, topicEnd).toString())
          if (index === faults.closeReaderAt) {
            const [first] = readers!
            readers!.delete(first!)
            first!.end()
          }
          for (const out of faults.deliver?.(payload, index) ?? [payload]) {
            const packet = publish(body.subarray(2, topicEnd), out)
            for (const subscriber of readers ?? []) subscriber.write(packet)
          }
          if (index === faults.stall?.at) {
            socket.pause()
            setTimeout(() => socket.resume(), faults.stall.ms)
          }
          if (index === faults.closeAt) socket.end()
          return
        }
        case 12:
          if (faults.pingresp !== false) socket.write(Buffer.of(0xd0, 0))
          return
        default:
          socket.end()
      }
    }
    const server = createServer((socket) => {
      sockets.add(socket)
      let rest: Buffer = Buffer.alloc(0)
      socket.on('error', () => {})
      socket.on('data', (chunk) => {
        rest = Buffer.concat([rest, chunk])
        for (;;) {
          let length = 0
          let at = 1
          while (at < rest.length && at < 5) {
            length += (rest[at]! & 127) << (7 * (at - 1))
            if (rest[at++]! < 128) break
          }
          if (rest.length < 2 || rest[at - 1]! > 127 || rest.length < at + length) return
          const body = rest.subarray(at, at + length)
          const header = rest[0]!
          rest = rest.subarray(at + length)
          handle(socket, header, body)
        }
      })
    })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    return new FaultyServer(server, String((server.address() as { port: number }).port), sockets, publishes)
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy()
    this.#server.close()
    await once(this.#server, 'close')
  }
}

/** QoS 0. Payloads of less than 100 bytes. */
function publish(topic: Buffer, payload: Buffer): Buffer {
  const length = 2 + topic.length + payload.length
  return Buffer.concat([Buffer.of(0x30, length, 0, topic.length), topic, payload])
}
