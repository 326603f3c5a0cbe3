// The tables of the standard: Reason Codes, return codes, properties.

import { expect, test } from 'vitest'
import { PacketType } from '../../src/wire/mqtt/packet.ts'
import { PROPERTIES, propertyById, propertyByName, propertyByOption } from '../../src/wire/mqtt/properties.ts'
import { packetMayCarry, REASON_CODES, RETURN_CODE_NAMES, ReasonCode, reasonName, returnCodeOf, senderMayUse } from '../../src/wire/mqtt/reason-codes.ts'

const codes = (may: (code: number) => boolean): string =>
  Array.from({ length: 256 }, (_, code) => code)
    .filter(may)
    .map((code) => code.toString(16).padStart(2, '0'))
    .join(' ')

test('which packet may carry which Reason Code', () => {
  const carried = (type: PacketType): string => codes((code) => packetMayCarry(code, type))
  expect(carried(PacketType.Connack)).toBe('00 80 81 82 83 84 85 86 87 88 89 8a 8c 90 95 97 99 9a 9b 9c 9d 9f')
  expect(carried(PacketType.Puback)).toBe('00 10 80 83 87 90 91 97 99')
  expect(carried(PacketType.Pubrec)).toBe('00 10 80 83 87 90 91 97 99')
  expect(carried(PacketType.Pubrel)).toBe('00 92')
  expect(carried(PacketType.Pubcomp)).toBe('00 92')
  expect(carried(PacketType.Suback)).toBe('00 01 02 80 83 87 8f 91 97 9e a1 a2')
  expect(carried(PacketType.Unsuback)).toBe('00 11 80 83 87 8f 91')
  expect(carried(PacketType.Auth)).toBe('00 18 19')
  expect(carried(PacketType.Publish)).toBe('')
})

test('which side may send which DISCONNECT and AUTH [MQTT-3.14.2-1, MQTT-3.15.2-1]', () => {
  expect(codes((code) => senderMayUse(code, PacketType.Disconnect, 'client'))).toBe('00 04 80 81 82 83 90 93 94 95 96 97 98 99')
  expect(codes((code) => senderMayUse(code, PacketType.Disconnect, 'server'))).toBe(
    '00 80 81 82 83 87 89 8b 8c 8d 8e 8f 90 93 94 95 96 97 98 99 9a 9b 9c 9d 9e 9f a0 a1 a2',
  )
  expect(codes((code) => senderMayUse(code, PacketType.Auth, 'client'))).toBe('18 19')
  expect(codes((code) => senderMayUse(code, PacketType.Auth, 'server'))).toBe('00 18')
})

test('one code has several names', () => {
  expect(reasonName(0, PacketType.Connack)).toBe('Success')
  expect(reasonName(0, PacketType.Disconnect)).toBe('Normal disconnection')
  expect(reasonName(0, PacketType.Suback)).toBe('Granted QoS 0')
  expect(reasonName(0x8e, PacketType.Disconnect)).toBe('Session taken over')
  expect(reasonName(0x05, PacketType.Suback)).toBe('Reason Code 0x05')
})

test('every Reason Code has a row and every row a code', () => {
  expect(new Set(REASON_CODES.map((row) => row.code))).toEqual(new Set(Object.values(ReasonCode)))
})

test('Reason Codes become return codes of 3.x', () => {
  expect([0x00, 0x84, 0x85, 0x88, 0x89, 0x97, 0x86, 0x87, 0x8a, 0x80, 0x9f].map(returnCodeOf)).toEqual([0, 1, 2, 3, 3, 3, 4, 5, 5, 3, 3])
  expect(RETURN_CODE_NAMES).toHaveLength(6)
})

test('properties are found by identifier, key and the name behind -D', () => {
  expect(PROPERTIES).toHaveLength(27)
  for (const row of PROPERTIES) {
    expect(propertyById(row.id)).toBe(row)
    expect(propertyByName(row.name)).toBe(row)
    expect(propertyByOption(row.option.toUpperCase())).toBe(row)
  }
  for (const id of [0, 4, 0x0a, 0x14, 0x1b, 0x20, 0x2b, 0x7f, 255]) expect(propertyById(id)).toBe(undefined)
  expect(propertyByOption('session-expiry-interval')?.name).toBe('sessionExpiryInterval')
  expect(propertyByOption('user-property')?.name).toBe('userProperties')
  expect(propertyByOption('maximum-qos')?.id).toBe(0x24)
  expect(propertyByOption('foo')).toBe(undefined)
  expect(propertyByName('toString')).toBe(undefined)
})

test('which packet may have which properties', () => {
  const of = (carrier: (typeof PROPERTIES)[number]['carriers'][number]): string =>
    PROPERTIES.filter((row) => row.carriers.includes(carrier))
      .map((row) => row.id.toString(16).padStart(2, '0'))
      .join(' ')
  expect(of(PacketType.Connect)).toBe('11 15 16 17 19 21 22 26 27')
  expect(of('will')).toBe('01 02 03 08 09 18 26')
  expect(of(PacketType.Connack)).toBe('11 12 13 15 16 1a 1c 1f 21 22 24 25 26 27 28 29 2a')
  expect(of(PacketType.Publish)).toBe('01 02 03 08 09 0b 23 26')
  for (const type of [PacketType.Puback, PacketType.Pubrec, PacketType.Pubrel, PacketType.Pubcomp, PacketType.Suback, PacketType.Unsuback])
    expect(of(type)).toBe('1f 26')
  expect(of(PacketType.Subscribe)).toBe('0b 26')
  expect(of(PacketType.Unsubscribe)).toBe('26')
  expect(of(PacketType.Disconnect)).toBe('11 1c 1f 26')
  expect(of(PacketType.Auth)).toBe('15 16 1f 26')
  expect(of(PacketType.Pingreq)).toBe('')
})
