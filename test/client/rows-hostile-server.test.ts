// A server that says anything at any time: the client ends its connection, it never throws, and leaves no deadline behind.
// What each single fault is answered with is in server-faults.test.ts.

import { expect, test } from 'vitest'
import { LimitError } from '../../src/session/client-limits.ts'
import { UsageError } from '../../src/wire/errors.ts'
import { encodePacket } from '../../src/wire/mqtt/encode.ts'
import { type Packet, PacketType, type ProtocolVersion, type Qos } from '../../src/wire/mqtt/packet.ts'
import { NO_PROPERTIES } from '../../src/wire/mqtt/properties.ts'
import { ackOf, connackOf, Dialogue, messageOf, publishOf } from './scripted-server.ts'

class Dice {
  #state: number

  constructor(seed: number) {
    this.#state = seed
  }

  /** 0 to n - 1. */
  roll(n: number): number {
    this.#state = (Math.imul(this.#state, 1_664_525) + 1_013_904_223) >>> 0
    return (this.#state >>> 8) % n
  }
}

function somePacket(version: ProtocolVersion, dice: Dice): Packet {
  const packetId = 1 + dice.roll(4)
  const five = version === 5
  const choices: Packet[] = [
    connackOf(),
    connackOf({ sessionPresent: true }),
    publishOf('a', 'x', { qos: 1, packetId }),
    publishOf('a', 'y', { qos: 2, packetId }),
    publishOf('a', 'z'),
    ackOf('puback', packetId),
    ackOf('pubrec', packetId),
    ackOf('pubrel', packetId),
    ackOf('pubcomp', packetId),
    { type: PacketType.Suback, packetId, reasonCodes: [0], properties: NO_PROPERTIES },
    { type: PacketType.Unsuback, packetId, reasonCodes: five ? [0] : [], properties: NO_PROPERTIES },
    { type: PacketType.Pingresp },
  ]
  if (five) {
    choices.push(
      ackOf('pubrec', packetId, 0x87),
      publishOf('', 'alias', { properties: { topicAlias: 1 + dice.roll(3) } }),
      { type: PacketType.Disconnect, reasonCode: 0x8b, properties: NO_PROPERTIES },
      { type: PacketType.Auth, reasonCode: 0x18, properties: { authenticationMethod: 'x' } },
    )
  }
  return choices[dice.roll(choices.length)]!
}

/** One thing that happens: the server speaks, or the program does something. */
function step(dialogue: Dialogue, dice: Dice): void {
  const { version } = dialogue
  switch (dice.roll(12)) {
    case 0:
      dialogue.publish(messageOf('a', 'p', dice.roll(3) as Qos))
      return
    case 1:
      try {
        dialogue.connection.subscribe([{ topicFilter: 'a', qos: 1, noLocal: false, retainAsPublished: false, retainHandling: 0 }])
      } catch (error) {
        if (!(error instanceof UsageError || error instanceof LimitError)) throw error
      }
      return
    case 2:
      dialogue.receipts.at(-1)?.accept()
      return
    case 3:
      dialogue.pass(dice.roll(3) * 1000)
      return
    case 4:
      dialogue.link.cut()
      dialogue.open({ cleanStart: false, keepAlive: 2 })
      dialogue.say(connackOf({ sessionPresent: dice.roll(2) === 0 }))
      return
    default: {
      const bytes = Uint8Array.from(encodePacket(somePacket(version, dice), version))
      if (dice.roll(3) === 0) bytes[dice.roll(bytes.length)] = dice.roll(256)
      dialogue.link.give(bytes, dice.roll(3) === 0 ? 1 : undefined)
    }
  }
}

for (const version of [3, 4, 5] as const) {
  test(`${version}: whatever the server says, nothing is thrown and no deadline stays`, () => {
    const dice = new Dice(version)
    let handled = 0
    for (let round = 0; round < 500; round++) {
      const dialogue = new Dialogue(version, { acknowledge: dice.roll(2) === 0 ? 'at-once' : 'when-accepted' })
      const limits = version === 5 ? { maximumPacketSize: 8 + dice.roll(30), receiveMaximum: 1 + dice.roll(3), topicAliasMaximum: dice.roll(3) } : NO_PROPERTIES
      dialogue.open({
        cleanStart: dice.roll(2) === 0,
        keepAlive: 2,
        properties: version === 5 ? { topicAliasMaximum: 2, receiveMaximum: 1 + dice.roll(4) } : NO_PROPERTIES,
      })
      if (dice.roll(5) > 0) dialogue.say(connackOf({ properties: limits }))
      for (let i = 0; i < 12; i++) step(dialogue, dice)
      dialogue.link.cut()
      expect(dialogue.deadlines.count).toBe(0)
      handled += dialogue.events().filter((event) => event.startsWith('message') || event.startsWith('delivered')).length
    }
    expect(handled).toBeGreaterThan(100)
  })
}

test('Session Present after Clean Session is a fault in 3.1.1 too: closed without a word; 3.1 has no such bit [MQTT3-3.2.2-1]', () => {
  const dialogue = new Dialogue(4).open()
  dialogue.sent()
  dialogue.say(connackOf({ sessionPresent: true }))
  expect([dialogue.sent(), dialogue.link.ended]).toEqual([[], 'end'])
  const old = new Dialogue(3).open().raw(0x20, 2, 1, 0)
  expect([old.link.ended, old.events()]).toEqual([null, ['connected']])
})

test('pause and resume after the end set no deadline', () => {
  for (const act of ['pause', 'resume'] as const) {
    const dialogue = new Dialogue(5).connect({ keepAlive: 10 })
    dialogue.connection.pause()
    if (act === 'pause') dialogue.connection.resume()
    dialogue.connection.disconnect()
    dialogue.connection[act]()
    expect([act, dialogue.deadlines.count]).toEqual([act, 0])
  }
})
