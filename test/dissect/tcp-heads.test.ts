// What a TCP head says of itself: rare flags, the urgent pointer, a maximum segment size that is missing or out of place; and the name of an interface.

import { expect, test } from 'vitest'
import { dissectAll, everything, frameOf, has, tcpFrame, valuesOf } from './dissecting.ts'

/** A segment with options behind its head; `flags` may have all twelve bits. */
function segment(flags: number, options: readonly number[], urgent = 0): Uint8Array {
  const plain = tcpFrame({ seq: 0, flags: flags & 0xff })
  const [ip, tcp] = [plain.slice(0, 34), plain.slice(34)]
  tcp[12] = ((20 + options.length) << 2) | (flags >> 8)
  tcp[18] = urgent >> 8
  tcp[19] = urgent & 255
  ip[17] = 40 + options.length
  return Uint8Array.from([...ip, ...tcp, ...options])
}

function shown(bytes: Uint8Array): { info: string; notes: unknown[]; letters: unknown; ae: unknown; reserved: unknown } {
  let result = { info: '', notes: [] as unknown[], letters: '' as unknown, ae: null as unknown, reserved: null as unknown }
  dissectAll(everything(), [frameOf(bytes, 1)], (packet) => {
    const names = ['tcp.urgent_pointer.non_zero', 'tcp.options.mss.present', 'tcp.options.mss.absent'].filter((name) => has(packet, name))
    const [letters] = valuesOf(packet, 'tcp.flags.str')
    result = { info: packet.columns.info, notes: names, letters, ae: valuesOf(packet, 'tcp.flags.ae')[0], reserved: valuesOf(packet, 'tcp.flags.res')[0] }
  })
  return result
}

const MSS = [2, 4, 5, 0xb4]

test('Accurate ECN and reserved bits stand in the byte of the head length', () => {
  expect(shown(segment(0x102, MSS))).toMatchObject({ letters: '···A······S·', ae: 1, reserved: 0 })
  expect(shown(segment(0xe02, MSS))).toMatchObject({ letters: 'RRR·······S·', ae: 0, reserved: 1 })
  expect(shown(segment(0x302, MSS)).info).toBe('40000 → 1883 [SYN, AE, Reserved] Seq=0 Win=64240 Len=0 MSS=1460')
  expect(shown(segment(0x002, MSS))).toMatchObject({ letters: '··········S·', ae: 0, reserved: 0 })
})

test('an urgent pointer is shown with its flag and noted without', () => {
  expect(shown(segment(0x22, MSS, 5))).toMatchObject({ info: '40000 → 1883 [SYN, URG] Seq=0 Win=64240 Urg=5 Len=0 MSS=1460', notes: [] })
  expect(shown(segment(0x22, MSS, 0)).info).toBe('40000 → 1883 [SYN, URG] Seq=0 Win=64240 Len=0 MSS=1460')
  expect(shown(segment(0x02, MSS, 5))).toMatchObject({
    info: '40000 → 1883 [SYN] Seq=0 Win=64240 Len=0 MSS=1460',
    notes: ['tcp.urgent_pointer.non_zero'],
  })
})

test('a SYN tells its maximum segment size, others do not', () => {
  expect(shown(segment(0x02, [3, 3, 7, 1])).notes).toEqual(['tcp.options.mss.absent'])
  expect(shown(segment(0x02, [])).notes).toEqual([])
  expect(shown(segment(0x10, MSS)).notes).toEqual(['tcp.options.mss.present'])
  expect(shown(segment(0x10, [1, 1, 1, 1])).notes).toEqual([])
})

test('an interface without a name goes by its description', () => {
  const on = (name: string | null, description: string | null): unknown => {
    const frame = { ...frameOf(segment(0x02, MSS), 1), interfaceId: 0, interface: { linkType: 1, name, description, snapLength: 0 } }
    return valuesOf(everything().dissect(frame), 'frame.interface_name')[0]
  }
  expect([on('eth0', 'the door'), on(null, 'the door'), on(null, null)]).toEqual(['eth0', 'the door', 'unknown'])
})
