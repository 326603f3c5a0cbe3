// What the packets of one exchange have to do with each other: a PUBACK that is lost, the repeat, the second delivery; QoS 2 with its four packets.

import { expect, test } from 'vitest'
import { PacketType, type Publish, type Qos } from '../../src/wire/mqtt/packet.ts'
import { LabCapture, publish } from '../support/lab-capture.ts'
import { lostPuback } from './support/lost-puback.ts'
import { storeOf } from './support/packet-stores.ts'

const store = storeOf(lostPuback())
const mqtt = store.rows(0, 1e9, 'relative').filter(({ protocol }) => protocol === 'MQTT')
const numberOf = (info: RegExp, nth = 0): number => mqtt.filter((row) => info.test(row.info))[nth]!.number
const tagOf = (number: number): string | null => mqtt.find((row) => row.number === number)?.tag?.kind ?? null

const [first, again] = [numberOf(/^Publish Message \(id=7\)/), numberOf(/^Publish Message \(id=7\)/, 1)]
const [lost, answer] = [numberOf(/^Publish Ack \(id=7\)/), numberOf(/^Publish Ack \(id=7\)/, 1)]
const second = numberOf(/^Publish Message \(id=32\)/)

test('each packet has the one tag that matters', () => {
  expect([first, lost, again, answer, second, numberOf(/\(id=31\)/)].map(tagOf)).toEqual([null, 'lost', 'dup', null, 'second', null])
})

test('a packet names its answer and the time to it; an answer what it answers', () => {
  expect(store.detail(first)!.related).toMatchObject({ kind: 'answered', frame: lost })
  expect(store.detail(again)!.related).toMatchObject({ kind: 'answered', frame: answer, ms: expect.closeTo(0.9, 6) })
  expect(store.detail(answer)!.related).toMatchObject({ kind: 'answers', frame: again, ms: expect.closeTo(0.9, 6) })
  const release = numberOf(/^Publish Release/)
  expect(store.detail(release)!.related).toMatchObject({ frame: expect.any(Number) })
})

test('the exchange goes on over the reconnect of its session', () => {
  expect(store.detail(answer)!.exchange.map(({ frame }) => frame)).toEqual([first, lost, again, answer])
  expect(store.detail(numberOf(/^Connect Command/))!.exchange.map(({ frame }) => frame)).toEqual([numberOf(/^Connect Command/), numberOf(/^Connect Ack/)])
})

test('the life of the message holds both tries, both deliveries and the reconnect between, whichever packet of it is asked for', () => {
  const lives = [first, lost, again, answer, second].map((number) => store.life(number)!)
  for (const life of lives) expect(life.messages.map(({ frame }) => frame)).toEqual(lives[0]!.messages.map(({ frame }) => frame))
  const { messages, connections } = lives[0]!
  expect(messages.map(({ type, connection }) => `${connections[connection]!.clientId} ${type}`)).toEqual([
    'esp32-5.03 3',
    'dashboard 3',
    'dashboard 4',
    'esp32-5.03 4',
    'esp32-5.03 1',
    'esp32-5.03 2',
    'esp32-5.03 3',
    'dashboard 3',
    'esp32-5.03 4',
    'dashboard 4',
  ])
  expect(messages.map(({ fate }) => fate)).toEqual([null, null, null, 'lost', null, null, null, null, null, null])
})

test('a message that was recorded elsewhere is found again: same topic, size and way, nearest in time', () => {
  const timeOf = (number: number): number => Number(store.rows(0, 1e9, 'epoch').find((row) => row.number === number)!.time) * 1000
  const sought = { topic: 'building5/floor0/room5.03/temperature', size: 10, fromClient: false }
  const [one, two] = [numberOf(/\(id=31\)/), numberOf(/^Publish Message \(id=32\)/)]
  expect(store.find({ ...sought, time: timeOf(one) + 900 })).toBe(one)
  expect(store.find({ ...sought, time: timeOf(two) - 900 })).toBe(two)
  expect(store.find({ ...sought, time: timeOf(first), fromClient: true })).toBe(first)
  expect(store.find({ ...sought, time: timeOf(two), topic: 'other' })).toBe(0)
  expect(store.find({ ...sought, time: timeOf(two), size: 11 })).toBe(0)
  expect(store.find({ ...sought, time: timeOf(two) + 60_000 })).toBe(0)
})

test('a packet that carries no message has no life', () => {
  expect(store.life(1)).toBeNull()
  expect(store.life(numberOf(/^Subscribe Request/))).toBeNull()
})

/** Two PUBLISH of one client; `answers` says what comes back. */
function twoPublishes(qos: Qos, answers: readonly number[], isClosed: boolean): { readonly tags: (string | null)[]; readonly fates: (string | null)[] } {
  const lab = new LabCapture()
  const client = lab.client('10.0.5.23', 40_000, 4)
  client.connects('one')
  client.says(publish('a', '1', qos, qos === 0 ? 0 : 1)).says(publish('a', '2', qos, qos === 0 ? 0 : 2))
  for (const packetId of answers) client.hears({ type: qos === 1 ? 4 : 5, packetId, reasonCode: 0, properties: {} })
  if (isClosed) client.closes()
  const read = storeOf(new Uint8Array(lab.file))
  const rows = read.rows(0, 1e9, 'relative').filter(({ info }) => info.startsWith('Publish Message'))
  return {
    tags: rows.map(({ tag }) => (tag === null ? null : `${tag.kind} ${tag.text}`)),
    fates: read
      .ladder(0, 100)
      .messages.filter(({ type }) => type === PacketType.Publish)
      .map(({ fate }) => fate),
  }
}

test('a PUBLISH that is never answered is marked with what it lacks; one that is answered is not', () => {
  expect(twoPublishes(1, [1], true)).toEqual({ tags: [null, 'unanswered PUBACK'], fates: [null, 'unanswered'] })
  expect(twoPublishes(1, [2, 1], false)).toEqual({ tags: [null, null], fates: [null, null] })
  expect(twoPublishes(2, [1], true)).toEqual({ tags: ['unanswered PUBREL', 'unanswered PUBREC'], fates: [null, 'unanswered'] })
  expect(twoPublishes(0, [], true)).toEqual({ tags: [null, null], fates: [null, null] })
})

test('an error that the standard forbids outweighs other tags', () => {
  const lab = new LabCapture()
  const client = lab.client('10.0.5.23', 40_000, 4)
  client.connects('one')
  const repeat: Publish = publish('a', '1', 1, 1)
  client.says(repeat).says(repeat)
  const tagged = storeOf(new Uint8Array(lab.file))
    .rows(0, 1e9, 'relative')
    .filter(({ tag }) => tag?.kind === 'error')
  expect(tagged.map(({ tag }) => tag!.text)).toEqual([expect.stringContaining('without DUP')])
})

test('a filter by topic keeps the acknowledgements of what passes in the ladder, and nothing is called lost for being hidden', () => {
  const filtered = storeOf(lostPuback(), { filter: 'mqtt.topic contains "room5.03"' })
  const { messages } = filtered.ladder(0, 100)
  expect(messages.map(({ type }) => type)).toEqual([3, 3, 4, 4, 3, 3, 4, 4, 3, 5, 6, 7, 3, 4])
  expect(messages.filter(({ fate }) => fate === 'unanswered')).toEqual([])
})

test('a part of a long ladder stands around the packet that is asked for, and says where it stands', () => {
  const lab = new LabCapture()
  const client = lab.client('10.0.5.23', 40_000, 4)
  client.connects('one')
  for (let n = 0; n < 300; n++) client.says(publish('a', `${n}`))
  const long = storeOf(new Uint8Array(lab.file))
  const middle = long.rows(0, 1e9, 'relative').find(({ info }) => info.includes('Publish'))!.number + 150
  const around = long.ladder(middle, 40)
  expect(around.total).toBe(302)
  expect(around.messages).toHaveLength(40)
  expect(around.messages.findIndex(({ frame }) => frame === middle)).toBe(20)
  expect(around.before).toBe(long.ladder(0, 302).messages.findIndex(({ frame }) => frame === middle) - 20)
  expect(long.ladder(1, 40).before).toBe(0)
  expect(long.ladder(0, 40)).toMatchObject({ before: 262, total: 302 })
})
