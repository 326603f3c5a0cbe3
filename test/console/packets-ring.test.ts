// The ring of a live stream: the oldest packets go and are counted, those that stay are told as if nothing were missing, and memory is given back.

import { expect, test } from 'vitest'
import { MqttConnection } from '../../src/analyse/mqtt/connection.ts'
import type { MqttMessage } from '../../src/analyse/mqtt/message.ts'
import { MessageLog } from '../../src/console/worker/packets/message-log.ts'
import { PacketStore } from '../../src/console/worker/packets/packet-store.ts'
import { TextTable } from '../../src/console/worker/packets/text-table.ts'
import type { Packet } from '../../src/wire/mqtt/packet.ts'
import { LabCapture, publish } from '../support/lab-capture.ts'
import { numbersOf, storeOf, work } from './support/packet-stores.ts'

const puback = (packetId: number) => ({ type: 4, packetId, reasonCode: 0, properties: {} }) as const

/** One client that publishes with QoS 1 and gets its answers, another that connects and leaves again and again. */
function longStream(messages: number): Uint8Array {
  const lab = new LabCapture()
  const steady = lab.client('10.0.5.23', 40_000, 4)
  steady.connects('steady')
  for (let n = 0; n < messages; n++) {
    const packetId = (n % 60_000) + 1
    steady.says(publish(`site/room${n % 40}/temperature`, `{"t":${n}}`, 1, packetId)).hears(puback(packetId), 0.5)
    if (n % 50 !== 0) continue
    const guest = lab.client('10.0.9.9', 41_000 + (n % 20_000), 4)
    guest.connects(`guest-${n}`)
    guest.closes()
  }
  return new Uint8Array(lab.file)
}

const STREAM = longStream(6000)
const BUDGET = 400_000
const whole = storeOf(STREAM)
const ring = storeOf(STREAM, { budget: BUDGET, piece: 65_536 })
const first = ring.first

test('what the ring keeps stays within its budget, and what it dropped is counted', () => {
  const state = ring.state()
  expect(state.total).toBe(whole.last)
  expect(state.dropped).toBeGreaterThan(5000)
  expect(state.kept).toBe(state.total - state.dropped)
  expect(ring.bytes).toBeLessThan(BUDGET + 200_000)
  expect(numbersOf(ring)).toEqual(Array.from({ length: state.kept }, (_, i) => first + i))
})

test('the rows and trees of the packets that stay are those of a whole reading', () => {
  expect(ring.rows(0, 1e9, 'relative')).toEqual(whole.rows(first - 1, 1e9, 'relative'))
  for (const number of [first + 8, first + 9, first + 300, ring.last - 1, ring.last]) {
    const [kept, all] = [ring.detail(number)!, whole.detail(number)!]
    expect(kept.lines.map(({ text }) => text)).toEqual(all.lines.map(({ text }) => text))
    expect(kept.related).toEqual(all.related)
  }
  expect(ring.detail(first - 1)).toBeNull()
  const edge = ring.detail(first)!.lines.map(({ text }) => text)
  expect(edge).toContain('[Client Identifier of the connection: steady]')
  expect(edge.filter((text) => text.startsWith('[Note: '))).toEqual([])
})

test.each(['zz.client_id == "steady" && mqtt.msgtype == 3', 'mqtt.topic contains "room7/"', 'tcp.flags.syn == 1'])(
  '%s finds the same packets among those that stay, set before they came or after',
  (filter) => {
    const expected = numbersOf(storeOf(STREAM, { filter })).filter((number) => number >= first)
    expect(expected.length).toBeGreaterThan(10)
    expect(numbersOf(storeOf(STREAM, { filter, budget: BUDGET, piece: 65_536 }))).toEqual(expected)
    ring.setFilter(filter)
    work(ring)
    expect(numbersOf(ring)).toEqual(expected)
    expect(ring.rowOf(expected[3]!)).toBe(3)
    expect(ring.rowOf(first - 1)).toBe(-1)
    ring.setFilter('')
  },
)

test('a ladder of the ring tells of the packets that stay, and of their connections alone', () => {
  const { messages, connections, total } = ring.ladder(0, 100)
  expect(messages).toHaveLength(100)
  expect(total).toBeGreaterThan(1000)
  expect(messages.at(-1)!.frame).toBe(ring.last)
  expect(messages.every(({ frame }) => frame >= first)).toBe(true)
  expect(new Set(messages.map(({ connection }) => connection)).size).toBe(connections.length)
  expect(connections.some(({ clientId }) => clientId === 'steady')).toBe(true)
  const shifted = whole.ladder(0, 100)
  expect(messages.map(({ frame, type, text }) => [frame, type, text])).toEqual(shifted.messages.map(({ frame, type, text }) => [frame, type, text]))
})

test('the life of a message whose packets stay is whole; of one whose beginning is gone only what stays is told', () => {
  const acknowledgement = ring.rows(0, 1e9, 'relative').find(({ info }) => info.startsWith('Publish Ack'))!
  expect(ring.life(ring.last)!.messages.map(({ type }) => type)).toEqual([3, 4])
  const beginning = ring.life(acknowledgement.number)
  expect(beginning?.messages.length ?? 0).toBeLessThanOrEqual(2)
})

test('a store that is cleared begins anew, with its filter', () => {
  const store = storeOf(longStream(100), { filter: 'mqtt.msgtype == 3' })
  expect(store.passing).toBe(100)
  store.clear()
  expect(store.state()).toMatchObject({ total: 0, passing: 0, filter: 'mqtt.msgtype == 3', problem: null })
  store.push(longStream(30))
  store.end()
  work(store)
  expect([store.last > 60, store.passing]).toEqual([true, 30])
})

test('pieces of any size give the same packets', () => {
  const bytes = longStream(40)
  for (const piece of [1, 7, 64, 1000]) {
    const store = new PacketStore({ budget: Number.POSITIVE_INFINITY })
    for (let at = 0; at < bytes.length; at += piece) {
      store.push(bytes.slice(at, at + piece))
      store.step(() => true)
    }
    store.end()
    work(store)
    expect(store.rows(0, 1e9, 'utc')).toEqual(storeOf(bytes).rows(0, 1e9, 'utc'))
  }
})

test('a log of which the most is gone still tells the same of the rest: texts, exchanges, connections', () => {
  const log = new MessageLog()
  const connection = new MqttConnection(0, '10.0.5.23:40000', '10.0.0.1:1883', { frame: 1, time: 0 }, true)
  const told = (frame: number, fromClient: boolean, packet: Packet, topicName: string | null): MqttMessage => ({
    frame,
    time: frame,
    connection,
    fromClient,
    type: packet.type,
    size: 10,
    packet,
    error: null,
    isAsked: true,
    topicName,
  })
  const topicOf = (n: number): string => `device/${n}/state`
  const count = 80_000
  for (let n = 1; n <= count; n++) {
    const packetId = (n % 60_000) + 1
    log.message(told(2 * n, true, publish(topicOf(n), 'on', 1, packetId), topicOf(n)))
    log.message(told(2 * n + 1, false, puback(packetId), null))
    if (n % 2000 !== 0) continue
    log.dropBefore(2 * (n - 1000))
    for (const age of [1000, 500, 0]) expect(log.get(log.at(2 * (n - age)))).toMatchObject({ frame: 2 * (n - age), text: topicOf(n - age) })
  }
  expect(log.bytes).toBeLessThan(4_000_000)
  const oldest = log.get(log.first)!
  expect([oldest.frame, log.get(log.first - 1)]).toEqual([2 * (count - 1000), null])
  for (let n = count - 1000; n <= count; n += 37) {
    const id = log.at(2 * n)
    expect(log.exchange(id).map(({ frame, text }) => [frame, text])).toEqual([
      [2 * n, topicOf(n)],
      [2 * n + 1, ''],
    ])
    expect(log.isDone(id)).toBe(true)
  }
  connection.end = { frame: 2 * count + 2, time: 0, how: 'closed' }
  log.ended(connection)
  log.dropBefore(2 * count + 3)
  expect(log.connections).toMatchObject([{ stream: -1, client: '' }])
  // another packet of the same connection begins it anew
  log.message(told(2 * count + 4, true, publish('late', 'x'), 'late'))
  expect(log.connections[log.get(log.first)!.connection]).toMatchObject({ stream: 0, client: '10.0.5.23:40000' })
})

test('texts that nobody uses any more go; those that stay keep their text under a new number', () => {
  const table = new TextTable()
  const numbers = ['a', 'b', 'c', 'd'].map((text) => table.number(text))
  const renumbered = table.keep((mark) => {
    mark(numbers[1]!)
    mark(numbers[3]!)
  })
  expect(table.size).toBe(2)
  expect([renumbered[numbers[1]!], renumbered[numbers[3]!]].map((number) => table.text(number!))).toEqual(['b', 'd'])
  expect(table.text(table.number('a'))).toBe('a')
  expect(table.text(table.number('e', 3))).toBe('…')
  expect(table.text(table.number('b', 3))).toBe('b')
})
