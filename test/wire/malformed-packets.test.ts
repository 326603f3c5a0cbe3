// Broken packets are refused with the right Reason Code and the clause they break, through framer and decoder.
// CONNECT: what is wrong in its fixed part closes without a word, what comes later is answered by CONNACK.

import { describe, expect, test } from 'vitest'
import { ProtocolError } from '../../src/wire/errors.ts'
import { protocolLevelOf } from '../../src/wire/mqtt/decode.ts'
import { MALFORMED } from '../golden/malformed.ts'
import { fromHex, judge } from './framing.ts'

/** Protocol Name, level, flags and Keep Alive. */
const FIXED_PART = 10

for (const [sender, rows] of MALFORMED) {
  describe(`from a ${sender}`, () => {
    for (const [name, versions, bytes, reasonCode, ending = 'answered'] of rows) {
      const clause = /\[(.+)\]$/.exec(name)?.[1] ?? ''
      test.each(versions)(`${name}, version %i`, (version) => {
        const verdict = judge(fromHex(bytes), version, sender)
        if (!(verdict instanceof ProtocolError)) throw new Error(`taken: ${JSON.stringify(verdict)}`)
        expect([verdict.reasonCode, verdict.clause]).toEqual([reasonCode, clause])
        expect(verdict.message).not.toBe('')
        if (bytes.startsWith('1') && sender === 'client') {
          // offsets count in the buffer that `receive` makes: three bytes, fixed header of two, body
          if (reasonCode !== 0x84) expect(verdict.offset >= 3 + 2 + FIXED_PART).toBe(ending === 'answered')
        } else expect(verdict.answered).toBe(ending === 'answered')
      })
    }
  })
}

test('the level of a CONNECT is found for names that are MQTT only, bridge bit and all [MQTT-3.1.2-1, MQTT-3.1.2-2]', () => {
  const level = (body: string): number => protocolLevelOf(fromHex(`ff ${body}`), 1, fromHex(body).length + 1)
  expect(level("0004 'MQTT' 04")).toBe(4)
  expect(level("0004 'MQTT' 84")).toBe(4)
  expect(level("0004 'MQTT' 06")).toBe(6)
  expect(level("0006 'MQIsdp' 03")).toBe(3)
  expect(level("0004 'MQTT' 80")).toBe(0)
  expect(level("0003 'FOO' 04")).toBe(-1)
  expect(level("0004 'mqtt' 04")).toBe(-1)
  expect(level("0004 'MQTT'")).toBe(-1)
  expect(level("0104 'MQTT' 04")).toBe(-1)
  expect(level('')).toBe(-1)
})

test('the offset is that of the broken field in the bytes given', () => {
  const verdict = judge(fromHex("32 08 0003 'a/b' 0000 'x'"), 4, 'client')
  expect(verdict).toMatchObject({ reasonCode: 0x82, offset: 3 + 2 + 5 })
})

test('what clients may not use in texts, servers may: control characters and non-characters', () => {
  for (const topic of ['01', '7f', 'c280', 'efbfbf', 'efb790', 'f09fbfbe']) {
    const length = topic.length / 2
    const bytes = fromHex(`30 0${length + 2} 000${length} ${topic}`)
    expect(judge(bytes, 4, 'client'), topic).toMatchObject({ reasonCode: 0x81 })
    expect(judge(bytes, 4, 'server'), topic).toMatchObject({ type: 3 })
  }
})
