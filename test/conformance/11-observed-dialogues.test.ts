// Conversations that Mosquitto 2.1 was seen to hold, and the bytes it answered with: ours must be the same.
// One broker for all rows, in their order; inputs are our own. Where the standard leaves no choice the clause stands in the other files.

import { beforeAll, expect, test } from 'vitest'
import type { Properties } from '../../src/wire/mqtt/properties.ts'
import { TestBroker, type TestClient } from '../support/test-broker.ts'

const PUBACK = 4
const PUBREC = 5
const PUBREL = 6

/** What came, as seen on a socket: bytes in hexadecimal, `-` for none, `|EOF` when the connection was closed. */
function seen(client: TestClient): string {
  const hex = Buffer.from(client.receivedBytes()).toString('hex')
  return client.isClosed ? `${hex}|EOF` : hex || '-'
}

class Stage {
  readonly b: TestBroker = new TestBroker()
  readonly p: TestClient = this.b.client('pb')
  readonly #seen: [label: string, bytes: string][] = []

  get rows(): readonly (readonly [string, string])[] {
    return this.#seen
  }

  client(clientId: string, version: 4 | 5 = 4, properties: Properties = {}, cleanStart = true): TestClient {
    return this.b.client(clientId, { version, properties, cleanStart })
  }

  /** Dials and keeps CONNACK to be shown. */
  dial(clientId: string, version: 4 | 5 = 4, properties: Properties = {}, cleanStart = true): TestClient {
    return this.b.dial(clientId, { version, properties, cleanStart })
  }

  show(label: string, client: TestClient): void {
    this.#seen.push([label, seen(client)])
  }

  /** Forgets what came: the observer read it at this point and did not note it. */
  quiet(client: TestClient): void {
    client.receivedBytes()
  }
}

/** Label and bytes of every row observed. */
const OBSERVED: readonly (readonly [label: string, bytes: string])[] = [
  ['3.1.1: o/# with QoS 0 and o/+ with QoS 1, published with QoS 1', '320800036f2f3100014d300600036f2f314d'],
  ['5.0: the same with Subscription Identifiers', '320b00036f2f310001020b024d300900036f2f31020b014d'],
  ['5.0 taken over by 5.0', 'e0018e|EOF'],
  ['5.0 taken over by 3.1.1', 'e0018e|EOF'],
  ['# and +/x for $foo/x', '-'],
  ['$foo/# for $foo/x', '3009000624666f6f2f7878'],
  ['sport/tennis/# for sport/tennis', '300f000c73706f72742f74656e6e697350'],
  ['+ for /finance', '-'],
  ['/+ for /finance', '300b00082f66696e616e636578'],
  ['+/+ and /+ for /finance', '300b00082f66696e616e636578300b00082f66696e616e636578'],
  ['retained r/1 QoS 1 and r/2 QoS 0 to r/# with QoS 2', '900300010233090003722f310001523131070003722f325232'],
  ['subscribed again with QoS 1', '900300020133090003722f310002523131070003722f325232'],
  ['a live message published with RETAIN', '30060003722f314e'],
  ['an empty retained message, live', '30050003722f31'],
  ['No Local, own message', '-'],
  ['Retain As Published, live', '310700036e2f320078'],
  ['Retain Handling 1 on an existing subscription', '900400020000'],
  ['Retain Handling 0, again', '900400030000310700036e2f320078'],
  ['Retain Handling 2', '900400040000'],
  ['four messages to a shared subscription: first member', '30060002736800303006000273680032'],
  ['second member', '30060002736800313006000273680033'],
  ['a shared subscription and a retained message', '900400010000'],
  ['shared in 3.1.1: first member', '30060003736834303006000373683432'],
  ['shared in 3.1.1: second member', '30060003736834313006000373683433'],
  ['QoS 1 sent', '32090004696e2f31000141'],
  ['QoS 1 after a reconnect', '200201003a090004696e2f31000141'],
  ['QoS 2 released by its publisher', '70020008'],
  ['QoS 2 sent', '340a0005696e322f31000141'],
  ['after PUBREC', '62020001'],
  ['after PUBREC and a reconnect', '2002010062020001'],
  ['Receive Maximum 2, four messages', '320a0004726d2f7800010030320a0004726d2f7800020031'],
  ['after one PUBACK', '320a0004726d2f7800030032'],
  ['Topic Alias Maximum 5, two messages', '300e000774612f6c6f6e670323000131300700000323000132'],
  ['Maximum Packet Size 32, a message too large and another', '300900046d702f61006f6b'],
  ['back after 2.2 s: expiry of 1 s and of 10 s', '200e01000b22000a27001e8480210014320f00046d652f31000205020000000846'],
  ['Will Delay 1 s, after 0.4 s', '-'],
  ['after 2 s', '3007000477642f7457'],
  ['Request Problem Information 0, UNSUBSCRIBE of an unknown filter', 'b00400010011'],
  ['UNSUBSCRIBE', 'b0020002'],
  ['after it', '-'],
  ['DISCONNECT', '|EOF'],
  ['its will', '-'],
]

let rows: readonly (readonly [string, string])[] = []
beforeAll(() => {
  rows = replay()
})

test.each(OBSERVED.map(([label, bytes], i) => [label, bytes, i] as const))('%s', (label, bytes, i) => {
  expect(rows[i]).toEqual([label, bytes])
})

test('no row is left out', () => {
  expect(rows).toHaveLength(OBSERVED.length)
})

function replay(): readonly (readonly [string, string])[] {
  const stage = new Stage()
  overlapping(stage)
  wildcards(stage)
  retained(stage)
  shared(stage)
  inFlight(stage)
  limited(stage)
  endings(stage)
  return stage.rows
}

function overlapping(stage: Stage): void {
  const { p } = stage
  const ov = stage.client('ov')
  ov.subscribe('o/#', 0)
  ov.subscribe('o/+', 1)
  stage.quiet(ov)
  p.publish('o/1', 'M', { qos: 1 })
  stage.show('3.1.1: o/# with QoS 0 and o/+ with QoS 1, published with QoS 1', ov)
  const ov5 = stage.client('ov5', 5)
  ov5.subscribe('o/#', 0, { identifier: 1 })
  ov5.subscribe('o/+', 1, { identifier: 2 })
  stage.quiet(ov5)
  p.publish('o/1', 'M', { qos: 1, packetId: 2 })
  stage.show('5.0: the same with Subscription Identifiers', ov5)
  const first = stage.client('to', 5)
  const second = stage.client('to', 5)
  stage.show('5.0 taken over by 5.0', first)
  stage.client('to', 4)
  stage.show('5.0 taken over by 3.1.1', second)
}

function wildcards(stage: Stage): void {
  const { p } = stage
  const dollar = stage.client('dl')
  dollar.subscribe('#')
  dollar.subscribe('+/x')
  stage.quiet(dollar)
  p.publish('$foo/x', 'x')
  stage.show('# and +/x for $foo/x', dollar)
  dollar.subscribe('$foo/#')
  stage.quiet(dollar)
  p.publish('$foo/x', 'x')
  stage.show('$foo/# for $foo/x', dollar)
  const mt = stage.client('mt')
  const rows = [
    ['sport/tennis/#', 'sport/tennis', 'P', 'sport/tennis/# for sport/tennis'],
    ['+', '/finance', 'x', '+ for /finance'],
    ['/+', '/finance', 'x', '/+ for /finance'],
    ['+/+', '/finance', 'x', '+/+ and /+ for /finance'],
  ] as const
  for (const [filter, topicName, payload, label] of rows) {
    mt.subscribe(filter)
    stage.quiet(mt)
    p.publish(topicName, payload)
    stage.show(label, mt)
  }
}

function retained(stage: Stage): void {
  const { p } = stage
  p.publish('r/1', 'R1', { qos: 1, retain: true, packetId: 5 })
  p.publish('r/2', 'R2', { retain: true })
  const re = stage.client('re')
  re.subscribe('r/#', 2)
  stage.show('retained r/1 QoS 1 and r/2 QoS 0 to r/# with QoS 2', re)
  re.subscribe('r/#', 1, { packetId: 2 })
  stage.show('subscribed again with QoS 1', re)
  p.publish('r/1', 'N', { retain: true })
  stage.show('a live message published with RETAIN', re)
  p.publish('r/1', '', { retain: true })
  stage.show('an empty retained message, live', re)
  const nl = stage.client('nl', 5)
  nl.subscribe('n/1', 0, { noLocal: true })
  stage.quiet(nl)
  nl.publish('n/1', 'x')
  stage.show('No Local, own message', nl)
  const rap = stage.client('rap', 5)
  rap.subscribe('n/2', 0, { retainAsPublished: true })
  stage.quiet(rap)
  p.publish('n/2', 'x', { retain: true })
  stage.show('Retain As Published, live', rap)
  const again = [
    [1, 2, 'Retain Handling 1 on an existing subscription'],
    [0, 3, 'Retain Handling 0, again'],
    [2, 4, 'Retain Handling 2'],
  ] as const
  for (const [retainHandling, packetId, label] of again) {
    rap.subscribe('n/2', 0, { retainAsPublished: true, retainHandling, packetId })
    stage.show(label, rap)
  }
}

function shared(stage: Stage): void {
  const { p } = stage
  const pair = (version: 4 | 5, filter: string, topicName: string, labels: readonly [string, string]): void => {
    const group = ['first', 'second'].map((name) => {
      const member = stage.client(`${name}${version}`, version)
      member.subscribe(filter)
      stage.quiet(member)
      return member
    })
    for (let i = 0; i < 4; i++) p.publish(topicName, `${i}`)
    group.forEach((member, i) => {
      stage.show(labels[i]!, member)
    })
  }
  pair(5, '$share/g/sh', 'sh', ['four messages to a shared subscription: first member', 'second member'])
  p.publish('sh', 'R', { retain: true })
  const third = stage.client('s3', 5)
  third.subscribe('$share/h/sh')
  stage.show('a shared subscription and a retained message', third)
  pair(4, '$share/g3/sh4', 'sh4', ['shared in 3.1.1: first member', 'shared in 3.1.1: second member'])
}

function inFlight(stage: Stage): void {
  const { p } = stage
  const one = stage.client('in', 4, {}, false)
  one.subscribe('in/#', 2)
  stage.quiet(one)
  p.publish('in/1', 'A', { qos: 1, packetId: 7 })
  stage.show('QoS 1 sent', one)
  one.cut()
  stage.show('QoS 1 after a reconnect', stage.dial('in', 4, {}, false))
  const two = stage.client('in2', 4, {}, false)
  two.subscribe('in2/#', 2)
  stage.quiet(two)
  p.publish('in2/1', 'A', { qos: 2, packetId: 8 })
  stage.quiet(p)
  p.acknowledge(PUBREL, 8)
  stage.show('QoS 2 released by its publisher', p)
  stage.show('QoS 2 sent', two)
  two.acknowledge(PUBREC, 1)
  stage.show('after PUBREC', two)
  two.cut()
  stage.show('after PUBREC and a reconnect', stage.dial('in2', 4, {}, false))
}

function limited(stage: Stage): void {
  const { b, p } = stage
  const rm = stage.client('rm', 5, { receiveMaximum: 2 })
  rm.subscribe('rm/#', 1)
  stage.quiet(rm)
  for (let i = 0; i < 4; i++) p.publish('rm/x', `${i}`, { qos: 1, packetId: 20 + i })
  stage.show('Receive Maximum 2, four messages', rm)
  rm.acknowledge(PUBACK, 1)
  stage.show('after one PUBACK', rm)
  const ta = stage.client('ta', 5, { topicAliasMaximum: 5 })
  ta.subscribe('ta/#')
  stage.quiet(ta)
  for (const payload of ['1', '2']) p.publish('ta/long', payload)
  stage.show('Topic Alias Maximum 5, two messages', ta)
  const mp = stage.client('mp', 5, { maximumPacketSize: 32 })
  mp.subscribe('mp/#')
  stage.quiet(mp)
  for (const payload of ['y'.repeat(40), 'ok']) p.publish('mp/a', payload)
  stage.show('Maximum Packet Size 32, a message too large and another', mp)
  const me = stage.client('me', 5, { sessionExpiryInterval: 60 })
  me.subscribe('me/#', 1)
  // Mosquitto had given identifier 1 to the message that then expired; ours gives an identifier only to what it sends: this message stands in for it
  p.publish('me/0', '', { qos: 1 })
  me.acknowledge(PUBACK, 1)
  me.cut()
  const mep = stage.client('mep', 5)
  mep.publish('me/1', 'E', { qos: 1, packetId: 1, properties: { messageExpiryInterval: 1 } })
  mep.publish('me/1', 'F', { qos: 1, packetId: 2, properties: { messageExpiryInterval: 10 } })
  b.advance(2_200)
  stage.show('back after 2.2 s: expiry of 1 s and of 10 s', stage.dial('me', 5, {}, false))
}

function endings(stage: Stage): void {
  const { b, p } = stage
  const will = (topicName: string, properties: Properties) => ({ topicName, payload: Uint8Array.of(87), qos: 0, retain: false, properties }) as const
  const w = b.client('wd', { version: 5, will: will('wd/t', { willDelayInterval: 1 }), properties: { sessionExpiryInterval: 5 } })
  const watching = stage.client('wq')
  watching.subscribe('wd/#')
  stage.quiet(watching)
  w.cut()
  b.advance(400)
  stage.show('Will Delay 1 s, after 0.4 s', watching)
  b.advance(1_600)
  stage.show('after 2 s', watching)
  const np = stage.client('np', 5, { requestProblemInformation: 0 })
  np.unsubscribe('q')
  stage.show('Request Problem Information 0, UNSUBSCRIBE of an unknown filter', np)
  const un = stage.client('un')
  un.subscribe('x/1')
  stage.quiet(un)
  un.unsubscribe('x/1', 2)
  stage.show('UNSUBSCRIBE', un)
  p.publish('x/1', 'x')
  stage.show('after it', un)
  const dc = b.client('dc', { will: will('dw/t', {}) })
  watching.subscribe('dw/#')
  stage.quiet(watching)
  dc.disconnect()
  stage.show('DISCONNECT', dc)
  dc.gone()
  stage.show('its will', watching)
}
