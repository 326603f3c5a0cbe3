// A server that says exactly what the test tells it, byte by byte: no codec of ours between the client and the assertion.
// Loopback, port 0. Packets are cut out of the stream here by their Remaining Length alone.

import { once } from 'node:events'
import { connect, createServer, type Server, type Socket } from 'node:net'
import { createServer as createTlsServer, type TLSSocket, type TlsOptions } from 'node:tls'

/** One Control Packet as it came. */
export interface RawPacket {
  readonly type: number
  /** The whole packet in hexadecimal, without spaces. */
  readonly hex: string
}

export const TYPE = { connect: 1, publish: 3, puback: 4, pubrec: 5, pubrel: 6, pubcomp: 7, subscribe: 8, unsubscribe: 10, pingreq: 12, disconnect: 14 } as const

const PATIENCE_MS = 30_000

/** One accepted connection. */
export class Peer {
  readonly #socket: Socket
  #bytes: Buffer = Buffer.alloc(0)
  readonly #packets: RawPacket[] = []
  #wake: () => void = () => {}
  #ended = false
  readonly closed: Promise<void>

  constructor(socket: Socket) {
    this.#socket = socket
    socket.on('error', () => {})
    socket.on('data', (chunk) => this.#received(chunk))
    socket.on('end', () => {
      this.#ended = true
      socket.end()
      this.#wake()
    })
    this.closed = new Promise((resolve) =>
      socket.on('close', () => {
        this.#ended = true
        this.#wake()
        resolve()
      }),
    )
  }

  /** The next packet; fails when the client closes instead, or says nothing for long. */
  async packet(): Promise<RawPacket> {
    const next = await this.#next()
    if (next === null) throw new Error('the client closed the connection')
    return next
  }

  /** The next packet, of this type. */
  async expect(type: number): Promise<RawPacket> {
    const packet = await this.packet()
    if (packet.type !== type) throw new Error(`packet of type ${packet.type} instead of ${type}: ${packet.hex}`)
    return packet
  }

  /** All that comes until the client closes. */
  async rest(): Promise<RawPacket[]> {
    const packets: RawPacket[] = []
    for (let next = await this.#next(); next !== null; next = await this.#next()) packets.push(next)
    return packets
  }

  /** CONNECT is answered: welcome, in 3.x. */
  async welcome(connack = '20020000'): Promise<RawPacket> {
    const connect = await this.expect(TYPE.connect)
    this.send(connack)
    return connect
  }

  /** Sends bytes given in hexadecimal, all in one write; spaces do not count. */
  send(...hex: readonly string[]): void {
    this.#socket.write(Buffer.from(hex.join('').replaceAll(' ', ''), 'hex'))
  }

  end(): void {
    this.#socket.end()
  }

  /** Reads no more and never closes, as a machine that hangs. */
  deafen(): void {
    this.#socket.pause()
  }

  cut(): void {
    this.#socket.destroy()
  }

  async #next(): Promise<RawPacket | null> {
    const end = Date.now() + PATIENCE_MS
    while (this.#packets.length === 0) {
      if (this.#ended) return null
      const left = end - Date.now()
      if (left <= 0) throw new Error('the client says nothing')
      let timer: NodeJS.Timeout | undefined
      await new Promise<void>((resolve) => {
        this.#wake = resolve
        timer = setTimeout(resolve, left)
      })
      clearTimeout(timer)
    }
    return this.#packets.shift()!
  }

  #received(chunk: Buffer): void {
    this.#bytes = Buffer.concat([this.#bytes, chunk])
    for (;;) {
      let length = 0
      let at = 1
      let shift = 0
      for (; at < this.#bytes.length && shift < 28; at++, shift += 7) {
        length |= (this.#bytes[at]! & 127) << shift
        if (this.#bytes[at]! < 128) break
      }
      if (shift === 28) return // no MQTT: a test of that does not ask for packets
      const size = at + 1 + length
      if (at >= this.#bytes.length || this.#bytes.length < size) break
      this.#packets.push({ type: this.#bytes[0]! >> 4, hex: this.#bytes.subarray(0, size).toString('hex') })
      this.#bytes = this.#bytes.subarray(size)
    }
    this.#wake()
  }
}

export class ScriptedServer {
  readonly #server: Server
  readonly #peers: Peer[] = []
  readonly #sockets = new Set<Socket>()
  #wake: () => void = () => {}

  private constructor(server: Server, event: 'connection' | 'secureConnection') {
    this.#server = server
    server.on(event, (socket: Socket) => {
      this.#sockets.add(socket)
      socket.on('close', () => this.#sockets.delete(socket))
      this.#peers.push(new Peer(socket))
      this.#wake()
    })
  }

  /** On a port of loopback, or on a Unix socket. */
  static async listen(path?: string): Promise<ScriptedServer> {
    const server = createServer({ allowHalfOpen: true })
    const scripted = new ScriptedServer(server, 'connection')
    if (path === undefined) server.listen(0, '127.0.0.1')
    else server.listen(path)
    await once(server, 'listening')
    return scripted
  }

  /** With TLS, on a port of loopback. */
  static async listenTls(options: TlsOptions): Promise<ScriptedServer> {
    const server = createTlsServer(options)
    const scripted = new ScriptedServer(server, 'secureConnection')
    server.on('tlsClientError', () => {})
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    return scripted
  }

  /** Tells each TLS connection. */
  onTlsSocket(listener: (socket: TLSSocket) => void): void {
    this.#server.on('secureConnection', listener)
  }

  /** A connection to it, for what stands between. */
  connect(): Socket {
    return connect(Number(this.port), '127.0.0.1')
  }

  get port(): string {
    return String((this.#server.address() as { port: number }).port)
  }

  /** The next connection. */
  async accept(): Promise<Peer> {
    const end = Date.now() + PATIENCE_MS
    while (this.#peers.length === 0) {
      const left = end - Date.now()
      if (left <= 0) throw new Error('nobody connects')
      let timer: NodeJS.Timeout | undefined
      await new Promise<void>((resolve) => {
        this.#wake = resolve
        timer = setTimeout(resolve, left)
      })
      clearTimeout(timer)
    }
    return this.#peers.shift()!
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy()
    this.#server.close()
    await once(this.#server, 'close')
  }
}

/** Text in hexadecimal, with its two bytes of length if `prefixed`. */
export function text(value: string, prefixed = true): string {
  const bytes = Buffer.from(value)
  return (prefixed ? bytes.length.toString(16).padStart(4, '0') : '') + bytes.toString('hex')
}

/** A packet of less than 128 bytes, in hexadecimal. */
export function packet(firstByte: number, ...body: readonly string[]): string {
  const bytes = body.join('').replaceAll(' ', '')
  const length = bytes.length / 2
  if (length > 127) throw new Error('longer than one byte of Remaining Length')
  return firstByte.toString(16).padStart(2, '0') + length.toString(16).padStart(2, '0') + bytes
}

/** A PUBLISH of 3.1.1 in hexadecimal. */
export function publish(topic: string, payload: string, options: { qos?: number; id?: number; retain?: boolean } = {}): string {
  const { qos = 0, id = 0, retain = false } = options
  return packet(0x30 | (qos << 1) | Number(retain), text(topic), qos === 0 ? '' : id.toString(16).padStart(4, '0'), text(payload, false))
}
