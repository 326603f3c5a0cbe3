// A few hundred broken packets: every packet of a client, in every version, with a fault at each boundary between its fields.
// Remaining Length always tells the truth, so that a broker has the whole packet before it judges.

import { connectFrame, field, frame } from '../../support/raw-packets.ts'

type Version = 3 | 4 | 5

export interface MalformedCase {
  /** `5.0, connected, SUBSCRIBE: cut before options`. */
  readonly name: string
  readonly version: Version
  /** `first` = instead of CONNECT, `connected` = behind an accepted one. */
  readonly state: 'first' | 'connected'
  readonly bytes: readonly number[]
}

/** `text` = two bytes of length first, `id` = a Packet Identifier, `properties` = their length, then they. */
type Kind = 'plain' | 'text' | 'id' | 'properties'
type Field = readonly [name: string, kind: Kind, bytes: readonly number[]]

interface Shape {
  readonly name: string
  readonly header: number
  readonly fields: readonly Field[]
}

const NAMES = { 3: '3.1', 4: '3.1.1', 5: '5.0' } as const
const five = (version: Version, ...fields: readonly Field[]): readonly Field[] => (version === 5 ? fields : [])
const NO_PROPERTIES: Field = ['properties', 'properties', [0]]
const IDENTIFIER: Field = ['identifier', 'id', [0, 7]]

/** What a client may send, field by field. */
function shapes(version: Version): Shape[] {
  return [
    {
      name: 'PUBLISH 0',
      header: 0x30,
      fields: [['topic', 'text', field('a/b')], ...five(version, ['properties', 'properties', [5, 2, 0, 0, 0, 9]]), ['payload', 'plain', [0x78]]],
    },
    { name: 'PUBLISH 1', header: 0x32, fields: [['topic', 'text', field('a/b')], IDENTIFIER, ...five(version, NO_PROPERTIES), ['payload', 'plain', [0x78]]] },
    { name: 'PUBLISH 2', header: 0x34, fields: [['topic', 'text', field('a/b')], IDENTIFIER, ...five(version, NO_PROPERTIES)] },
    ...(['PUBACK', 'PUBREC', 'PUBREL', 'PUBCOMP'] as const).map(
      (name, i): Shape => ({
        name,
        header: 0x40 + 16 * i + (i === 2 ? 2 : 0),
        fields: [IDENTIFIER, ...five(version, ['reason', 'plain', [0]], NO_PROPERTIES)],
      }),
    ),
    {
      name: 'SUBSCRIBE',
      header: 0x82,
      fields: [IDENTIFIER, ...five(version, ['properties', 'properties', [2, 0x0b, 1]]), ['filter', 'text', field('a/#')], ['options', 'plain', [1]]],
    },
    { name: 'UNSUBSCRIBE', header: 0xa2, fields: [IDENTIFIER, ...five(version, NO_PROPERTIES), ['filter', 'text', field('a/#')]] },
    { name: 'PINGREQ', header: 0xc0, fields: [] },
    { name: 'DISCONNECT', header: 0xe0, fields: five(version, ['reason', 'plain', [0]], NO_PROPERTIES) },
  ]
}

function connectShape(version: Version): Shape {
  return {
    name: 'CONNECT',
    header: 0x10,
    fields: [
      ['protocol name', 'text', field(version === 3 ? 'MQIsdp' : 'MQTT')],
      ['level', 'plain', [version]],
      ['flags', 'plain', [0xee]],
      ['keep alive', 'plain', [0, 60]],
      ...five(version, ['properties', 'properties', [3, 0x21, 0, 5]]),
      ['client id', 'text', field('malformed')],
      ...five(version, ['will properties', 'properties', [5, 0x18, 0, 0, 0, 1]]),
      ['will topic', 'text', field('w')],
      ['will payload', 'text', field('gone')],
      ['user name', 'text', field('u')],
      ['password', 'text', field('p')],
    ],
  }
}

const bytesUpTo = (fields: readonly Field[], end: number): number[] => fields.slice(0, end).flatMap(([, , bytes]) => [...bytes])

/** The packet with one field replaced. */
function replaced({ header, fields }: Shape, at: number, bytes: readonly number[]): number[] {
  return frame(
    header,
    bytesUpTo(fields, at),
    bytes,
    fields.slice(at + 1).flatMap(([, , own]) => [...own]),
  )
}

/** Each fault of one packet, with what it is. */
function* faultsOf(shape: Shape): Generator<readonly [string, number[]], void, undefined> {
  const { header, fields } = shape
  const all = bytesUpTo(fields, fields.length)
  for (const bit of [1, 2, 4, 8]) yield [`flag ${bit} turned`, frame(header ^ bit, all)]
  yield ['a byte left over', frame(header, all, [0])]
  for (const [at, [name, kind, bytes]] of fields.entries()) {
    yield [`cut before ${name}`, frame(header, bytesUpTo(fields, at))]
    if (bytes.length > 1) yield [`cut within ${name}`, frame(header, bytesUpTo(fields, at), bytes.slice(0, -1))]
    switch (kind) {
      case 'id':
        yield [`${name} 0`, replaced(shape, at, [0, 0])]
        break
      case 'text':
        yield [`${name} empty`, replaced(shape, at, [0, 0])]
        yield [`${name} one longer than it is`, replaced(shape, at, [bytes[0]!, bytes[1]! + 1, ...bytes.slice(2)])]
        yield [`${name} of 65,535 bytes announced`, replaced(shape, at, [0xff, 0xff, ...bytes.slice(2)])]
        if (!['password', 'will payload'].includes(name)) {
          yield [`${name} with U+0000`, replaced(shape, at, field([0x61, 0]))]
          yield [`${name} that is not UTF-8`, replaced(shape, at, field([0x61, 0xff]))]
          yield [`${name} with a surrogate`, replaced(shape, at, field([0xed, 0xa0, 0x80]))]
          yield [`${name} with +`, replaced(shape, at, field('a+'))]
          yield [`${name} with # in the middle`, replaced(shape, at, field('a/#/b'))]
        }
        break
      case 'properties':
        yield [`${name} longer than the packet`, replaced(shape, at, [0x7f, ...bytes.slice(1)])]
        yield [`${name} with a length of five bytes`, replaced(shape, at, [0xff, 0xff, 0xff, 0xff, 1, ...bytes.slice(1)])]
        yield [`${name}: an unknown one`, replaced(shape, at, [2, 0x7f, 0])]
        yield [`${name}: Assigned Client Identifier`, replaced(shape, at, [4, 0x12, ...field('x')])]
        yield [`${name}: Reason String twice`, replaced(shape, at, [8, 0x1f, ...field('x'), 0x1f, ...field('x')])]
        yield [`${name}: a User Property cut short`, replaced(shape, at, [4, 0x26, ...field('x')])]
        yield [`${name}: a User Property that is not UTF-8`, replaced(shape, at, [8, 0x26, ...field('x'), ...field([0xff])].with(0, 7))]
        break
      case 'plain':
        if (['options', 'reason', 'flags', 'level'].includes(name))
          for (const value of [0x01, 0x03, 0x30, 0x40, 0x80, 0xff]) yield [`${name} 0x${value.toString(16)}`, replaced(shape, at, [value])]
    }
  }
}

export function malformedSet(): MalformedCase[] {
  const cases: MalformedCase[] = []
  for (const version of [3, 4, 5] as const) {
    const add = (state: MalformedCase['state'], what: string, bytes: readonly number[]): void =>
      void cases.push({ name: `${NAMES[version]}, ${state}, ${what}`, version, state, bytes })
    const connect = connectShape(version)
    for (const [what, bytes] of faultsOf(connect)) add('first', `CONNECT: ${what}`, bytes)
    add('connected', 'CONNECT again', connectFrame(version))
    for (const shape of shapes(version)) {
      add('first', shape.name, frame(shape.header, bytesUpTo(shape.fields, shape.fields.length)))
      for (const [what, bytes] of faultsOf(shape)) add('connected', `${shape.name}: ${what}`, bytes)
    }
    for (const type of [0, 2, 9, 11, 13, 15]) {
      add('first', `packet of type ${type}`, [type << 4, 0])
      add('connected', `packet of type ${type}`, [type << 4, 0])
    }
    add('connected', 'Remaining Length of five bytes', [0x30, 0x80, 0x80, 0x80, 0x80, 1])
  }
  return cases
}
