// Every event of a connection as its lines in the log with -v, byte for byte those of Mosquitto 2.1 but for ports and our own details.
// Real sockets on a real broker; what clients send is encoded here, packet by packet.

import { once } from 'node:events'
import { connect as connectSocket, type Socket } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import type { LogType } from '../../src/base/log.ts'
import type { Limits } from '../../src/broker/limits.ts'
import type { Authenticator, Authorizer } from '../../src/broker/ports.ts'
import { PERMIT_ALL } from '../../src/broker/ports.ts'
import { startBroker } from '../../src/server/start-broker.ts'
import { encodePacket } from '../../src/wire/mqtt/encode.ts'
import { type Connect, type Packet, PacketType, type ProtocolVersion, type Publish, type Qos } from '../../src/wire/mqtt/packet.ts'

const encoder = new TextEncoder()

interface Options {
  readonly limits?: Partial<Limits>
  readonly authenticator?: Authenticator
  readonly authorizer?: Authorizer
}

/** A broker with its log, and clients that speak byte by byte. */
class Scene {
  readonly lines: string[] = []
  readonly types = new Map<string, LogType>()
  readonly port: number
  #waiting: (() => void)[] = []

  private constructor(port: number, lines: Scene['lines'], types: Scene['types'], waiting: (() => void)[]) {
    this.port = port
    this.lines = lines
    this.types = types
    this.#waiting = waiting
  }

  static async start({ limits, ...options }: Options = {}): Promise<Scene> {
    const lines: string[] = []
    const types = new Map<string, LogType>()
    const waiting: (() => void)[] = []
    const running = await startBroker({
      listeners: [{ port: 0, host: '127.0.0.1' }],
      limits: { sysInterval: 0, ...limits },
      verbose: true,
      log: {
        write(type, line) {
          lines.push(line)
          types.set(line, type)
          for (const wake of waiting.splice(0)) wake()
        },
      },
      ...options,
    })
    onTestFinished(() => running.close())
    return new Scene(running.port, lines, types, waiting)
  }

  /** Waits for a line that ends so; gives all lines since the last call up to it, ports written as PORT and the listener's as LPORT. */
  async until(end: string): Promise<string[]> {
    for (const deadline = Date.now() + 30_000; ; ) {
      const at = this.lines.findIndex((line) => this.#plain(line).endsWith(end))
      if (at >= 0) return this.lines.splice(0, at + 1).map((line) => this.#plain(line))
      if (Date.now() > deadline) throw new Error(`no line ends with ${end}, but there are:\n${this.lines.join('\n')}`)
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, 1000)
        this.#waiting.push(() => {
          clearTimeout(timer)
          resolve()
        })
      })
    }
  }

  async client(version: ProtocolVersion = 4): Promise<Client> {
    const socket = connectSocket(this.port, '127.0.0.1')
    socket.on('error', () => {})
    onTestFinished(() => void socket.destroy())
    await once(socket, 'connect')
    return new Client(socket, version)
  }

  /** A client whose connecting has been told and forgotten. */
  async connected(clientId: string, options: Partial<Connect> = {}): Promise<Client> {
    const client = await this.client(options.version)
    client.connect(clientId, options)
    await this.until(`Sending CONNACK to ${clientId} (${options.cleanStart === false ? this.#presentOf(clientId) : 0}, 0)`)
    return client
  }

  #present = new Set<string>()

  #presentOf(clientId: string): number {
    const isPresent = this.#present.has(clientId)
    this.#present.add(clientId)
    return isPresent ? 1 : 0
  }

  #plain(line: string): string {
    return line.replaceAll(`port ${this.port}`, 'port LPORT').replace(/127\.0\.0\.1:\d+/g, '127.0.0.1:PORT')
  }
}

class Client {
  readonly socket: Socket
  readonly version: ProtocolVersion

  constructor(socket: Socket, version: ProtocolVersion) {
    this.socket = socket
    this.version = version
  }

  send(...packets: readonly Packet[]): void {
    for (const packet of packets) this.socket.write(encodePacket(packet, this.version))
  }

  bytes(...bytes: readonly number[]): void {
    this.socket.write(Uint8Array.from(bytes))
  }

  connect(clientId: string, options: Partial<Connect> = {}): void {
    const fields = { version: this.version, bridge: false, cleanStart: true, keepAlive: 60, will: null, userName: null, password: null, properties: {} }
    this.send({ type: PacketType.Connect, clientId, ...fields, ...options })
  }

  publish(topicName: string, payload: string, options: Partial<Publish> = {}): void {
    const qos = options.qos ?? 0
    const packetId = qos === 0 ? 0 : 1
    this.send({ type: PacketType.Publish, topicName, payload: encoder.encode(payload), qos, retain: false, dup: false, packetId, properties: {}, ...options })
  }

  subscribe(...filters: readonly (readonly [string, Qos])[]): void {
    const subscriptions = filters.map(([topicFilter, qos]) => ({ topicFilter, qos, noLocal: false, retainAsPublished: false, retainHandling: 0 as const }))
    this.send({ type: PacketType.Subscribe, packetId: 1, subscriptions, properties: {} })
  }

  acknowledge(type: 4 | 5 | 6 | 7, packetId: number): void {
    this.send({ type, packetId, reasonCode: 0, properties: {} })
  }

  disconnect(reasonCode = 0): void {
    this.send({ type: PacketType.Disconnect, reasonCode, properties: {} })
  }
}

test.each([3, 4, 5] as const)('a client of protocol level %i comes and goes', async (version) => {
  const scene = await Scene.start()
  const client = await scene.client(version)
  client.connect('X', { keepAlive: 7 })
  client.disconnect()
  expect(await scene.until('disconnected.')).toEqual([
    'New connection from 127.0.0.1:PORT on port LPORT.',
    `New client connected from 127.0.0.1:PORT as X (p${version}, c1, k7).`,
    'No will message specified.',
    'Sending CONNACK to X (0, 0)',
    'Received DISCONNECT from X',
    'Client X [127.0.0.1:PORT] disconnected.',
  ])
})

test('will, user name, a session that is there; a bridge', async () => {
  const scene = await Scene.start()
  const will = { topicName: 'will/t', payload: encoder.encode('bye'), qos: 1, retain: true, properties: {} } as const
  const first = await scene.connected('X', { cleanStart: false })
  first.disconnect()
  await scene.until('disconnected.')
  const client = await scene.client()
  client.connect('X', { cleanStart: false, userName: 'alice', will })
  expect((await scene.until('(1, 0)')).slice(1)).toEqual([
    "New client connected from 127.0.0.1:PORT as X (p4, c0, k60, u'alice').",
    'Will message specified (3 bytes) (r1, q1).',
    '\twill/t',
    'Sending CONNACK to X (1, 0)',
  ])
  const bridge = await scene.client()
  bridge.connect('vm.br1', { bridge: true, cleanStart: false })
  expect((await scene.until('(0, 0)')).slice(1, 2)).toEqual(['New bridge connected from 127.0.0.1:PORT as vm.br1 (p4, c0, k60).'])
})

test('SUBSCRIBE, denied filters, UNSUBSCRIBE, PING', async () => {
  const authorizer = { ...PERMIT_ALL, maySubscribe: (_id, _user, topicFilter) => (topicFilter === 'secret' ? 'deny' : 'allow') } satisfies Authorizer
  const scene = await Scene.start({ authorizer })
  const client = await scene.connected('X')
  client.subscribe(['a/#', 1], ['secret', 2])
  client.send({ type: PacketType.Unsubscribe, packetId: 2, topicFilters: ['a/#', 'b'], properties: {} }, { type: PacketType.Pingreq })
  expect(await scene.until('Sending PINGRESP to X')).toEqual([
    'Received SUBSCRIBE from X',
    '\ta/# (QoS 1)',
    'X 1 a/#',
    '\tsecret (denied)',
    'Sending SUBACK to X',
    'Received UNSUBSCRIBE from X',
    '\ta/#',
    'X a/#',
    '\tb',
    'X b',
    'Sending UNSUBACK to X',
    'Received PINGREQ from X',
    'Sending PINGRESP to X',
  ])
  expect([scene.types.get('X 1 a/#'), scene.types.get('X b'), scene.types.get('\tb')]).toEqual(['subscribe', 'unsubscribe', 'debug'])
})

test('QoS 0, 1 and 2: to the subscriber before the acknowledgement, at QoS 2 after PUBREL', async () => {
  const scene = await Scene.start()
  const s = await scene.connected('S')
  s.subscribe(['t/#', 2])
  await scene.until('Sending SUBACK to S')
  const p = await scene.connected('P')
  p.publish('t/0', 'hello', { retain: true })
  expect(await scene.until("(d0, q0, r0, m0, 't/0', ... (5 bytes))")).toEqual([
    "Received PUBLISH from P (d0, q0, r1, m0, 't/0', ... (5 bytes))",
    "Sending PUBLISH to S (d0, q0, r0, m0, 't/0', ... (5 bytes))",
  ])
  p.publish('t/1', 'x', { qos: 1, packetId: 7 })
  expect(await scene.until('Sending PUBACK to P (m7, rc0)')).toEqual([
    "Received PUBLISH from P (d0, q1, r0, m7, 't/1', ... (1 bytes))",
    "Sending PUBLISH to S (d0, q1, r0, m1, 't/1', ... (1 bytes))",
    'Sending PUBACK to P (m7, rc0)',
  ])
  s.acknowledge(4, 1)
  expect(await scene.until('Received PUBACK from S (Mid: 1, RC:0)')).toEqual(['Received PUBACK from S (Mid: 1, RC:0)'])
  p.publish('t/2', '', { qos: 2, packetId: 8, dup: true })
  expect(await scene.until('Sending PUBREC to P (m8, rc0)')).toEqual([
    "Received PUBLISH from P (d1, q2, r0, m8, 't/2', ... (0 bytes))",
    'Sending PUBREC to P (m8, rc0)',
  ])
  p.acknowledge(6, 8)
  expect(await scene.until('Sending PUBCOMP to P (m8)')).toEqual([
    'Received PUBREL from P (Mid: 8)',
    "Sending PUBLISH to S (d0, q2, r0, m2, 't/2', ... (0 bytes))",
    'Sending PUBCOMP to P (m8)',
  ])
  s.acknowledge(5, 2)
  expect(await scene.until('Sending PUBREL to S (m2)')).toEqual(['Received PUBREC from S (Mid: 2)', 'Sending PUBREL to S (m2)'])
  s.acknowledge(7, 2)
  expect(await scene.until('RC:0)')).toEqual(['Received PUBCOMP from S (Mid: 2, RC:0)'])
})

test('5.0: nobody subscribed, denied', async () => {
  const authorizer = { ...PERMIT_ALL, mayPublish: (_id, _user, topicName) => (topicName === 'secret' ? 'deny' : 'allow') } satisfies Authorizer
  const scene = await Scene.start({ authorizer })
  const p = await scene.connected('P', { version: 5 })
  p.publish('nobody', 'x', { qos: 1 })
  expect((await scene.until('Sending PUBACK to P (m1, rc16)')).slice(0, -1)).toEqual(["Received PUBLISH from P (d0, q1, r0, m1, 'nobody', ... (1 bytes))"])
  p.publish('secret', 'x', { qos: 1, packetId: 2 })
  expect(await scene.until('rc135)')).toEqual(["Denied PUBLISH from P (d0, q1, r0, m2, 'secret', ... (1 bytes))", 'Sending PUBACK to P (m2, rc135)'])
  p.publish('secret', 'x', { qos: 0 })
  expect(await scene.until('bytes))')).toEqual(["Denied PUBLISH from P (d0, q0, r0, m0, 'secret', ... (1 bytes))"])
})

test('a packet beyond the Maximum Packet Size of a subscriber', async () => {
  const scene = await Scene.start()
  const s = await scene.connected('S', { version: 5, properties: { maximumPacketSize: 50 } })
  s.subscribe(['t', 1])
  await scene.until('Sending SUBACK to S')
  const p = await scene.connected('P')
  p.publish('t', 'x'.repeat(100), { qos: 1 })
  expect(await scene.until('Sending PUBACK to P (m1, rc0)')).toEqual([
    "Received PUBLISH from P (d0, q1, r0, m1, 't', ... (100 bytes))",
    "Dropped too large PUBLISH from S (d0, q1, r0, m0, 't', ... (100 bytes))",
    'Sending PUBACK to P (m1, rc0)',
  ])
})

test('the socket is closed without DISCONNECT, the will goes out after the line', async () => {
  const scene = await Scene.start()
  const s = await scene.connected('S')
  s.subscribe(['w', 0])
  await scene.until('Sending SUBACK to S')
  const x = await scene.connected('X', { will: { topicName: 'w', payload: encoder.encode('bye'), qos: 0, retain: false, properties: {} } })
  x.socket.destroy()
  expect(await scene.until('(3 bytes))')).toEqual([
    'Client X [127.0.0.1:PORT] disconnected: connection closed by client.',
    "Sending PUBLISH to S (d0, q0, r0, m0, 'w', ... (3 bytes))",
  ])
})

test('silence longer than one and a half Keep Alive; a session that expires', async () => {
  const scene = await Scene.start()
  await scene.connected('X', { version: 5, keepAlive: 1, cleanStart: false, properties: { sessionExpiryInterval: 1 } })
  expect(await scene.until('due to timeout.')).toEqual(['Client X [127.0.0.1:PORT] disconnected: exceeded timeout.', 'Expiring client X due to timeout.'])
  expect(scene.types.get('Expiring client X due to timeout.')).toBe('notice')
})

test.each([4, 5] as const)('another connection takes over the session of a client of level %i', async (version) => {
  const scene = await Scene.start()
  await scene.connected('X', { version })
  const second = await scene.client()
  second.connect('X')
  expect(await scene.until('Sending CONNACK to X (0, 0)')).toEqual([
    'New connection from 127.0.0.1:PORT on port LPORT.',
    ...(version === 5 ? ['Sending DISCONNECT to X (rc142)'] : []),
    'Client X [127.0.0.1:PORT] disconnected: session taken over.',
    'New client connected from 127.0.0.1:PORT as X (p4, c1, k60).',
    'No will message specified.',
    'Sending CONNACK to X (0, 0)',
  ])
})

test.each([
  [4, 5],
  [5, 135],
] as const)('a client of level %i is refused: CONNACK %i, the reason, the end', async (version, code) => {
  const reason = "no user name, and 'allow_anonymous' is false"
  const scene = await Scene.start({ authenticator: { authenticate: () => ({ reasonCode: 0x87, userName: null, reason }), begin: () => null } })
  const client = await scene.client(version)
  client.connect('X')
  expect(await scene.until('not authorised.')).toEqual([
    'New connection from 127.0.0.1:PORT on port LPORT.',
    `Sending CONNACK to X (0, ${code})`,
    "Client X refused: no user name, and 'allow_anonymous' is false.",
    'Client X [127.0.0.1:PORT] disconnected: not authorised.',
  ])
})

test('refused without a word about why; without a Client Identifier', async () => {
  const scene = await Scene.start({ authenticator: { authenticate: () => Promise.resolve({ reasonCode: 0x87, userName: null }), begin: () => null } })
  const client = await scene.client()
  client.connect('')
  expect((await scene.until('not authorised.')).slice(1)).toEqual([
    'Sending CONNACK to 127.0.0.1 (0, 5)',
    'Client 127.0.0.1 [127.0.0.1:PORT] disconnected: not authorised.',
  ])
})

test.each<[string, Partial<Limits>, Partial<Connect>, string, string]>([
  ['protocol version', { versions: [5] }, {}, "protocol version 4 is not among 'accept_protocol_versions'", 'unsupported protocol version'],
  ['Keep Alive', { maximumKeepAlive: 30 }, {}, "Keep Alive 60; 'max_keepalive' is 30", 'client identifier not valid'],
  [
    'will',
    { maximumQos: 0 },
    { will: { topicName: 'w', payload: new Uint8Array(0), qos: 1, retain: false, properties: {} } },
    "a will of QoS 1; 'max_qos' is 0",
    'using not allowed feature (QoS too high, retain not supported, or bad AUTH method)',
  ],
])('refused for its %s: the option that decides it', async (_what, limits, connect, reason, end) => {
  const scene = await Scene.start({ limits })
  const client = await scene.client()
  client.connect('X', connect)
  expect((await scene.until(`disconnected: ${end}.`)).slice(-2, -1)).toEqual([`Client X refused: ${reason}.`])
})

test('faults: the detail, DISCONNECT for 5.0, the end', async () => {
  const scene = await Scene.start()
  const x = await scene.connected('X', { version: 5 })
  x.bytes(0x36, 0x05, 0, 1, 0x74, 0, 1)
  expect(await scene.until('disconnected: malformed packet.')).toEqual([
    'Sending DISCONNECT to X (rc129)',
    'Protocol error from X: QoS 3 [MQTT-3.3.1-4].',
    'Client X [127.0.0.1:PORT] disconnected: malformed packet.',
  ])
  expect(scene.types.get('Protocol error from X: QoS 3 [MQTT-3.3.1-4].')).toBe('information')
  const y = await scene.connected('Y')
  y.bytes(0x82, 0x02, 0, 1)
  expect((await scene.until('disconnected: malformed packet.')).at(-1)).toBe('Client Y [127.0.0.1:PORT] disconnected: malformed packet.')
  const twice = await scene.connected('Z')
  twice.connect('Z')
  expect(await scene.until('disconnected: protocol error.')).toEqual([
    'Bad client 127.0.0.1:PORT sending multiple CONNECT messages.',
    'Client Z [127.0.0.1:PORT] disconnected: protocol error.',
  ])
})

test('faults before there is a name: the address', async () => {
  const scene = await Scene.start()
  const tls = await scene.client()
  tls.bytes(0x16, 0x03, 0x01, 0x02, 0x00, 0x01, 0x00, 0x01, 0xfc, 0x03, 0x03)
  expect((await scene.until('protocol error.')).slice(1)).toEqual([
    'Client from 127.0.0.1:PORT appears to be using TLS to connect to a non-TLS listener.',
    'Client 127.0.0.1 [127.0.0.1:PORT] disconnected: protocol error.',
  ])
  const ping = await scene.client()
  ping.bytes(0xc0, 0)
  expect((await scene.until('protocol error.')).slice(1)).toEqual([
    'Protocol error from 127.0.0.1:PORT: packet type 12 not allowed now [MQTT-4.13.1-1].',
    'Client 127.0.0.1 [127.0.0.1:PORT] disconnected: protocol error.',
  ])
  const future = await scene.client()
  future.bytes(0x10, 13, 0, 4, 0x4d, 0x51, 0x54, 0x54, 6, 2, 0, 60, 0, 1, 0x58)
  expect((await scene.until('protocol error.')).slice(1, 2)).toEqual(['Sending CONNACK to 127.0.0.1 (0, 132)'])
})

test('a queue that is full: once, until it has been empty', async () => {
  const scene = await Scene.start({ limits: { maximumQueuedMessages: 1, maximumInflightMessages: 1 } })
  const s = await scene.connected('S')
  s.subscribe(['t', 1])
  await scene.until('Sending SUBACK to S')
  const p = await scene.connected('P')
  const dropping = 'Outgoing messages are being dropped for client S.'
  for (let i = 1; i <= 5; i++) p.publish('t', 'x', { qos: 1, packetId: i })
  expect((await scene.until('Sending PUBACK to P (m5, rc0)')).filter((line) => line === dropping)).toHaveLength(1)
  s.acknowledge(4, 1)
  s.acknowledge(4, 2)
  await scene.until('Received PUBACK from S (Mid: 2, RC:0)')
  for (let i = 6; i <= 9; i++) p.publish('t', 'x', { qos: 1, packetId: i })
  expect((await scene.until('Sending PUBACK to P (m9, rc0)')).filter((line) => line === dropping)).toHaveLength(1)
})

test('the broker stops: 5.0 is told, nobody has a line', async () => {
  const lines: string[] = []
  const running = await startBroker({
    listeners: [{ port: 0, host: '127.0.0.1' }],
    limits: { sysInterval: 0 },
    verbose: true,
    log: { write: (_type, line) => void lines.push(line) },
  })
  const socket = connectSocket(running.port, '127.0.0.1')
  socket.on('error', () => {})
  const client = new Client(socket, 5)
  client.connect('X')
  await once(socket, 'data')
  lines.length = 0
  await running.close()
  expect(lines).toEqual(['Sending DISCONNECT to X (rc139)'])
})
