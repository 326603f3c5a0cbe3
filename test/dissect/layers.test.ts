import { expect, test } from 'vitest'
import { dissectAll, everything, frameOf, has, ipFrame, readFile, tcpFrame, valuesOf } from './dissecting.ts'

const GOLDEN = new URL('../golden/captures/', import.meta.url)

function udp(port: number, payload: Uint8Array): Uint8Array {
  const length = 8 + payload.length
  return Uint8Array.from([0x9c, 0x40, port >> 8, port & 255, length >> 8, length & 255, 0, 0, ...payload])
}

const DATAGRAM = udp(
  7777,
  Uint8Array.from({ length: 100 }, (_, i) => i),
)

test('fragments in any order are put together in the frame that completes them', () => {
  const more = 0x2000
  const pieces: [number, number, number][] = [
    [64, 108, 8],
    [0, 32, more],
    [32, 64, more | 4],
  ]
  const seen: string[] = []
  dissectAll(
    everything(),
    pieces.map(([from, to, flags], i) => frameOf(ipFrame(17, DATAGRAM.subarray(from, to), { flags }), i + 1)),
    (packet) => seen.push(`${packet.protocols} ${valuesOf(packet, 'ip.fragment')} ${valuesOf(packet, 'udp.length')}`),
  )
  expect(seen).toEqual(['eth:ethertype:ip:data  ', 'eth:ethertype:ip:data  ', 'eth:ethertype:ip:udp:data 2,3,1 108'])
})

test('datagrams with the same identification between other ends are not mixed', () => {
  const seen: boolean[] = []
  const first = frameOf(ipFrame(17, DATAGRAM.subarray(0, 64), { flags: 0x2000 }), 1)
  const other = frameOf(ipFrame(17, DATAGRAM.subarray(64), { flags: 8, from: 9 }), 2)
  dissectAll(everything(), [first, other], (packet) => seen.push(has(packet, 'ip.fragments')))
  expect(seen).toEqual([false, false])
})

test('padding up to 60 bytes is padding, the rest a trailer', () => {
  const bytes = new Uint8Array(60)
  bytes.set(tcpFrame({ seq: 0, flags: 2 }))
  const packet = everything().dissect(frameOf(bytes, 1))
  expect(valuesOf(packet, 'eth.padding')).toEqual([new Uint8Array(6)])
  expect(has(packet, 'eth.trailer')).toBe(false)
})

test('a SYN with another number on known ports begins a new stream', () => {
  const streams: string[] = []
  const syn = tcpFrame({ seq: 0, flags: 2 })
  const again = tcpFrame({ seq: 70_000, flags: 2 })
  dissectAll(everything(), [frameOf(syn, 1), frameOf(syn, 2), frameOf(again, 3)], (packet) =>
    streams.push(`${valuesOf(packet, 'tcp.stream')} ${has(packet, 'tcp.analysis.reused_ports')} ${has(packet, 'tcp.analysis.retransmission')}`),
  )
  expect(streams).toEqual(['0 false false', '0 false true', '1 true false'])
})

test('numbers of a connection seen from its middle are relative to 1', () => {
  const packet = everything().dissect(frameOf(tcpFrame({ seq: 500, ack: 900, payload: Uint8Array.of(0xc0, 0) }), 1))
  expect([...valuesOf(packet, 'tcp.seq'), ...valuesOf(packet, 'tcp.ack'), ...valuesOf(packet, 'tcp.nxtseq')]).toEqual([1, 1, 3])
  expect(valuesOf(packet, 'tcp.window_size_scalefactor')).toEqual([-1])
})

test('an ICMP error shows the packet it quotes and learns nothing from it', () => {
  const quoted = tcpFrame({ seq: 0, flags: 2 }).subarray(14)
  const dissector = everything()
  const error = dissector.dissect(frameOf(ipFrame(1, Uint8Array.from([3, 1, 0, 0, 0, 0, 0, 0, ...quoted])), 1))
  expect(error.protocols).toBe('eth:ethertype:ip:icmp:ip:tcp')
  expect(valuesOf(error, 'tcp.dstport')).toEqual([1883])
  expect(valuesOf(error, 'tcp.stream')).toEqual([])
  expect(valuesOf(dissector.dissect(frameOf(tcpFrame({ seq: 0, flags: 2 }), 2)), 'tcp.completeness')).toEqual([0])
})

test('Decode As gives a port to a protocol, and takes ranges', () => {
  const payload = Uint8Array.of(0xc0, 0)
  const frame = frameOf(tcpFrame({ seq: 1, ack: 1, payload, port: 1885 }), 1)
  expect(has(everything().dissect(frame), 'mqtt')).toBe(false)
  expect(has(everything({ decodeAs: [{ table: 'tcp.port', from: 1880, to: 1890, protocol: 'mqtt' }] }).dissect(frame), 'mqtt')).toBe(true)
})

test('TLS 1.2 and 1.3 are opened with the keys in the file, and stay closed without cryptography', () => {
  const topics: unknown[] = []
  readFile(new URL('live-tls-dsb.pcapng', GOLDEN), everything(), (packet) => topics.push(...valuesOf(packet, 'mqtt.topic')))
  expect(topics.length).toBeGreaterThan(4)
  expect(topics).toContain('deibdev/tls/q1')
  let closed = 0
  readFile(new URL('live-tls-nokeys.pcapng', GOLDEN), everything(), (packet) => {
    expect(has(packet, 'mqtt')).toBe(false)
    closed += valuesOf(packet, 'tls.app_data').length
  })
  expect(closed).toBeGreaterThan(10)
})

test('MQTT in WebSocket is data as in tshark, and MQTT in the auto mode', () => {
  for (const auto of [false, true]) {
    const types: unknown[] = []
    for (const name of ['ws-mqtt.pcap', 'ws-split.pcap', 'live-ws.pcapng'])
      readFile(new URL(name, GOLDEN), everything({ auto }), (packet) => types.push(...valuesOf(packet, 'mqtt.msgtype')))
    if (auto) expect(new Set(types)).toEqual(new Set([1, 2, 3, 4, 5, 6, 7, 8, 9, 12, 13, 14].filter((type) => types.includes(type))))
    expect(types.length > 40).toBe(auto)
  }
})

test('the auto mode finds MQTT on any port', () => {
  let count = 0
  readFile(new URL('oddport.pcap', GOLDEN), everything({ auto: true }), (packet) => (count += has(packet, 'mqtt') ? 1 : 0))
  expect(count).toBe(57)
})
