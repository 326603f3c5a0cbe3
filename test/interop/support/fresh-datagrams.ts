// Messages of CoAP, MQTT-SN and DNS made up by chance: mostly well formed, with few identifiers, so that answers meet their questions.
// Encoders of the tests' own; fresh-captures.ts puts them into frames.

import type { Chance } from './fresh-captures.ts'

const TEXT = new TextEncoder()
const COAP_OPTIONS = [1, 3, 4, 5, 6, 7, 8, 11, 11, 12, 14, 15, 15, 17, 20, 23, 27, 28, 35, 39, 60, 252, 258, 292, 2049, 65_000]
const COAP_TEXT = new Set([3, 8, 11, 15, 20, 35, 39])
const REQUESTS = [1, 1, 2, 3, 4, 5, 6, 7]
const ANSWERS = [0x41, 0x42, 0x44, 0x45, 0x45, 0x5f, 0x80, 0x84, 0x8d, 0xa0, 0xa4, 0x00]

/** [RFC 7252, section 3] */
export function coapMessage(chance: Chance, isAnswer: boolean): Uint8Array {
  const token = chance.of([[], [1], [2, 2], [1, 2, 3, 4, 5, 6, 7, 8]])
  const type = isAnswer ? chance.of([0, 1, 2, 2, 3]) : chance.of([0, 0, 1])
  const code = isAnswer ? chance.of(ANSWERS) : chance.once(12) ? chance.below(256) : chance.of(REQUESTS)
  const out = [0x40 | (type << 4) | token.length, code, 0, chance.below(4), ...token]
  const numbers = Array.from({ length: chance.below(6) }, () => (chance.once(20) ? chance.below(300) : chance.of(COAP_OPTIONS))).sort((a, b) => a - b)
  let before = 0
  for (const number of numbers) {
    const value = COAP_TEXT.has(number)
      ? [...TEXT.encode(chance.of(['a', 'sensors', 'ü', '', 'x'.repeat(14), 'y'.repeat(280)]))]
      : [...chance.bytes(chance.below(5))]
    const [delta, length] = [nibble(number - before), nibble(value.length)]
    out.push((delta[0]! << 4) | length[0]!, ...delta.slice(1), ...length.slice(1), ...value)
    before = number
  }
  if (chance.once(2))
    out.push(0xff, ...(chance.once(3) ? chance.bytes(1 + chance.below(20)) : TEXT.encode(chance.of(['21.5', '{"t":[1,2.5,"x"]}', '</a>;rt="b"']))))
  return Uint8Array.from(out)
}

function nibble(value: number): number[] {
  if (value < 13) return [value]
  if (value < 269) return [13, value - 13]
  return [14, (value - 269) >> 8, (value - 269) & 255]
}

/** [MQTT-SN 1.2, section 5] */
export function mqttSnMessage(chance: Chance): Uint8Array {
  const type = chance.once(8) ? chance.below(256) : chance.below(0x1e)
  const text = [...TEXT.encode(chance.of(['', 'a', 'topic/x', 'ü']))]
  const bodies = [
    [...chance.bytes(chance.below(8)), ...text],
    [chance.below(256), 0, chance.below(4), 0, chance.below(4), ...text],
    [chance.below(4), 1, 0, 60, ...text],
  ]
  const body = chance.of(bodies)
  if (chance.once(6)) return Uint8Array.from([1, 0, body.length + 4, type, ...body])
  return Uint8Array.from([body.length + 2, type, ...body])
}

/** The `count`th message of a flow; every other one answers the one before. [RFC 1035, section 4] */
export function dnsMessage(chance: Chance, isAnswer: boolean, count: number): Uint8Array {
  const id = count >> 1
  const name = ['broker.example.org', 'xn--mqtt.test', 'x.y.z.w'][id % 3]!
  const type = chance.of([1, 1, 28, 5, 12, 15, 16, 2, 6, 33])
  const answers = isAnswer ? chance.below(4) : 0
  const flags = isAnswer
    ? chance.of([
        [0x81, 0x80],
        [0x85, 0x80],
        [0x81, 0x83],
        [0x80, 5],
      ])
    : chance.of([
        [1, 0],
        [0, 0],
        [1, 0x20],
      ])
  const out = [0, id, ...flags, 0, 1, 0, answers, 0, 0, 0, 0, ...labels(name), 0, type, 0, 1]
  for (let i = 0; i < answers; i++) {
    const kind = chance.of([1, 28, 5, 12, 15, 16, 2])
    const data = answerData(chance, kind)
    out.push(...(chance.once(3) ? labels(name) : [0xc0, 12]), 0, kind, 0, 1, 0, 0, 1, chance.below(256), 0, data.length, ...data)
  }
  return Uint8Array.from(out)
}

function answerData(chance: Chance, kind: number): number[] {
  switch (kind) {
    case 1:
      return [...chance.bytes(4)]
    case 28:
      return [0x20, 1, ...chance.bytes(14)]
    case 15:
      return [0, 10, ...labels('mail')]
    case 16:
      return [3, 97, 98, 99, 0, 1, 120]
    default:
      return chance.once(2) ? [0xc0, 12] : [3, 102, 111, 111, 0xc0, 12]
  }
}

function labels(name: string): number[] {
  return [...name.split('.').flatMap((label) => [label.length, ...TEXT.encode(label)]), 0]
}
