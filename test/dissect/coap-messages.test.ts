import { expect, test } from 'vitest'
import type { Dissector } from '../../src/dissect/dissect.ts'
import { everything } from './dissecting.ts'
import { hex, type Shown, show, showStream, udpFrame } from './messages.ts'

interface Place {
  readonly back?: boolean
  readonly client?: number
  readonly from?: number
  readonly to?: number
}

/** Shows datagrams one after the other, 10 ms apart. */
function talk(dissector: Dissector = everything()): (bytes: string, place?: Place) => Shown {
  let number = 0
  return (bytes, place = {}) => show(dissector, udpFrame(hex(bytes), 5683, place), ++number, 'coap')
}

/** Rows behind head and token. */
function body({ rows }: Shown): readonly string[] {
  return rows.slice(rows.findIndex((row) => row.startsWith('coap.mid')) + 1)
}

test('head, token, options and payload', () => {
  const shown = talk()("42 02 1234 aabb b4'temp' 11 32 ff '{}'")
  expect(shown.rows).toEqual([
    'coap',
    'coap.version=1',
    'coap.type=0',
    'coap.token_len=2',
    'coap.code=2',
    'coap.mid=4660',
    'coap.token=aabb',
    'coap.opt.name=#1: Uri-Path',
    'coap.opt.desc=Type 11, Critical, Unsafe',
    'coap.opt.delta=11',
    'coap.opt.length=4',
    'coap.opt.uri_path=temp',
    'coap.opt.name=#2: Content-Format',
    'coap.opt.desc=Type 12, Elective, Safe',
    'coap.opt.delta=1',
    'coap.opt.length=1',
    'coap.opt.ctype=application/json',
    'coap.opt.end_marker=255',
    'coap.payload=Payload Content-Format: application/json, Length: 2',
    'coap.payload_desc=application/json',
    'coap.payload_length=2',
    'coap.opt.uri_path_recon=/temp',
  ])
  expect(shown.info).toBe('CON, MID:4660, POST, JavaScript Object Notation (application/json), TKN:aa bb, /temp')
  expect(shown.protocol).toBe('CoAP/JSON')
  expect(shown.layers).toBe('eth:ethertype:ip:udp:coap:json')
  expect(shown.texts.slice(0, 3)).toEqual([
    'Constrained Application Protocol, Confirmable, POST, MID:4660',
    'Opt Name: #1: Uri-Path: temp',
    'Opt Name: #2: Content-Format: application/json',
  ])
})

test('deltas and lengths of one and two more bytes', () => {
  const shown = talk()(`40 01 0001 d1 16 'x' e1 0100 'y' 0d 02 '${'z'.repeat(15)}'`)
  expect(shown.rows.filter((row) => /name|delta_ext|length_ext/.test(row))).toEqual([
    'coap.opt.name=#1: Proxy-Uri',
    'coap.opt.delta_ext=22',
    'coap.opt.name=#2: No-Op',
    'coap.opt.delta_ext=256',
    'coap.opt.name=#3: No-Op',
    'coap.opt.length_ext=2',
  ])
})

test('a URI is put together from its options, its query only in the Info column', () => {
  const shown = talk()("40 01 0001 31'h' 42 1633 41'a' 01'b' 43'q=1' 01'r'")
  expect(shown.rows.at(-1)).toBe('coap.opt.uri_path_recon=coap://h:5683/a/b')
  expect(shown.info).toBe('CON, MID:1, GET, coap://h:5683/a/b?q=1&r')
})

test('block options name number, more flag and size', () => {
  const shown = talk()('40 01 0001 d1 0a 1e')
  expect(body(shown).slice(-3)).toEqual(['coap.opt.block_number=1', 'coap.opt.block_mflag=1', 'coap.opt.block_size=6'])
  expect(shown.texts).toContain('Opt Name: #1: Block2: NUM:1, M:1, SZX:1024')
  expect(shown.info).toBe('CON, MID:1, GET, Block #1')
})

test('faults in options end the message with a note, missing bytes with a mark', () => {
  expect(talk()('42 01 0001 aabb f1').rows).toContain("_ws.expert.message=end-of-options marker found, but option length isn't 15")
  expect(talk()('40 01 0001 1f').rows).toContain("_ws.expert.message=end-of-options marker found, but option delta isn't 15")
  const long = talk()('42 01 0001 aabb b5 61')
  expect(long.rows).toContain('_ws.expert.message=option longer than the package')
  expect(long.info).toBe('CON, MID:1, GET')
  expect(talk()('40 01 0001 d1').info).toBe('CON, MID:1, GET[Malformed Packet]')
  expect(talk()('40 01 0001 03').rows).toContain('_ws.expert.message=option longer than the package')
  expect(talk()("40 01 0001 13'abc' 33'abc'").rows).not.toContain('_ws.malformed')
})

test('lengths and numbers that no option has are noted', () => {
  expect(talk()("40 01 0001 73'abc'").rows).toContain('_ws.expert.message=Invalid Option Range: 3 (0 < x < 2)')
  expect(talk()("40 01 0001 21'a'").rows).toContain('_ws.expert.message=Invalid Option Number 2')
  expect(talk()("40 01 0001 e1 06f3 'a'").rows).toContain('_ws.expert.message=Unknown Option Number 2048')
})

test('a Content-Format of too many bytes is shown but says nothing about the payload', () => {
  const shown = talk()("40 02 0001 c5 0000000000 ff 'x'")
  expect(shown.rows).toContain('coap.opt.ctype=Unknown Type 4294967295')
  expect(shown.rows).toContain('coap.payload_desc=application/octet-stream')
})

test('OSCORE: flags, Partial IV, contexts and key; the answer is under the key of its request', () => {
  const say = talk()
  const request = say("41 02 0001 07 98 19 05 02'ab' 25 26 27 ff aabb")
  expect(request.texts).toContain('Opt Name: #1: OSCORE: Key ID:252627, Key ID Context:6162, Partial IV:05')
  expect(request.rows).toContain('coap.opt.object_security_kid_context_len=2')
  const answer = say('61 44 0001 07 90 ff cc', { back: true })
  expect(answer.texts).toContain('Opt Name: #1: OSCORE: 00 (no Flag Byte)')
  expect(answer.rows.slice(-3)).toEqual(['coap.oscore_kid=252627', 'coap.oscore_kid_context=6162', 'coap.oscore_piv=05'])
})

test('an answer names its request, and its URI; a repeated request names both', () => {
  const say = talk()
  say("41 01 0001 aa b1'a'")
  const answer = say('61 45 0001 aa', { back: true })
  expect(answer.rows.slice(-3)).toEqual(['coap.opt.uri_path_recon=/a', 'coap.response_to=1', 'coap.response_time=0.010000000'])
  const again = say("41 01 0001 aa b1'a'")
  expect(again.rows).toContain('coap.response_in=2')
  expect(again.rows).toContain('coap.request_first_in=1')
  expect(again.rows).toContain('coap.retransmitted')
  expect(again.info).toBe('CON, MID:1, GET, TKN:aa, /a [Retransmission]')
})

test('a separate answer has the URI but no request; acknowledgements are never repetitions', () => {
  const say = talk()
  say("41 01 0001 aa b1'a'")
  expect(say('60 00 0001', { back: true }).info).toBe('ACK, MID:1, Empty Message')
  const separate = say('41 45 0309 aa', { back: true })
  expect(separate.rows).toContain('coap.opt.uri_path_recon=/a')
  expect(separate.rows.some((row) => row.startsWith('coap.response_to'))).toBe(false)
  expect(say('41 45 0309 aa', { back: true }).rows).toContain('coap.response_first_in=3')
  say('61 45 0001 aa', { back: true })
  expect(say('61 45 0001 aa', { back: true }).rows).not.toContain('coap.retransmitted')
})

test('messages without token are not joined', () => {
  const say = talk()
  say("40 01 0001 b1'a'")
  expect(say('60 45 0001', { back: true }).rows.at(-1)).toBe('coap.mid=1')
})

test('a request to a group is answered by its members', () => {
  const say = talk()
  say("41 01 0001 aa b1'a'", { to: 200 })
  expect(say('51 45 0001 aa', { back: true, to: 7 }).rows).toContain('coap.response_to=1')
})

test('the blocks of a body are put together, whatever their order', () => {
  const say = talk()
  const first = say("41 03 0001 aa d1 0e 08 ff 'AAAAAAAAAAAAAAAA'")
  expect(first.rows.slice(-2)).toEqual(['coap.block_payload=41414141414141414141414141414141', 'coap.block_length=16'])
  expect(first.info).toBe('CON, MID:1, PUT, TKN:aa, Block #0')
  say("41 03 0002 aa d1 0e 20 ff 'end'")
  const last = say("41 03 0003 aa d1 0e 18 ff 'BBBBBBBBBBBBBBBB'")
  expect(last.rows.filter((row) => row.startsWith('coap.block') && !row.includes('payload'))).toEqual([
    'coap.block_length=16',
    'coap.blocks',
    'coap.block=1',
    'coap.block=3',
    'coap.block=2',
    'coap.block.count=3',
    'coap.block.reassembled.length=35',
  ])
  expect(last.texts).toContain('3 Blocks (35 bytes): #1(16), #3(16), #2(3)')
  expect(last.texts).toContain('Frame: 3, payload: 16-31 (16 bytes)')
  expect(last.rows).toContain('coap.payload_length=35')
})

test('blocks that contradict each other are shown, and the body is called illegal', () => {
  const say = talk()
  say("41 03 0001 aa d1 0e 08 ff 'AAAAAAAAAAAAAAAA'")
  say("41 03 0002 aa d1 0e 08 ff 'ZZZZZZZZZZZZZZZZ'")
  const last = say("41 03 0003 aa d1 0e 10 ff 'q'")
  expect(last.rows).toContain('coap.block.error=2')
  expect(last.rows).toContain('coap.block.overlap.conflicts=1')
  expect(last.rows).toContain('coap.block.reassembled.length=17')
  expect(last.info).toBe('[Illegal Block fragments], TKN:aa, End of Block #1')
})

test('over TCP the length stands first and the token alone joins', () => {
  const [request, answer] = showStream([hex("22 01 'ab' b1'a'"), { bytes: hex("42 45 'ab' ff 'xyz'"), back: true }], {}, 'coap', 5683)
  expect(request!.rows.slice(0, 5)).toEqual(['coap', 'coap.length=6', 'coap.token_len=2', 'coap.code=1', 'coap.token=6162'])
  expect(request!.info).toBe('GET, TKN:61 62, /a')
  expect(answer!.rows).toContain('coap.response_to=4')
  const halves = showStream([hex('22 01 61'), hex('62 b1'), hex('61')], {}, 'coap', 5683)
  expect(halves.map(({ rows }) => rows.length > 0)).toEqual([false, false, true])
})

test('a block option that is too long announces no block, an empty one has no flags', () => {
  const tooLong = talk()("50 03 0009 dd 0e07 'vvvvvvvvvvvvvvvvvvvv' ff 'x'")
  expect(body(tooLong)).toContain('coap.opt.block_number=4294967295')
  expect(body(tooLong)).toContain('coap.payload_desc=application/octet-stream')
  expect(body(tooLong)).not.toContain('coap.block_length=1')
  expect(tooLong.info).toBe('NON, MID:9, PUT')
})
