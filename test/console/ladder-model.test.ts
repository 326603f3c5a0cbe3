// The ladder of a capture: who stands where, what follows what, what both ends know at each moment, and the sentence that sums it up.
// Its steps are compared with the analyser's own ladder over the golden captures.

import { expect, test } from 'vitest'
import { LadderMaker } from '../../src/analyse/ladder.ts'
import { MqttConnections } from '../../src/analyse/mqtt/connections.ts'
import { barsOf } from '../../src/console/views/ladder/ladder-bars.ts'
import { ladderMermaidText, ladderSvgText } from '../../src/console/views/ladder/ladder-export.ts'
import { deliveryCount, verdictOf } from '../../src/console/views/ladder/ladder-life.ts'
import { clientKey, type LadderModel, ladderModel, stepText, TYPE_NAMES } from '../../src/console/views/ladder/ladder-model.ts'
import { geometryOf, secondsText, stepShapes, timeText } from '../../src/console/views/ladder/ladder-shapes.ts'
import { stateAt } from '../../src/console/views/ladder/ladder-state.ts'
import { LADDER_WORDS } from '../../src/console/views/ladder/ladder-words.ts'
import type { PacketStore } from '../../src/console/worker/packets/packet-store.ts'
import type { Packet, Qos } from '../../src/wire/mqtt/packet.ts'
import { LabCapture, publish } from '../support/lab-capture.ts'
import { lostPuback } from './support/lost-puback.ts'
import { analysed, CAPTURES, captureBytes, storeOf } from './support/packet-stores.ts'

const EVERY = 2000
const modelOf = (store: PacketStore, shown: ReadonlySet<string> | null = null): LadderModel => ladderModel(store.ladder(0, EVERY), shown)
const everybody = (store: PacketStore): LadderModel => modelOf(store, new Set(store.ladder(0, EVERY).connections.map(clientKey)))
const arrow = ({ lanes }: LadderModel, { from, to, message }: LadderModel['steps'][number]): string =>
  `${lanes[from]!.name} ${TYPE_NAMES[message.type]} ${lanes[to]!.name}`

const lost = storeOf(lostPuback())
const model = modelOf(lost)

test.each(CAPTURES.filter((name) => name !== 'many.pcapng'))('%s: the same packets, the same way, as in the ladder of the analyser', (name) => {
  const maker = new LadderMaker(EVERY)
  const connections = new MqttConnections([maker])
  analysed(captureBytes(name), '', (packet) => connections.frame(packet))
  const { rungs, ends } = maker.finish()
  const own = everybody(storeOf(captureBytes(name)))
  expect(own.steps.map(({ message, time }) => [message.frame, time.toFixed(6)])).toEqual(rungs.map(({ frame, time }) => [frame, time.toFixed(6)]))
  const isServer = (end: number): boolean => own.lanes.some(({ kind, address }) => kind === 'broker' && address === ends[end])
  expect(own.steps.map(({ from }) => own.lanes[from]!.kind === 'broker')).toEqual(rungs.map(({ from }) => isServer(from)))
})

test('publishers stand left of the broker, subscribers right of it, and a session keeps its lane when it connects again', () => {
  expect(model.lanes.map(({ name, kind }) => `${name} ${kind}`)).toEqual(['esp32-5.03 publisher', 'broker broker', 'dashboard subscriber'])
})

test('a pause is one row that says how long it was, what was missing and what ended it', () => {
  expect(model.gaps.map(({ seconds, waits, reconnects }) => [seconds.toFixed(1), waits, reconnects])).toEqual([
    ['5.0', 'PUBACK', true],
    ['1.1', null, false],
  ])
  const rows = [...model.steps.map(({ row }) => row), ...model.gaps.map(({ row }) => row)].sort((a, b) => a - b)
  expect(rows).toEqual(Array.from({ length: model.rows }, (_, i) => i))
})

test('a publication, its repeat, its deliveries and all acknowledgements have one colour', () => {
  const groups = model.steps.map(({ group }) => group)
  expect(groups.slice(0, 6)).toEqual([-1, -1, -1, -1, -1, -1])
  expect(
    new Set(
      model.steps
        .filter(({ message }) => message.text.endsWith('temperature') && message.type === 3 && message.qos === 1 && message.packetId !== 33)
        .map(({ group }) => group),
    ).size,
  ).toBe(1)
  expect(model.steps.filter(({ message }) => message.type >= 3 && message.type <= 7).every(({ group }) => group === 0 || group === 1)).toBe(true)
})

test('clients that are not drawn are counted with their packets', () => {
  const lab = new LabCapture()
  for (let n = 0; n < 9; n++) {
    const client = lab.client(`10.0.5.${n + 1}`, 40_000 + n, 4)
    client.connects(`c${n}`)
    for (let i = 0; i < n; i++) client.says(publish('t', `${n}`))
  }
  const store = storeOf(new Uint8Array(lab.file))
  const busiest = modelOf(store)
  expect(
    busiest.lanes
      .filter(({ kind }) => kind !== 'broker')
      .map(({ name }) => name)
      .sort(),
  ).toEqual(['c3', 'c4', 'c5', 'c6', 'c7', 'c8'])
  expect([busiest.hidden.lanes.map(({ name }) => name).sort(), busiest.hidden.messages]).toEqual([['c0', 'c1', 'c2'], 9])
  expect(everybody(store).hidden.messages).toBe(0)
})

test('no capture at all is a ladder without rows', () => {
  expect(ladderModel({ messages: [], connections: [], total: 0, before: 0, origin: 0 })).toMatchObject({ lanes: [], steps: [], gaps: [], rows: 0 })
})

/** The state table as lines, for reading. */
function states(of: LadderModel, at: number): string[] {
  return stateAt(of, at).flatMap(({ client, end, waiting }) => waiting.map((one) => `${of.lanes[client]!.name} ${end} ${one.packetId} ${one.for}`))
}

test('both ends know what they should: QoS 1 waits for PUBACK on the sending side, also while it is lost', () => {
  const at = (text: string, nth = 0): number => model.steps.map((step, i) => [arrow(model, step), i] as const).filter(([one]) => one === text)[nth]![1]
  expect(states(model, -1)).toEqual([])
  expect(states(model, at('esp32-5.03 PUBLISH broker'))).toEqual(['esp32-5.03 client-sends 7 PUBACK'])
  expect(states(model, at('broker PUBLISH dashboard'))).toEqual(['esp32-5.03 client-sends 7 PUBACK', 'dashboard broker-sends 31 PUBACK'])
  // its PUBACK was lost: the client goes on waiting over the reconnect
  expect(states(model, at('broker CONNACK esp32-5.03', 1))).toEqual(['esp32-5.03 client-sends 7 PUBACK'])
  expect(states(model, model.steps.length - 1)).toEqual([])
})

test('QoS 2: the sender waits for PUBREC, then for PUBCOMP; the receiver for PUBREL', () => {
  const from = model.steps.findIndex(({ message }) => message.qos === 2)
  expect([0, 1, 2, 3].map((n) => states(model, from + n).filter((line) => line.includes(' 8 ')))).toEqual([
    ['esp32-5.03 client-sends 8 PUBREC', 'esp32-5.03 broker-gets 8 PUBREL'],
    ['esp32-5.03 client-sends 8 PUBCOMP', 'esp32-5.03 broker-gets 8 PUBREL'],
    ['esp32-5.03 client-sends 8 PUBCOMP'],
    [],
  ])
})

test('bars last as long as the message is in flight at that end; a wait for what was lost is dashed until the repeat', () => {
  const bars = barsOf(model)
  const row = (index: number): number => model.steps[index]!.row
  const first = model.steps.findIndex(({ message }) => message.packetId === 7 && message.type === 3)
  const repeat = model.steps.findIndex(({ message }) => message.dup)
  expect(bars.filter(({ lane, kind }) => lane === 0 && kind === 'waiting').map(({ from, to }) => [from, to])).toEqual([[row(first) + 3, row(repeat)]])
  expect(bars.filter(({ lane, group }) => lane === 2 && group === 0)).toHaveLength(2)
  for (const bar of bars) expect(bar.from <= bar.to && bar.to < model.rows).toBe(true)
})

test('a message whose end is not drawn stays in flight to the bottom', () => {
  const lab = new LabCapture()
  const client = lab.client('10.0.5.23', 40_000, 4)
  client.connects('one')
  client.says(publish('a', '1', 1, 1)).says({ type: 12 })
  const bytes = new Uint8Array(lab.file)
  const store = storeOf(bytes)
  // the capture is over: nothing will come any more
  expect(barsOf(everybody(store)).map(({ kind, to }) => [kind, to])).toContainEqual(['waiting', 3])
  const slice = store.ladder(0, EVERY)
  const live = ladderModel({ ...slice, messages: slice.messages.map((message) => ({ ...message, fate: null })) })
  expect(barsOf(live).map(({ kind, to }) => [kind, to])).toEqual([
    ['flight', 3],
    ['flight', 3],
  ])
})

/** What is said of a message of which these packets went by. `>` from the client. */
function verdict(qos: Qos, ...after: readonly (readonly ['>' | '<', Packet] | 'close')[]): string {
  const lab = new LabCapture()
  const client = lab.client('10.0.5.23', 40_000, 4)
  client.connects('one')
  client.says(publish('a', 'x', qos, qos === 0 ? 0 : 9))
  for (const one of after) {
    if (one === 'close') client.closes()
    else if (one[0] === '>') client.says(one[1])
    else client.hears(one[1])
  }
  const store = storeOf(new Uint8Array(lab.file))
  const number = store.rows(0, 1e9, 'relative').find(({ info }) => info.startsWith('Publish Message'))!.number
  const said = verdictOf(ladderModel(store.life(number)!))!
  return `${said.kind} ${said.tone} ${said.lacks}`.trim()
}

const acknowledgement = (type: 4 | 5 | 6 | 7): Packet => ({ type, packetId: 9, reasonCode: 0, properties: {} })

test('the life of a message is summed up by the rule of its QoS', () => {
  expect(verdict(0)).toBe('at-most-once mute')
  expect(verdict(1, ['<', acknowledgement(4)])).toBe('acknowledged ok')
  expect(verdict(1, 'close')).toBe('unanswered danger PUBACK')
  expect(verdict(2, ['<', acknowledgement(5)], ['>', acknowledgement(6)], ['<', acknowledgement(7)])).toBe('exactly-once ok')
  expect(verdict(2, 'close')).toBe('unanswered danger PUBREC')
  expect(verdict(2, ['<', acknowledgement(5)], ['>', acknowledgement(6)])).toBe('under-way mute PUBREC')
  expect(verdict(1, ['>', publish('a', 'x', 1, 9, { dup: true })], ['<', acknowledgement(4)])).toBe('sent-again warn PUBACK')
  const twice = ladderModel(lost.life(model.steps.find(({ message }) => message.dup)!.message.frame)!)
  expect(verdictOf(twice)).toMatchObject({ kind: 'delivered-twice', who: 'dashboard', packetId: 7, lacks: 'PUBACK' })
  expect(deliveryCount(twice)).toBe(2)
})

test('a packet is named with what tells it from others', () => {
  expect(model.steps.slice(0, 8).map((step) => Object.values(stepText(step)).join(' '))).toEqual([
    'CONNECT clean session 1',
    'CONNACK session present 0',
    'SUBSCRIBE id 1, building5/# QoS 1',
    'SUBACK id 1, QoS 1',
    'CONNECT clean session 0',
    'CONNACK session present 0',
    'PUBLISH id 7, QoS 1',
    'PUBLISH id 31, QoS 1',
  ])
})

test('the words of an arrow stand between two neighbouring lanes, however far it reaches', () => {
  const lab = new LabCapture()
  const publisher = lab.client('10.0.5.1', 40_000, 4)
  publisher.connects('publisher')
  const subscribers = ['one', 'two', 'three'].map((name, i) => {
    const client = lab.client(`10.0.5.${i + 2}`, 40_001 + i, 4)
    client.connects(name)
    return client
  })
  publisher.says(publish('t', 'x'))
  for (const subscriber of subscribers) subscriber.hears(publish('t', 'x'))
  const wide = modelOf(storeOf(new Uint8Array(lab.file)))
  const geometry = geometryOf(wide, 1000, false)
  const { laneX } = geometry
  expect(wide.steps.some(({ from, to }) => Math.abs(from - to) === 3)).toBe(true)
  for (const step of wide.steps) {
    const [label] = stepShapes(step, geometry, LADDER_WORDS.en.texts).filter((shape) => shape.kind === 'text')
    const left = laneX.findLastIndex((x) => x < label!.x)
    expect(label!.x).toBeCloseTo((laneX[left]! + laneX[left + 1]!) / 2)
    expect(Math.min(step.from, step.to) <= left && left < Math.max(step.from, step.to)).toBe(true)
  }
})

test('lanes that are drawn keep their side, their order and their place, whoever speaks first or most later', () => {
  const spoken = (names: readonly string[], busy: string): ReturnType<PacketStore['ladder']> => {
    const lab = new LabCapture()
    for (const [i, name] of names.entries()) {
      const client = lab.client(`10.0.6.${i + 1}`, 41_000 + i, 4)
      client.connects(name)
      for (let n = 0; n < (name === busy ? 20 : 2); n++) client.says(publish('t', 'x'))
    }
    return storeOf(new Uint8Array(lab.file)).ladder(0, EVERY)
  }
  const clientsOf = ({ lanes }: LadderModel): string[] => lanes.filter(({ kind }) => kind !== 'broker').map(({ name }) => name)
  const names = ['one', 'two', 'three', 'four', 'five', 'six']
  const first = ladderModel(spoken(names, 'one'))
  expect(clientsOf(first)).toEqual(names)
  const later = spoken(['seven', ...names.toReversed()], 'seven')
  expect(clientsOf(ladderModel(later))).toContain('seven')
  expect(clientsOf(ladderModel(later, null, first.lanes))).toEqual(names)
  expect(ladderModel(later, null, first.lanes).hidden.lanes.map(({ name }) => name)).toEqual(['seven'])
})

test('times and pauses read well', () => {
  expect([0, 0.000407, 0.5, 5.0111].map(timeText)).toEqual(['0.000 ms', '0.407 ms', '500.000 ms', '5.011100 s'])
  expect([1.1, 59, 61, 3700].map(secondsText)).toEqual(['1.10 s', '59.0 s', '1 min 1 s', '1.0 h'])
})

const HOSTILE = '<script>alert("1")</script>; %%{init}%% #quot; \u202e end\u0001'

/** A ladder of a client and a topic whose names would break out of the language of a drawing. */
function hostileModel(): LadderModel {
  const slice = lost.ladder(0, EVERY)
  return ladderModel({
    ...slice,
    messages: slice.messages.map((message) => ({ ...message, text: HOSTILE })),
    connections: slice.connections.map((connection) => ({ ...connection, clientId: `${HOSTILE} ${connection.clientId}` })),
  })
}

const theme = { colour: (token: string): string => `var-${token}`, font: 'Inter, "Segoe UI"' }

test('an SVG holds every packet and lane, and texts from the network as text alone', () => {
  const { texts } = LADDER_WORDS.en
  const geometry = geometryOf(model, 1000, false)
  const svg = ladderSvgText(model, barsOf(model), geometry, texts, theme)
  for (const name of ['esp32-5.03', 'dashboard', 'PUBREC', texts.lost, texts.second, texts.dup]) expect(svg).toContain(name)
  expect(svg.match(/>PUBLISH</g)).toHaveLength(model.steps.filter(({ message }) => message.type === 3).length)
  const hostile = hostileModel()
  const drawn = ladderSvgText(hostile, barsOf(hostile), geometryOf(hostile, 1000, false), texts, theme)
  expect(drawn).not.toContain('<script')
  expect(/[\u0000-\u0008\u000b-\u001f]/.test(drawn)).toBe(false)
  // every tag that opens is closed: no text has broken out
  for (const name of ['svg', 'g', 'text', 'tspan'])
    expect([name, drawn.match(new RegExp(`<${name}[ >]`, 'g'))!.length]).toEqual([name, drawn.match(new RegExp(`</${name}>`, 'g'))!.length])
})

test('a Mermaid diagram has one line for each packet, and no text that Mermaid would take for its own', () => {
  const { texts } = LADDER_WORDS.en
  const lines = ladderMermaidText(model, texts).trimEnd().split('\n')
  expect(lines.slice(0, 4)).toEqual(['sequenceDiagram', '  participant p0 as esp32-5.03', '  participant p1 as broker', '  participant p2 as dashboard'])
  expect(lines).toContain('  p0->>p1: PUBLISH id 7, QoS 1 building5/floor0/room5.03/temperature')
  expect(lines).toContain('  p1-xp0: PUBACK id 7 (lost)')
  expect(lines.filter((line) => /^ {2}p\d(?:->>|-x)p\d: /.test(line))).toHaveLength(model.steps.length)
  expect(lines.filter((line) => line.includes('Note over'))).toHaveLength(model.gaps.length)
  for (const line of ladderMermaidText(hostileModel(), texts).trimEnd().split('\n').slice(1)) {
    const said = line.replace(/^ {2}(?:participant p\d as |p\d(?:->>|-x)p\d: |Note over p\d(?:,p\d)?: )/, '')
    expect(said).not.toBe(line)
    expect(said.replace(/#\d+;/g, '')).not.toMatch(/[<>;%"{}#]/)
  }
})
