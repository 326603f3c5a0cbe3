// Faults that an administrator sets on a running broker: on connections that were open before, in mid-packet, with Topic Aliases; what is told of
// them, who may set them, and that nothing is left of them when the last one is gone.

import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { connect as connectSocket, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { connectAsync } from 'mqtt'
import { expect, onTestFinished, test } from 'vitest'
import { PacketCutter } from '../../src/faults/packet-cutter.ts'
import type { LinkFaults } from '../../src/net/link-faults.ts'
import { ConsoleTokens } from '../../src/server/admin/console-tokens.ts'
import { FaultDesk, type WantedFault } from '../../src/server/admin/fault-desk.ts'
import { type BrokerLook, type RunningBroker, startBroker } from '../../src/server/start-broker.ts'
import type { Observer } from '../../src/session/effects.ts'
import { decodePacket } from '../../src/wire/mqtt/decode.ts'
import { encodePacket } from '../../src/wire/mqtt/encode.ts'
import { type Connect, type Packet, PacketType, type ProtocolVersion, type Publish } from '../../src/wire/mqtt/packet.ts'
import { connectOf, publishOf } from '../client/scripted-server.ts'
import { startConsole } from '../support/console-broker.ts'

const NAMES = Object.fromEntries(Object.entries(PacketType).map(([name, type]) => [type, name]))
const SOON = { timeout: 4000, interval: 5 }

/** A client of bytes: says what it is told, in the pieces that it is told, and notes what comes. */
class Wire {
  readonly #socket: Socket
  readonly #version: ProtocolVersion
  readonly #cutter = new PacketCutter()
  readonly heard: Packet[] = []
  isClosed = false

  constructor(socket: Socket, version: ProtocolVersion) {
    this.#socket = socket
    this.#version = version
    socket.setNoDelay(true)
    socket.on('error', () => {})
    socket.on('close', () => {
      this.isClosed = true
    })
    socket.on('data', (bytes) => {
      for (const packet of this.#cutter.cut(bytes, 0, bytes.length)) this.heard.push(decoded(packet, version))
    })
  }

  /** Connected, and told so. */
  static async open(port: number, version: ProtocolVersion, connect: Partial<Connect> = {}): Promise<Wire> {
    const socket = connectSocket(port, '127.0.0.1')
    onTestFinished(() => void socket.destroy())
    await once(socket, 'connect')
    const wire = new Wire(socket, version)
    wire.say(connectOf(version, connect))
    await wire.next(PacketType.Connack)
    return wire
  }

  say(packet: Packet | Uint8Array): void {
    this.#socket.write(packet instanceof Uint8Array ? packet : encodePacket(packet, this.#version))
  }

  bytes(packet: Packet): Uint8Array {
    return encodePacket(packet, this.#version)
  }

  /** The next packet of a type; what came before it is forgotten. */
  async next(type: Packet['type']): Promise<Publish> {
    const at = (): number => this.heard.findIndex((packet) => packet.type === type)
    await expect.poll(at, { ...SOON, message: `${NAMES[type]}, not ${this.names()}` }).toBeGreaterThanOrEqual(0)
    return this.heard.splice(0, at() + 1).at(-1) as Publish // or what has some of its fields
  }

  /** Everything said so far has been answered, or lost. */
  async settled(): Promise<void> {
    this.say({ type: PacketType.Pingreq })
    await expect.poll(() => this.heard.some(({ type }) => type === PacketType.Pingresp), SOON).toBe(true)
    this.heard.splice(
      this.heard.findIndex(({ type }) => type === PacketType.Pingresp),
      1,
    )
  }

  names(): string {
    return this.heard.map(({ type }) => NAMES[type]).join(' ')
  }
}

function decoded(bytes: Uint8Array, version: ProtocolVersion): Packet {
  let body = 2
  while (bytes[body - 1]! >= 128) body++
  return decodePacket(bytes[0]!, bytes, body, bytes.length, version, 'server')
}

interface Lab {
  readonly broker: RunningBroker
  readonly desk: FaultDesk
  readonly lines: string[]
  /** What the links were told: `bent`, `straight`. */
  readonly bends: string[]
  set(fault: WantedFault): Promise<number>
}

async function lab(): Promise<Lab> {
  const bends: string[] = []
  const lines: string[] = []
  let desk: FaultDesk | null = null
  const look: BrokerLook = {
    followers: [],
    observer: (next: Observer) => next,
    begin: ({ running, bend }) => {
      const noted = (faults: LinkFaults | null): void => {
        const word = faults === null ? 'straight' : 'bent'
        if (bends.at(-1) !== word) bends.push(word)
        bend!(faults)
      }
      desk = new FaultDesk({ broker: running.broker, log: { write: (_, line) => void lines.push(line) }, bend: noted, wallClock: Date.now })
    },
    end: () => {},
  }
  const broker = await startBroker({ port: 0, looks: [look], limits: { topicAliasMaximum: 10 } })
  onTestFinished(() => broker.close())
  return { broker, desk: desk!, lines, bends, set: async (fault) => (await desk!.add(fault)).id }
}

const publish = (topic: string, changes: Partial<Publish> = {}): Publish => publishOf(topic, 'x', { qos: 1, packetId: 7, ...changes })

test.each([3, 4, 5] as const)('version %i: a rule acts on a connection that was open before, once, and leaves nothing behind', async (version) => {
  const { broker, desk, bends, lines, set } = await lab()
  const lamp = await Wire.open(broker.port, version, { clientId: 'lamp' })
  const other = await Wire.open(broker.port, version, { clientId: 'other' })
  lamp.say(publish('lab/t'))
  expect((await lamp.next(PacketType.Puback)).packetId).toBe(7)
  expect(bends).toEqual([])
  const id = await set({ action: 'drop', filter: 'mqtt.msgtype == 4', from: 'broker', client: 'lamp', topic: 'lab/t', times: 1, cut: false })
  expect(bends).toEqual(['bent'])
  for (const topic of ['lab/t', 'lab/u']) other.say(publish(topic))
  await other.next(PacketType.Puback)
  await other.next(PacketType.Puback)
  lamp.say(publish('lab/u', { packetId: 8 }))
  expect((await lamp.next(PacketType.Puback)).packetId).toBe(8)
  expect(desk.answer().faults).toMatchObject([{ id, hits: 0, matches: 0 }])
  lamp.say(publish('lab/t', { packetId: 9 }))
  await lamp.settled()
  expect(lamp.names()).toBe('')
  expect(bends).toEqual(['bent', 'straight'])
  const { faults, strikes } = desk.answer()
  expect(faults).toEqual([])
  expect(strikes).toMatchObject([{ fault: id, client: 'lamp', from: 'broker', type: 4, packetId: 9, topic: 'lab/t', fate: 'dropped' }])
  expect(Math.abs(strikes[0]!.time - Date.now())).toBeLessThan(5000)
  expect(lines).toEqual([`Console: Fault ${id} lost Publish Ack (id=9) to client lamp.`])
  lamp.say(publish('lab/t', { packetId: 10 }))
  expect((await lamp.next(PacketType.Puback)).packetId).toBe(10)
})

test('a packet that is half read when the rule comes is whole to the broker, and neither it nor what follows is cut wrongly', async () => {
  const { broker, desk, set } = await lab()
  const lamp = await Wire.open(broker.port, 4, { clientId: 'lamp' })
  const long = lamp.bytes(publishOf('lab/long', 'x'.repeat(3000), { qos: 1, packetId: 20 }))
  lamp.say(long.subarray(0, 1500))
  await expect.poll(() => broker.broker.counters.bytesReceived >= 1500, SOON).toBe(true)
  await set({ action: 'drop', filter: 'mqtt.msgtype == 3', from: 'client', client: 'lamp', times: 1 })
  lamp.say(long.subarray(1500, 2000))
  await arrived(broker)
  lamp.say(Buffer.concat([long.subarray(2000), lamp.bytes(publish('lab/a', { packetId: 21 })), lamp.bytes(publish('lab/b', { packetId: 22 }))]))
  await lamp.settled()
  const ids = lamp.heard.map((packet) => ('packetId' in packet ? packet.packetId : 0))
  expect(ids).toEqual([20, 22]) // the first part had gone its way before the rule: it is not struck
  expect(desk.answer().strikes).toMatchObject([{ packetId: 21 }])
})

test('a rule that goes while half a packet waits lets that half go on', async () => {
  const { broker, desk, bends, set } = await lab()
  const lamp = await Wire.open(broker.port, 4, { clientId: 'lamp' })
  const id = await set({ action: 'drop', filter: 'mqtt.topic == "never"' })
  const long = lamp.bytes(publishOf('lab/long', 'x'.repeat(3000), { qos: 1, packetId: 20 }))
  lamp.say(long.subarray(0, 1500))
  await arrived(broker)
  desk.remove(id)
  await expect.poll(() => bends.at(-1), SOON).toBe('straight')
  lamp.say(long.subarray(1500))
  expect((await lamp.next(PacketType.Puback)).packetId).toBe(20)
})

test('5.0: Topic Aliases set before the rule, by either side, stand for their names', async () => {
  const { broker, desk, set } = await lab()
  const lamp = await Wire.open(broker.port, 5, { clientId: 'lamp' })
  const reader = await Wire.open(broker.port, 5, { clientId: 'reader', properties: { topicAliasMaximum: 5 } })
  const subscription = { topicFilter: 'lab/#', qos: 1, noLocal: false, retainAsPublished: false, retainHandling: 0 } as const
  reader.say({ type: PacketType.Subscribe, packetId: 1, subscriptions: [subscription], properties: {} })
  await reader.next(PacketType.Suback)
  const aliased = (topicName: string, packetId: number): Publish => publish(topicName, { packetId, properties: { topicAlias: 3 } })
  lamp.say(aliased('lab/alias', 1))
  await lamp.next(PacketType.Puback)
  const told = await reader.next(PacketType.Publish)
  expect([told.topicName, told.properties.topicAlias]).toEqual(['lab/alias', 1])
  reader.say({ type: PacketType.Puback, packetId: told.packetId, reasonCode: 0, properties: {} })
  await reader.settled()
  await set({ action: 'drop', filter: 'mqtt.msgtype == 3', from: 'broker', client: 'reader', topic: 'lab/alias', times: 1 })
  await set({ action: 'drop', filter: 'mqtt.msgtype == 4', from: 'broker', client: 'lamp', topic: 'lab/alias', times: 1, cut: false })
  lamp.say(publish('lab/else', { packetId: 2 }))
  await lamp.next(PacketType.Puback)
  expect((await reader.next(PacketType.Publish)).topicName).toBe('lab/else')
  lamp.say(aliased('', 3))
  await lamp.settled()
  await reader.settled()
  expect([lamp.names(), reader.names()]).toEqual(['', ''])
  expect(
    desk
      .answer()
      .strikes.map(({ client, type, topic }) => `${client} ${NAMES[type]} ${topic}`)
      .sort(),
  ).toEqual(['lamp Puback lab/alias', 'reader Publish lab/alias'])
})

test('an acknowledgement takes its connection along unless it is told not to; the client repeats with DUP', async () => {
  const { broker, set } = await lab()
  const lamp = await Wire.open(broker.port, 4, { clientId: 'lamp', cleanStart: false })
  await set({ action: 'drop', filter: 'mqtt.msgtype == 4', from: 'broker', client: 'lamp', times: 1 })
  lamp.say(publish('lab/t'))
  await expect.poll(() => lamp.isClosed, SOON).toBe(true)
  expect(lamp.names()).toBe('')
  const again = await Wire.open(broker.port, 4, { clientId: 'lamp', cleanStart: false })
  again.say(publish('lab/t', { dup: true }))
  expect((await again.next(PacketType.Puback)).packetId).toBe(7)
})

test('delays hold up what follows, also when their rule is gone; links go straight when all has passed', async () => {
  const { broker, bends, set } = await lab()
  const lamp = await Wire.open(broker.port, 4, { clientId: 'lamp' })
  await set({ action: 'delay', filter: 'mqtt.msgtype == 4', from: 'broker', client: 'lamp', times: 1, ms: 80 })
  lamp.say(publish('lab/t', { packetId: 1 }))
  lamp.say(publish('lab/t', { packetId: 2 }))
  expect((await lamp.next(PacketType.Puback)).packetId).toBe(1)
  expect((await lamp.next(PacketType.Puback)).packetId).toBe(2)
  await expect.poll(() => bends, SOON).toEqual(['bent', 'straight'])
})

test('silence that strikes once lasts until its connection ends, or until it is removed', async () => {
  const { broker, desk, bends, set } = await lab()
  const lamp = await Wire.open(broker.port, 4, { clientId: 'lamp' })
  const id = await set({ action: 'silence', filter: 'mqtt.msgtype == 3', client: 'lamp', times: 1 })
  lamp.say(publish('lab/t', { packetId: 1 }))
  await expect.poll(() => desk.answer().strikes.length, SOON).toBe(1)
  lamp.say({ type: PacketType.Pingreq })
  const other = await Wire.open(broker.port, 4, { clientId: 'other' })
  await other.settled()
  expect([lamp.names(), desk.answer().faults.length, bends.at(-1)]).toEqual(['', 1, 'bent'])
  desk.remove(id)
  await lamp.settled()
  expect([lamp.names(), bends.at(-1)]).toEqual(['', 'straight'])
})

test('the API: set, told, struck, removed, each with its line in the log', async () => {
  const console = await startConsole()
  const wire = await Wire.open(console.running.port, 4, { clientId: 'lamp' })
  const wanted = { action: 'drop', filter: 'mqtt.msgtype == 4', from: 'broker', client: 'lamp', topic: 'lab/t', times: 1 }
  const set = await console.post('/admin/v1/faults', wanted)
  expect([set.status, set.json]).toEqual([
    200,
    expect.objectContaining({ id: 1, words: 'Loses the next PUBACK to client lamp about lab/t and breaks the connection.', hits: 0, cut: null }),
  ])
  expect((await console.get('/admin/v1/faults')).json.faults).toEqual([set.json])
  wire.say(publish('lab/t'))
  await expect.poll(() => wire.isClosed, SOON).toBe(true)
  expect((await console.get('/admin/v1/faults')).json).toMatchObject({ faults: [], strikes: [{ number: 1, fault: 1, type: 4, packetId: 7 }], unbentClients: 0 })
  const second = await console.post('/admin/v1/faults', { action: 'delay', ms: 5, client: 'la\u001bmp' })
  expect(second.json.words).toBe('Holds up every packet of client la\u001bmp for 5 ms.')
  expect((await console.post('/admin/v1/faults/remove', { id: 2 })).json).toMatchObject({ done: true })
  expect((await console.post('/admin/v1/faults/remove', { id: 2 })).status).toBe(404)
  expect((await console.post('/admin/v1/faults/clear', {})).json).toEqual({ done: false, message: 'There was no fault.' })
  expect(console.lines.filter((line) => line.includes('ault'))).toEqual([
    'notice: Console: a program of this machine set fault 1: Loses the next PUBACK to client lamp about lab/t and breaks the connection.',
    'notice: Console: Fault 1 lost Publish Ack (id=7) to client lamp.',
    'notice: Console: a program of this machine set fault 2: Holds up every packet of client la\\x1bmp for 5 ms.',
    'notice: Console: a program of this machine removed fault 2.',
    'notice: Console: a program of this machine removed all faults.',
  ])
})

test.each([
  ['tcp', 0],
  ['ws', 1],
] as const)('a connection over %s that was open before loses its PUBACK', async (transport, listener) => {
  const console = await startConsole()
  const url = `${transport === 'ws' ? 'ws' : 'mqtt'}://127.0.0.1:${console.running.ports[listener]}/mqtt`
  const lamp = await connectAsync(url, { clientId: 'lamp', clean: false, reconnectPeriod: 20 })
  onTestFinished(() => void lamp.end(true))
  await lamp.publishAsync('lab/t', 'one', { qos: 1 })
  await console.post('/admin/v1/faults', { action: 'drop', filter: 'mqtt.msgtype == 4', client: 'lamp', from: 'broker', times: 1 })
  let connections = 0
  lamp.on('connect', () => connections++)
  await lamp.publishAsync('lab/t', 'two', { qos: 1 })
  expect(connections).toBe(1)
  expect((await console.get('/admin/v1/faults')).json).toMatchObject({ faults: [], strikes: [{ client: 'lamp', topic: 'lab/t', isLost: true }] })
})

test.each([
  [{ action: 'drop', filter: 'mqtt.mgstype == 4' }, /mgstype/],
  [{ action: 'drop', topic: 'a/#/b' }, /not a valid Topic Filter/],
  [{ action: 'drop', ms: 5 }, /ms goes with delay, not with drop/],
  [{ action: 'delay' }, /needs ms/],
  [{ action: 'delay', ms: 700_000 }, /ms/],
  [{ action: 'change' }, /action/],
  [{ action: 'drop', times: 0 }, /times/],
  [{ action: 'drop', whatever: 1 }, /whatever/],
])('the API refuses %j', async (wanted, sentence) => {
  const console = await startConsole()
  const reply = await console.post('/admin/v1/faults', wanted)
  expect([reply.status, reply.json.error]).toEqual([400, expect.stringMatching(sentence)])
  expect((await console.get('/admin/v1/faults')).json.faults).toEqual([])
})

test('64 faults at most; clear takes all of them', async () => {
  const console = await startConsole()
  for (let i = 0; i < 64; i++) expect((await console.post('/admin/v1/faults', { action: 'drop', client: 'nobody' })).status).toBe(200)
  const reply = await console.post('/admin/v1/faults', { action: 'drop', client: 'nobody' })
  expect([reply.status, reply.json.error]).toEqual([400, '64 faults are in force: remove one first.'])
  expect((await console.post('/admin/v1/faults/clear', {})).json.done).toBe(true)
  expect((await console.get('/admin/v1/faults')).json.faults).toEqual([])
})

/** What was said before has arrived: sockets of this machine are through when others, opened later, have been answered. */
async function arrived(broker: RunningBroker): Promise<void> {
  for (let i = 0; i < 3; i++) await (await Wire.open(broker.port, 4, { clientId: `later${i}` })).settled()
}

test.each([
  [{ action: 'drop', filter: 'mqtt.msgtype == 3 && mqtt.qos == 2', from: 'client', times: 3 }, 'Loses the next 3 PUBLISH with QoS 2 from clients.'],
  [{ action: 'drop', filter: 'mqtt', client: 'a', cut: false }, 'Loses every packet with mqtt of client a and keeps the connection.'],
  [{ action: 'delay', ms: 20, jitterMs: 5, every: 4 }, 'Holds up one in 4 packets for 20 ms and up to 5 more.'],
  [{ action: 'duplicate', copies: 2, nth: 3, topic: 'a/#' }, 'Sends only number 3 of the packets about a/# 3 times.'],
  [{ action: 'cut', at: 'middle', filter: 'mqtt.msgtype == 2', from: 'broker' }, 'Breaks the connection in the middle of every CONNACK to clients.'],
  [{ action: 'silence', client: 'a', times: 1 }, 'Lets nothing pass in either direction from the next packet of client a on.'],
] as const)('%j in words', async (wanted, words) => {
  const { broker, desk } = await lab()
  await broker.close()
  expect((await desk.add(wanted)).words).toBe(words)
})

test('roles: viewers see nothing of it, operators look, administrators set', async () => {
  const path = join(mkdtempSync(join(tmpdir(), 'zanzara-faults-')), 'tokens')
  onTestFinished(() => rmSync(dirname(path), { recursive: true }))
  const token = (role: string): string => `${role}-token-of-this-test`
  writeFileSync(path, ['viewer', 'operator', 'admin'].map((role) => `${role} ${token(role)}\n`).join(''), { mode: 0o600 })
  const console = await startConsole({ tokens: ConsoleTokens.at(path), trustsThisMachine: () => false })
  const as = (role: string): Record<string, string> => ({ Authorization: `Bearer ${token(role)}` })
  const asked = async (role: string): Promise<number[]> => [
    (await console.get('/admin/v1/faults', as(role))).status,
    (await console.post('/admin/v1/faults', { action: 'drop', client: 'x' }, as(role))).status,
    (await console.post('/admin/v1/faults/remove', { id: 1 }, as(role))).status,
    (await console.post('/admin/v1/faults/clear', {}, as(role))).status,
  ]
  expect([await asked('viewer'), await asked('operator'), await asked('admin')]).toEqual([
    [403, 403, 403, 403],
    [200, 403, 403, 403],
    [200, 200, 200, 200],
  ])
  expect(console.lines.join('\n')).toMatch(/Console: .*admin.* set fault 1: Loses every packet of client x; with an acknowledgement breaks the connection\./)
})
