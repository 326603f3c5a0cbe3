// Rules made of packets of a ladder, and the packets that such rules have lost: which are marked, and what the ladder then says of them.

import { expect, test } from 'vitest'
import { barsOf } from '../../src/console/views/ladder/ladder-bars.ts'
import { FAULT_WORDS } from '../../src/console/views/ladder/ladder-fault-words.ts'
import { isAnswer, type LossPlace, lossObstacle, lossRule, nextPacketOf, nextPacketOfRule, withLosses } from '../../src/console/views/ladder/ladder-faults.ts'
import { verdictOf } from '../../src/console/views/ladder/ladder-life.ts'
import { type LadderModel, ladderModel } from '../../src/console/views/ladder/ladder-model.ts'
import { stateAt } from '../../src/console/views/ladder/ladder-state.ts'
import type { LadderMessage, LadderSlice } from '../../src/console/worker/packets/packet-calls.ts'
import type { FaultRow, FaultStrike } from '../../src/server/admin/api-types.ts'
import { LabCapture, publish } from '../support/lab-capture.ts'
import { storeOf } from './support/packet-stores.ts'

/** A lamp that publishes with QoS 1 and gets its PUBACK, and later with QoS 0. */
function slice(): LadderSlice {
  const lab = new LabCapture()
  const lamp = lab.client('10.0.5.1', 40_000, 4)
  lamp.connects('lamp')
  lamp.says(publish('lab/lamp', 'on', 1, 7))
  lamp.hears({ type: 4, packetId: 7, reasonCode: 0, properties: {} })
  lamp.says(publish('lab/lamp', 'dim'))
  return storeOf(new Uint8Array(lab.file)).ladder(0, 100)
}

const given = slice()
const of = (type: number, nth = 0): LadderMessage => given.messages.filter((message) => message.type === type)[nth]!
const connection = given.connections[0]!
const admin: LossPlace = { isFile: false, admin: '/admin/v1', role: 'admin' }

const strikeOn = (message: LadderMessage, changes: Partial<FaultStrike> = {}): FaultStrike => ({
  number: 1,
  fault: 1,
  time: given.origin + message.time * 1000 + 3,
  client: 'lamp',
  from: message.fromClient ? 'client' : 'broker',
  type: message.type,
  packetId: message.packetId,
  topic: 'lab/lamp',
  info: '',
  fate: 'dropped',
  isLost: true,
  ...changes,
})

const drawn = (strikes: readonly FaultStrike[]): LadderModel => ladderModel(withLosses(given, strikes))

test('a rule names what its packet was: type, side, client, topic, QoS; an acknowledgement the topic that it answers', () => {
  const puback = nextPacketOf(of(4), connection, given)
  expect(lossRule(puback, true)).toEqual({
    action: 'drop',
    filter: 'mqtt.msgtype == 4',
    from: 'broker',
    client: 'lamp',
    topic: 'lab/lamp',
    times: 1,
    cut: true,
  })
  expect(lossRule(nextPacketOf(of(3), connection, given), false)).toMatchObject({ filter: 'mqtt.msgtype == 3 && mqtt.qos == 1', from: 'client', cut: false })
  expect(lossRule(nextPacketOf(of(1), connection, given), false)).not.toHaveProperty('topic')
  expect(lossRule(nextPacketOf(of(4), connection), true)).not.toHaveProperty('topic') // the PUBLISH is not known any more
  expect([of(4), of(3), of(2)].map(isAnswer)).toEqual([true, false, false])
})

test('what the broker tells of such a rule is said in the same words; of others the broker has its own', () => {
  const row = (rule: object): FaultRow =>
    ({ id: 1, words: '', setAt: 0, hits: 0, matches: 0, nth: null, every: null, topic: null, ...rule }) as unknown as FaultRow
  for (const message of [of(3), of(4), of(3, 1)]) {
    const packet = nextPacketOf(message, connection, given)
    expect(nextPacketOfRule(row(lossRule(packet, true)))).toEqual(packet)
  }
  const rule = lossRule(nextPacketOf(of(4), connection, given), true)
  for (const change of [{ times: 2 }, { action: 'delay' }, { filter: 'mqtt' }, { filter: 'mqtt.msgtype == 99' }, { nth: 3 }, { client: null }, { from: null }])
    expect([change, nextPacketOfRule(row({ ...rule, ...change }))]).toEqual([change, null])
})

test('where nothing can be lost, the reason is known', () => {
  const why = (place: Partial<LossPlace>, message: LadderMessage | null = of(4), clientId = 'lamp'): string | null =>
    lossObstacle({ ...admin, ...place }, message, { ...connection, clientId })
  expect(why({})).toBe(null)
  expect(why({ isFile: true })).toBe('capture-file')
  expect(why({ admin: null })).toBe('foreign-broker')
  expect([why({ role: 'viewer' }), why({ role: 'operator' }), why({ role: null })]).toEqual(['role', 'role', 'role'])
  expect(why({}, null)).toBe('nothing-chosen')
  expect(why({}, { ...of(4), isBroken: true })).toBe('unreadable')
  expect(why({}, of(4), '')).toBe('unknown-client')
})

test('the packet that a rule has lost is the nearest of its kind, and each strike has its own', () => {
  const lost = (strikes: FaultStrike[]): number[] =>
    withLosses(given, strikes)
      .messages.filter(({ fate }) => fate === 'lost')
      .map(({ id }) => id)
  expect(lost([strikeOn(of(4))])).toEqual([of(4).id])
  expect(lost([strikeOn(of(3, 1))])).toEqual([of(3, 1).id])
  for (const change of [{ isLost: false }, { client: 'other' }, { packetId: 8 }, { from: 'client' }, { time: given.origin + 60_000 }, { type: 5 }] as const)
    expect([change, lost([strikeOn(of(4), change)])]).toEqual([change, []])
  expect(withLosses(given, [])).toBe(given)
})

test('a lost PUBACK that nobody repeats: the sender waits, and the sentence says so', () => {
  const model = drawn([strikeOn(of(4))])
  const at = model.steps.findIndex(({ message }) => message.type === 4)
  expect(model.steps[at]).toMatchObject({ isLost: true, isUnanswered: false })
  expect(verdictOf(model)).toMatchObject({ kind: 'unanswered', who: 'broker', packetId: 7, lacks: 'PUBACK' })
  expect(stateAt(model, at).find(({ end }) => end === 'client-sends')!.waiting).toEqual([{ packetId: 7, for: 'PUBACK' }])
  expect(barsOf(model).filter(({ kind }) => kind === 'waiting')).toMatchObject([{ to: model.rows - 1 }])
  expect(verdictOf(drawn([]))).toMatchObject({ kind: 'acknowledged' })
})

test('a lost PUBLISH reaches nobody: no bar of its receiver, no answer', () => {
  const model = drawn([strikeOn(of(3))])
  const step = model.steps.find(({ message }) => message.id === of(3).id)!
  expect(step).toMatchObject({ isLost: true, isUnanswered: true })
  expect(barsOf(model).some(({ lane, group, kind }) => lane === step.to && group === step.group && kind === 'flight')).toBe(false)
})

test('words of both languages', () => {
  const packet = nextPacketOf(of(4), connection, given)
  const said = (language: 'en' | 'it'): string => FAULT_WORDS[language].isLost(FAULT_WORDS[language].rule(packet), true)
  expect(said('en')).toBe('The next PUBACK to lamp about lab/lamp is lost, and the connection breaks.')
  expect(said('it')).toBe('Il prossimo PUBACK verso lamp su lab/lamp va perso, e la connessione si interrompe.')
})
