// Connections of MQTTX and MQTT Explorer: what is taken over, what is not and why; files of any other kind.
// See src/console/views/connections/foreign-profiles.ts. The files are written here in the shape that the two programs give them.

import fc from 'fast-check'
import { expect, test } from 'vitest'
import { readForeignProfiles } from '../../src/console/views/connections/foreign-profiles.ts'

const mqttx = (change: object): object => ({
  id: '0b6c',
  clientId: 'mqttx_0b6c',
  name: 'lab',
  clean: true,
  protocol: 'ws',
  host: 'broker.example',
  port: 8083,
  keepalive: 45,
  connectTimeout: 10,
  reconnect: true,
  username: '',
  password: '',
  path: '/mqtt',
  ssl: false,
  rejectUnauthorized: true,
  ca: '',
  cert: '',
  key: '',
  mqttVersion: '5.0',
  subscriptions: [],
  messages: [],
  will: { lastWillTopic: '', lastWillPayload: '', lastWillQos: 0, lastWillRetain: false },
  isCollection: false,
  ...change,
})

const explorer = (change: object): object => ({
  configVersion: 1,
  certValidation: true,
  clientId: 'mqtt-explorer-1a2b',
  id: 'x',
  name: 'home',
  encryption: false,
  subscriptions: [
    { topic: '#', qos: 0 },
    { topic: '$SYS/#', qos: 0 },
  ],
  type: 'mqtt',
  host: 'broker.example',
  port: 8083,
  protocol: 'ws',
  basePath: 'mqtt',
  ...change,
})

const read = (value: unknown) => readForeignProfiles(JSON.stringify(value))

test('MQTTX: address, version, login without its password, subscriptions with their options', () => {
  const subscriptions = [
    { topic: 'a/#', qos: 1, nl: true, rap: false, rh: 2, disabled: false },
    { topic: 'b', qos: 2 },
  ]
  const found = read([mqttx({ protocol: 'wss', ssl: true, port: 8084, username: 'u', password: 'hunter2', clean: false, subscriptions })])!
  expect(found.program).toBe('MQTTX')
  expect(found.profiles).toHaveLength(1)
  expect(found.profiles[0]).toMatchObject({ name: 'lab', address: 'wss://broker.example:8084/mqtt', problem: null, left: ['password'] })
  expect(found.profiles[0]!.profile).toEqual({
    name: 'lab',
    url: 'wss://broker.example:8084/mqtt',
    clientId: 'mqttx_0b6c',
    userName: 'u',
    password: '',
    version: 5,
    cleanStart: false,
    keepAlive: 45,
    subscriptions: [
      { filter: 'a/#', qos: 1, noLocal: true, retainAsPublished: false, retainHandling: 2 },
      { filter: 'b', qos: 2, noLocal: false, retainAsPublished: false, retainHandling: 0 },
    ],
    muted: [],
    stream: null,
  })
  expect(JSON.stringify(found)).not.toContain('hunter2')
})

test('MQTTX: folders are opened; what is left out is named', () => {
  const full = mqttx({
    name: 'full',
    ssl: true,
    protocol: 'wss',
    rejectUnauthorized: false,
    ca: 'pem',
    will: { lastWillTopic: 'gone' },
    properties: { sessionExpiryInterval: 7200, receiveMaximum: null },
    messages: [{ topic: 'a' }],
    subscriptions: [
      { topic: 'a/#/b', qos: 0 },
      { topic: 'off', qos: 0, disabled: true },
    ],
  })
  const found = read([{ id: 'c', name: 'folder', isCollection: true, children: [{ isCollection: true, name: 'inner', children: [full] }] }, mqttx({})])!
  expect(found.profiles.map(({ name, left }) => [name, left])).toEqual([
    ['full', ['certificates', 'unchecked', 'will', 'properties', 'filters', 'messages']],
    ['lab', []],
  ])
  expect(found.profiles[0]!.profile!.subscriptions).toEqual([])
})

test.each([
  ['mqtt', 1883, {}, 'transport', 'mqtt://broker.example:1883'],
  ['mqtts', 8883, { ssl: true }, 'transport', 'mqtts://broker.example:8883'],
  ['ws', 0, {}, 'address', 'ws://broker.example:0/mqtt'],
  ['ws', 80, { host: 'user@evil/x' }, 'address', 'ws://user@evil/x:80/mqtt'],
  ['ws', 80, { host: '::1', path: '//deep' }, null, 'ws://[::1]:80/deep'],
] as const)('MQTTX: %s to port %i, %o: %s', (protocol, port, more, problem, address) => {
  const [one] = read([mqttx({ protocol, port, ...more })])!.profiles
  expect([one!.problem, one!.address, one!.profile === null]).toEqual([problem, address, problem !== null])
})

test('MQTT Explorer: its settings, old subscriptions as plain texts, TLS by its switch', () => {
  const settings = {
    ConnectionManager_connections: {
      home: explorer({ username: 'u', password: 'hunter2' }),
      tls: explorer({ name: 'tls', encryption: true, certValidation: false, clientKey: { name: 'k', data: 'AA' }, subscriptions: ['a/#', 7] }),
      plain: explorer({ name: 'plain', protocol: 'mqtt', port: 1883, encryption: true }),
    },
    Settings: { theme: 'dark' },
  }
  const found = read(settings)!
  expect(found.program).toBe('MQTT Explorer')
  expect(found.profiles.map(({ name, address, problem, left }) => [name, address, problem, left])).toEqual([
    ['home', 'ws://broker.example:8083/mqtt', null, ['password']],
    ['tls', 'wss://broker.example:8083/mqtt', null, ['certificates', 'unchecked']],
    ['plain', 'mqtts://broker.example:1883', 'transport', []],
  ])
  expect(found.profiles[0]!.profile).toMatchObject({ version: 4, userName: 'u', password: '', cleanStart: true, keepAlive: 60 })
  expect(found.profiles[1]!.profile!.subscriptions.map(({ filter, qos }) => [filter, qos])).toEqual([['a/#', 0]])
})

test('other files are none, whatever is in them', () => {
  for (const text of ['', '{', '[]', '{}', '42', '[{"a":1}]', '{"ConnectionManager_connections":[]}', '[{"host":"x"}]'])
    expect(readForeignProfiles(text)).toBe(null)
  const value = fc.oneof(fc.string(), fc.integer(), fc.constant(null), fc.boolean(), fc.array(fc.anything(), { maxLength: 3 }))
  const keys = [
    'clientId',
    'name',
    'host',
    'port',
    'protocol',
    'path',
    'subscriptions',
    'will',
    'properties',
    'keepalive',
    'mqttVersion',
    'children',
    'ssl',
    'encryption',
    'basePath',
  ]
  const anything = fc.dictionary(fc.constantFrom(...keys), value)
  fc.assert(
    fc.property(fc.array(anything, { maxLength: 4 }), (list) => {
      for (const text of [JSON.stringify(list), JSON.stringify({ ConnectionManager_connections: { ...list } })])
        for (const { profile, problem } of readForeignProfiles(text)?.profiles ?? []) expect((profile === null) === (problem !== null)).toBe(true)
    }),
  )
})
