// The lines that operators, scripts and lessons read: Mosquitto 2.1's words, one test per way of coming and going.
// The log is recorded; no broker is needed.

import { expect, test } from 'vitest'
import type { Peer } from '../../src/base/link.ts'
import type { LogSubject, LogType } from '../../src/base/log.ts'
import { ConnectionLog } from '../../src/server/connection-log.ts'
import { TLS_ON_PLAIN } from '../../src/session/connect-rules.ts'
import type { EndCause } from '../../src/session/effects.ts'
import { ProtocolError } from '../../src/wire/errors.ts'
import type { Connect, Subscribe } from '../../src/wire/mqtt/packet.ts'

const PEER: Peer = {
  transport: 'tcp',
  address: '127.0.0.1',
  port: 51552,
  localPort: 1883,
  certificateName: null,
  certificateSubject: null,
  pskIdentity: null,
  tlsVersion: null,
  cipher: null,
}
const CONNECT: Connect = {
  type: 1,
  version: 4,
  bridge: false,
  cleanStart: true,
  keepAlive: 60,
  clientId: 'X',
  will: null,
  userName: null,
  password: null,
  properties: {},
}

class Recorder {
  readonly lines: [LogType, string][] = []
  now = 0
  readonly log: ConnectionLog

  constructor(connectionMessages = true) {
    this.log = new ConnectionLog({ write: (type, line) => void this.lines.push([type, line]) }, { connectionMessages, now: () => this.now })
  }

  get text(): string[] {
    return this.lines.map(([, line]) => line)
  }
}

test('a client comes, without a will', () => {
  const { log, lines } = new Recorder()
  log.opened(PEER)
  log.connected(PEER, 'X', CONNECT, null)
  log.packet('sending', 'X', { type: 2, sessionPresent: false, reasonCode: 0, properties: {} })
  expect(lines).toEqual([
    ['notice', 'New connection from 127.0.0.1:51552 on port 1883.'],
    ['notice', 'New client connected from 127.0.0.1:51552 as X (p4, c1, k60).'],
    ['debug', 'No will message specified.'],
    ['debug', 'Sending CONNACK to X (0, 0)'],
  ])
})

test('a bridge comes with a will, a user name and its session', () => {
  const recorder = new Recorder()
  const will = { topicName: 'a/b', payload: Buffer.from('bye'), qos: 1, retain: true, properties: {} } as const
  recorder.log.connected({ ...PEER, address: '::1' }, 'br', { ...CONNECT, version: 5, bridge: true, cleanStart: false, keepAlive: 5, will }, 'alice')
  recorder.log.packet('sending', 'br', { type: 2, sessionPresent: true, reasonCode: 0, properties: {} })
  expect(recorder.text).toEqual([
    "New bridge connected from ::1:51552 as br (p5, c0, k5, u'alice').",
    'Will message specified (3 bytes) (r1, q1).',
    '\ta/b',
    'Sending CONNACK to br (1, 0)',
  ])
})

test.each<[EndCause, ProtocolError | null, string]>([
  ['disconnect', null, 'Client X [127.0.0.1:51552] disconnected.'],
  ['disconnect-with-will', null, 'Client X [127.0.0.1:51552] disconnected.'],
  ['closed', null, 'Client X [127.0.0.1:51552] disconnected: connection closed by client.'],
  ['keep-alive', null, 'Client X [127.0.0.1:51552] disconnected: exceeded timeout.'],
  ['taken-over', null, 'Client X [127.0.0.1:51552] disconnected: session taken over.'],
  ['refused', new ProtocolError(0x87, 'CONNECT refused'), 'Client X [127.0.0.1:51552] disconnected: not authorised.'],
  ['refused', new ProtocolError(0x85, 'CONNECT refused'), 'Client X [127.0.0.1:51552] disconnected: client identifier not valid.'],
  ['not-authorised', null, 'Client X [127.0.0.1:51552] disconnected: not authorised.'],
  ['administrative', null, 'Client X [127.0.0.1:51552] disconnected: administrative action.'],
  ['timeout', null, 'Client X [127.0.0.1:51552] disconnected: no CONNECT in time.'],
])('a client goes: %s', (cause, error, line) => {
  const recorder = new Recorder()
  recorder.log.ended(PEER, 'X', cause, error)
  expect(recorder.lines).toEqual([['notice', line]])
})

test('a protocol error is told with its detail and clause, also before there is a name', () => {
  const recorder = new Recorder()
  recorder.log.ended(PEER, 'X', 'protocol-error', new ProtocolError(0x82, 'QoS 3', 'MQTT-3.3.1-4'))
  recorder.log.ended(PEER, null, 'protocol-error', new ProtocolError(0x81, 'packet too short'))
  expect(recorder.text).toEqual([
    'Protocol error from X: QoS 3 [MQTT-3.3.1-4].',
    'Client X [127.0.0.1:51552] disconnected: protocol error.',
    'Protocol error from 127.0.0.1:51552: packet too short.',
    'Client 127.0.0.1 [127.0.0.1:51552] disconnected: malformed packet.',
  ])
})

test('a flood of protocol errors is told 20 times a second, then counted', () => {
  const recorder = new Recorder()
  for (let i = 0; i < 1000; i++) recorder.log.ended(PEER, null, 'protocol-error', new ProtocolError(0x81, 'garbage'))
  expect(recorder.lines).toHaveLength(40)
  recorder.now = 1000
  recorder.log.ended(PEER, 'X', 'disconnect', null)
  expect(recorder.text.slice(40)).toEqual(['Protocol errors of 980 more clients are not shown.', 'Client X [127.0.0.1:51552] disconnected.'])
})

test('faults that have a line of their own: a second CONNECT, TLS where there is none', () => {
  const recorder = new Recorder()
  recorder.log.ended(PEER, 'X', 'protocol-error', new ProtocolError(0x82, 'second CONNECT', 'MQTT-3.1.0-2'))
  recorder.log.ended(PEER, null, 'protocol-error', new ProtocolError(0x82, TLS_ON_PLAIN))
  expect(recorder.lines).toEqual([
    ['notice', 'Bad client 127.0.0.1:51552 sending multiple CONNECT messages.'],
    ['notice', 'Client X [127.0.0.1:51552] disconnected: protocol error.'],
    ['notice', 'Client from 127.0.0.1:51552 appears to be using TLS to connect to a non-TLS listener.'],
    ['notice', 'Client 127.0.0.1 [127.0.0.1:51552] disconnected: protocol error.'],
  ])
})

test.each([
  [0x81, 'malformed packet'],
  [0x82, 'protocol error'],
  [0x93, 'receive maximum exceeded'],
  [0x94, 'topic alias invalid'],
  [0x95, 'oversize packet'],
  [0x9b, 'using not allowed feature (QoS too high, retain not supported, or bad AUTH method)'],
])('a fault with Reason Code %i ends as: %s', (reasonCode, text) => {
  const recorder = new Recorder()
  recorder.log.ended(PEER, 'X', 'protocol-error', new ProtocolError(reasonCode, 'fault'))
  expect(recorder.lines).toEqual([
    ['information', 'Protocol error from X: fault.'],
    ['notice', `Client X [127.0.0.1:51552] disconnected: ${text}.`],
  ])
})

test('a refusal tells its reason in a line before; in a flood the reasons are counted, the refusals are all told', () => {
  const recorder = new Recorder()
  const refusal = new ProtocolError(0x87, "wrong password for user 'eve'")
  recorder.log.ended(PEER, 'X', 'refused', refusal)
  expect(recorder.lines).toEqual([
    ['notice', "Client X refused: wrong password for user 'eve'."],
    ['notice', 'Client X [127.0.0.1:51552] disconnected: not authorised.'],
  ])
  for (let i = 0; i < 100; i++) recorder.log.ended(PEER, 'X', 'refused', refusal)
  expect(recorder.text.filter((line) => line.includes('refused:'))).toHaveLength(20)
  expect(recorder.text.filter((line) => line.endsWith('not authorised.'))).toHaveLength(101)
  recorder.now = 1000
  recorder.log.ended(PEER, 'Y', 'disconnect', null)
  expect(recorder.text.slice(-2)).toEqual(['Reasons for refusing 81 more clients are not shown.', 'Client Y [127.0.0.1:51552] disconnected.'])
})

test('TLS: version and cipher after the will, before CONNACK, also without connection messages', () => {
  const tls = { ...PEER, transport: 'tls', tlsVersion: 'TLSv1.3', cipher: 'TLS_AES_256_GCM_SHA384' } as const
  const recorder = new Recorder()
  recorder.log.connected(tls, 'X', CONNECT, null)
  expect(recorder.lines.slice(1)).toEqual([
    ['debug', 'No will message specified.'],
    ['notice', 'Client X negotiated TLSv1.3 cipher TLS_AES_256_GCM_SHA384'],
  ])
  const quiet = new Recorder(false)
  quiet.log.connected(tls, 'X', CONNECT, null)
  expect(quiet.text).toEqual(['Client X negotiated TLSv1.3 cipher TLS_AES_256_GCM_SHA384'])
})

test('lines say whom they are about', () => {
  const about: (LogSubject | undefined)[] = []
  const log = new ConnectionLog({ write: (_type, _line, subject) => void about.push(subject) }, { connectionMessages: true, now: () => 0 })
  log.opened(PEER)
  log.connected(PEER, 'a\nb', CONNECT, null)
  log.ended(PEER, null, 'closed', null)
  const address = '127.0.0.1:51552'
  expect(about).toEqual([{ address }, { client: 'a\nb', address }, { client: 'a\nb', address }, { address }])
})

test('the broker stops: no line per client; connection_messages false: none at all', () => {
  const recorder = new Recorder()
  recorder.log.ended(PEER, 'X', 'shutdown', null)
  expect(recorder.text).toEqual([])
  const quiet = new Recorder(false)
  quiet.log.opened(PEER)
  quiet.log.connected(PEER, 'X', CONNECT, null)
  quiet.log.ended(PEER, 'X', 'closed', null)
  expect(quiet.lines).toEqual([])
})

test('a unix socket has no address', () => {
  const recorder = new Recorder()
  const peer: Peer = {
    transport: 'unix',
    address: '',
    port: 0,
    localPort: 0,
    certificateName: null,
    certificateSubject: null,
    pskIdentity: null,
    tlsVersion: null,
    cipher: null,
  }
  recorder.log.opened(peer)
  recorder.log.connected(peer, 'X', CONNECT, null)
  recorder.log.ended(peer, 'X', 'closed', null)
  expect(recorder.text).toEqual([
    'New connection on a unix socket.',
    'New client connected from unix as X (p4, c1, k60).',
    'No will message specified.',
    'Client X [unix] disconnected: connection closed by client.',
  ])
})

test('SUBSCRIBE: each filter with what it was granted, between SUBSCRIBE and SUBACK', () => {
  const { log, lines } = new Recorder()
  const option = { qos: 2, noLocal: false, retainAsPublished: false, retainHandling: 0 } as const
  const subscribe: Subscribe = {
    type: 8,
    packetId: 3,
    subscriptions: [
      { topicFilter: 'a/#', ...option },
      { topicFilter: '$x/b', ...option },
    ],
    properties: {},
  }
  log.packet('received', 'X', subscribe)
  log.packet('sending', 'X', { type: 9, packetId: 3, reasonCodes: [1, 0x87], properties: {} })
  log.packet('received', 'X', { type: 10, packetId: 4, topicFilters: ['a/#'], properties: {} })
  log.packet('sending', 'X', { type: 11, packetId: 4, reasonCodes: [0], properties: {} })
  expect(lines).toEqual([
    ['debug', 'Received SUBSCRIBE from X'],
    ['debug', '\ta/# (QoS 1)'],
    ['subscribe', 'X 1 a/#'],
    ['debug', '\t$x/b (denied)'],
    ['debug', 'Sending SUBACK to X'],
    ['debug', 'Received UNSUBSCRIBE from X'],
    ['debug', '\ta/#'],
    ['unsubscribe', 'X a/#'],
    ['debug', 'Sending UNSUBACK to X'],
  ])
})

test('PUBLISH and its acknowledgements', () => {
  const recorder = new Recorder()
  const { log } = recorder
  log.publish('received', 'X', 0x30, 0, 'topic', 4)
  log.publish('sending', 'Y', 0x3b, 2, 'topic', 0)
  log.publish('denied', 'X', 0x34, 7, 'topic', 4)
  log.publish('too large', 'X', 0x32, 8, 'topic', 4)
  for (const type of [4, 5, 6, 7] as const) {
    log.acknowledgement('received', 'X', type, 1, 0)
    log.acknowledgement('sending', 'X', type, 1, 16)
  }
  expect(recorder.text).toEqual([
    "Received PUBLISH from X (d0, q0, r0, m0, 'topic', ... (4 bytes))",
    "Sending PUBLISH to Y (d1, q1, r1, m2, 'topic', ... (0 bytes))",
    "Denied PUBLISH from X (d0, q2, r0, m7, 'topic', ... (4 bytes))",
    "Dropped too large PUBLISH from X (d0, q1, r0, m8, 'topic', ... (4 bytes))",
    'Received PUBACK from X (Mid: 1, RC:0)',
    'Sending PUBACK to X (m1, rc16)',
    'Received PUBREC from X (Mid: 1)',
    'Sending PUBREC to X (m1, rc16)',
    'Received PUBREL from X (Mid: 1)',
    'Sending PUBREL to X (m1)',
    'Received PUBCOMP from X (Mid: 1, RC:0)',
    'Sending PUBCOMP to X (m1)',
  ])
})

test('pings, DISCONNECT both ways, AUTH', () => {
  const recorder = new Recorder()
  const { log } = recorder
  log.packet('received', 'X', { type: 12 })
  log.packet('sending', 'X', { type: 13 })
  log.packet('received', 'X', { type: 14, reasonCode: 0, properties: {} })
  log.packet('sending', 'X', { type: 14, reasonCode: 142, properties: {} })
  log.packet('sending', 'X', { type: 15, reasonCode: 24, properties: { authenticationMethod: 'SCRAM-SHA-256' } })
  expect(recorder.text).toEqual([
    'Received PINGREQ from X',
    'Sending PINGRESP to X',
    'Received DISCONNECT from X',
    'Sending DISCONNECT to X (rc142)',
    'Sending AUTH to X (rc24, SCRAM-SHA-256)',
  ])
})

test('nobody forges a line or colours the terminal with a name', () => {
  const recorder = new Recorder()
  const evil = 'a\n1: fake\u001b[31m\u0085\u2028\u202e\ud800'
  recorder.log.connected(PEER, evil, { ...CONNECT, will: { topicName: evil, payload: Buffer.alloc(0), qos: 0, retain: false, properties: {} } }, evil)
  recorder.log.publish('received', evil, 0x30, 0, evil, 0)
  recorder.log.packet('received', evil, { type: 10, packetId: 4, topicFilters: [evil], properties: {} })
  recorder.log.ended(PEER, evil, 'protocol-error', new ProtocolError(0x82, evil))
  const shown = 'a\\x0a1: fake\\x1b[31m\\x85\\u{2028}\\u{202e}\\u{d800}'
  for (const line of recorder.text) expect(line.replace(/^\t/, '')).not.toMatch(/[\p{Cc}\p{Cs}\u2028\u202e]/u)
  expect(recorder.text[0]).toContain(`as ${shown} (p4, c1, k60, u'${shown}').`)
  expect(recorder.text[3]).toContain(`'${shown}'`)
})
