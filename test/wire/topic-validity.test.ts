// What may stand in a PUBLISH, in a SUBSCRIBE, and behind $share.

import { expect, test } from 'vitest'
import { ProtocolError } from '../../src/wire/errors.ts'
import { isTopicFilter, isTopicName, parseSharedFilter, parseTopicFilter, parseTopicName, readTopicName } from '../../src/wire/mqtt/topics.ts'

test('Topic Names: at least one character, no wildcards, no U+0000, at most 65,535 bytes [MQTT-3.3.2-2, MQTT-4.7.3-1, MQTT-4.7.3-2, MQTT-4.7.3-3]', () => {
  for (const name of ['a', '/', ' ', 'a/b', '$SYS/x', 'é', '\u{1f99f}', 'a'.repeat(65535), '$share/g/a'])
    expect(parseTopicName(name), name.slice(0, 20)).toBe(name)
  for (const name of ['', '+', '#', 'a/#', 'a+', '\0', 'a\0', '\ud800', '\udc00x', 'a'.repeat(65536), 'é'.repeat(32768)])
    expect(isTopicName(name), name.slice(0, 20)).toBe(false)
  expect(parseTopicName('a/#')).toBe(null)
})

test('Topic Filters: # alone and last, + alone in its level [MQTT-4.7.1-1, MQTT-4.7.1-2]', () => {
  for (const filter of ['#', '+', '/', 'a/#', '/#', '+/#', '+/+', '/+', '+/', 'a/+/b', '+//+', '$SYS/#', 'a', 'é/+', '$share', '$shared/+'])
    expect(parseTopicFilter(filter), filter).toBe(filter)
  for (const filter of ['', 'a#', '#a', '##', '#/', '#/a', 'a/#/b', 'a+', '+a', '++', 'a/b+/c', 'a/+b', '/#/', '+#', 'a\0', '\udfff', 'a'.repeat(65536)]) {
    expect(isTopicFilter(filter), filter.slice(0, 20)).toBe(false)
  }
  expect(parseTopicFilter('a#')).toBe(null)
})

test('shared filters: a Share Name without wildcards, then a filter [MQTT-4.8.2-1, MQTT-4.8.2-2]', () => {
  expect(parseSharedFilter('$share/g/a/+')).toEqual({ shareName: 'g', topicFilter: 'a/+' })
  expect(parseSharedFilter('$share/g h//')).toEqual({ shareName: 'g h', topicFilter: '/' })
  expect(parseSharedFilter('$share/$share/$share/g/a')).toEqual({ shareName: '$share', topicFilter: '$share/g/a' })
  for (const filter of ['$share/g', '$share/g/', '$share//a', '$share/+/a', '$share/g#/a', '$share/#', '$share/', '$share/g/a#']) {
    expect(parseSharedFilter(filter), filter).toBe(null)
    expect(isTopicFilter(filter), filter).toBe(false)
  }
  for (const filter of ['a', '$share', '$SHARE/g/a', '$shared/g/a', '/$share/g/a']) {
    expect(parseSharedFilter(filter), filter).toBe(null)
    expect(isTopicFilter(filter), filter).toBe(true)
  }
})

test('a Topic Name is read from bytes, or refused with 0x81', () => {
  const read = (text: string): string => readTopicName(new TextEncoder().encode(`..${text}.`), 2, 2 + new TextEncoder().encode(text).length)
  expect(read('sensor/é')).toBe('sensor/é')
  for (const text of ['', 'a/#', '+', 'a\0', 'a\u0001']) {
    expect(() => read(text)).toThrow(ProtocolError)
    expect(() => read(text)).toThrow(expect.objectContaining({ reasonCode: 0x81 }))
  }
})
