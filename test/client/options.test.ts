// URLs, options, and the CONNECT packet that they mean.
import { expect, test } from 'vitest'
import { payloadBytes } from '../../src/client/message.ts'
import { connectPacket, parseUrl } from '../../src/client/options.ts'

const target = (url: string): unknown => Object.values(parseUrl(url).target)

test('each scheme has its transport, port and path', () => {
  expect(target('mqtt://localhost')).toEqual(['tcp', 'localhost', 1883, ''])
  expect(target('mqtt://[::1]:1884')).toEqual(['tcp', '::1', 1884, ''])
  expect(target('mqtts://h')).toEqual(['tls', 'h', 8883, ''])
  expect(target('ws://h')).toEqual(['ws', 'h', 80, '/mqtt'])
  expect(target('ws://h:8080/other?x=1')).toEqual(['ws', 'h', 8080, '/other?x=1'])
  expect(target('wss://h/')).toEqual(['wss', 'h', 443, '/mqtt'])
  expect(target('unix:/run/mqtt.sock')).toEqual(['unix', '', 0, '/run/mqtt.sock'])
  expect(target('unix:///run/a%20b.sock')).toEqual(['unix', '', 0, '/run/a b.sock'])
})

test('user and password come from the URL, options win', () => {
  const url = parseUrl('mqtt://al%40ice:p%3Aw@h')
  expect([url.username, url.password]).toEqual(['al@ice', 'p:w'])
  expect(connectPacket(url, {}).userName).toBe('al@ice')
  expect(new TextDecoder().decode(connectPacket(url, { password: 'other' }).password!)).toBe('other')
})

test('what cannot be read names the thing and the remedy', () => {
  for (const [url, message] of [
    ['localhost', "URL 'localhost' cannot be read"],
    ['http://h', "URL scheme 'http:' is unknown"],
    ['unix:', "URL 'unix:' names no socket"],
  ] as const) {
    expect(() => parseUrl(url)).toThrow(expect.objectContaining({ code: 'INVALID_ARGUMENT', message, hint: expect.stringContaining('mqtt') }))
  }
})

test('options become CONNECT, each version its own', () => {
  const url = parseUrl('mqtt://h')
  expect(connectPacket(url, {})).toMatchObject({
    version: 5,
    cleanStart: true,
    keepAlive: 60,
    clientId: '',
    will: null,
    userName: null,
    password: null,
    properties: { sessionExpiryInterval: 300, receiveMaximum: 256, topicAliasMaximum: 32 },
  })
  const will = { topic: 'w', payload: { gone: true }, qos: 1, retain: true, delay: 5, properties: { contentType: 'x' } } as const
  expect(connectPacket(url, { will }).will).toEqual({
    topicName: 'w',
    payload: payloadBytes('{"gone":true}'),
    qos: 1,
    retain: true,
    properties: { contentType: 'x', willDelayInterval: 5 },
  })
  expect(connectPacket(url, { version: 4, will }).will!.properties).toEqual({})
  expect(connectPacket(url, { version: 4 }).properties).toEqual({})
  expect(() => connectPacket(url, { version: 4, cleanStart: false })).toThrow('needs a Client Identifier')
  expect(() => connectPacket(url, { version: 3 })).toThrow('needs a Client Identifier')
})

test('a payload given as bytes is copied, views included', () => {
  const given = Uint8Array.of(1, 2)
  const bytes = payloadBytes(given)
  given[0] = 9
  expect(bytes).toEqual(Uint8Array.of(1, 2))
  expect(payloadBytes(new DataView(Uint8Array.of(1, 2, 3).buffer, 1, 1))).toEqual(Uint8Array.of(2))
  expect(payloadBytes(Uint8Array.of(7, 8).buffer)).toEqual(Uint8Array.of(7, 8))
  expect(payloadBytes(Buffer.from('hi'))).toEqual(Uint8Array.of(104, 105))
  expect(payloadBytes([1, 2])).toEqual(new TextEncoder().encode('[1,2]'))
})
